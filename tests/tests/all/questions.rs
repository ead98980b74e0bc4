//! What the façade answers about single connections, changes and places, over random clusters.

use ipnet::IpNet;
use netpol_tests::analysis::Analysis;
use netpol_tests::change::{changes, difference, includes, place_in};
use netpol_tests::compare::{ensure, is_row, meets_by_family};
use netpol_tests::generate::{CIDRS, Replaced, Scene, options, scene};
use netpol_tests::oracle::{Probe, Side};
use netpol_tests::property::{check, with_text};
use netpol_view::Analyzer;
use netpol_view::contract::{
    Connection, DiagnosticSeverity, DiffKind, Options, Peer, PeerType, Position, Preview, Protocol,
};
use proptest::prelude::*;

fn analyzer(scene: &Scene, options: Options) -> Analyzer {
    let mut analyzer = Analyzer::new(options);
    analyzer.set_files(scene.files());
    analyzer
}

#[test]
fn a_query_by_ids_is_a_look_into_the_cell() {
    let port = prop_oneof![proptest::sample::select(vec![53_u16, 80, 443, 8080]), 1..=65535_u16];
    check(24, (scene(Replaced::Some), options(), port), |(scene, options, port)| {
        let analysis = Analysis::of(scene.files(), options);
        let mut analyzer = analyzer(&scene, options);
        for (source, destination) in analysis.pairs() {
            let (from, to) = (&analysis.summary.peers[source].id, &analysis.summary.peers[destination].id);
            for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Sctp] {
                let connection = Connection { source: from.clone(), destination: to.clone(), protocol, port };
                let verdict = analyzer.query(&connection);
                let expected = analysis.cell(source, destination).contains(protocol, port);
                let right = verdict.as_ref().is_ok_and(|verdict| {
                    let both = verdict.egress.allowed && verdict.ingress.allowed;
                    verdict.allowed == expected
                        && (both == expected || meets_by_family(&verdict.caveats))
                        && verdict.connection == connection
                });
                with_text(&scene, ensure(right, || format!("{connection:?} is {expected}: {verdict:?}")))?;
            }
        }
        Ok(())
    });
}

#[test]
fn a_query_by_address_is_what_the_oracle_says() {
    let address = proptest::sample::select(CIDRS.to_vec()).prop_map(|cidr| {
        let network: IpNet = cidr.parse().expect("the pool holds CIDRs");
        [network.network(), network.broadcast()]
    });
    check(48, (scene(Replaced::Some), options(), address), |(scene, options, addresses)| {
        let analysis = Analysis::of(scene.files(), options);
        let cluster = analysis.oracle(&scene.objects);
        let peers = &analysis.summary.peers;
        let mut analyzer = analyzer(&scene, options);
        for address in addresses {
            // An address that a pod has means that pod.
            let pods = cluster.rows.iter().flat_map(|row| &row.pods);
            if pods.flat_map(|pod| &pod.addresses).any(|taken| *taken == address) {
                continue;
            }
            for row in &cluster.rows {
                let peer = peers.iter().find(|peer| is_row(peer, row, &cluster, peers));
                let connection = Connection {
                    source: peer.map(|peer| peer.id.clone()).unwrap_or_default(),
                    destination: address.to_string(),
                    protocol: Protocol::Tcp,
                    port: 443,
                };
                let cell = cluster.cell(Side::Pods(row), Side::Address(address));
                let expected = cell.allows(Probe { protocol: "TCP", port: 443 });
                let verdict = analyzer.query(&connection);
                let right = verdict.as_ref().is_ok_and(|verdict| verdict.allowed == expected);
                with_text(&scene, ensure(right, || format!("{connection:?} is {expected}: {verdict:?}")))?;
            }
        }
        Ok(())
    });
}

#[test]
fn ends_that_nothing_is_called_are_told() {
    check(16, scene(Replaced::Some), |scene| {
        let mut analyzer = analyzer(&scene, Options::default());
        for text in ["", "nobody", "default/nobody", "999.1.1.1", "10.0.0.0/99", "[", "external:", "\u{0}"] {
            let connection = Connection {
                source: text.to_owned(),
                destination: "8.8.8.8".to_owned(),
                protocol: Protocol::Udp,
                port: 53,
            };
            ensure(analyzer.query(&connection).is_err(), || format!("`{text}` is somebody"))?;
        }
        Ok(())
    });
}

#[test]
fn a_mend_allows_the_cell_and_says_what_else_it_changes() {
    check(48, (scene(Replaced::Some), options()), |(scene, options)| {
        let before = Analysis::of(scene.files(), options);
        let mut analyzer = analyzer(&scene, options);
        let denied: Vec<(usize, usize)> =
            before.pairs().filter(|(from, to)| before.cell(*from, *to).text == "none").collect();
        // Some of them, spread over the matrix.
        for (source, destination) in denied.iter().copied().step_by(denied.len() / 6 + 1) {
            let (from, to) = (&before.summary.peers[source], &before.summary.peers[destination]);
            let Some(preview) = analyzer.mend(&from.id, &to.id, None) else { continue };
            let after = Analysis::of(preview.files.clone(), options);
            let complain = |what: String| format!("{} -> {}: {what}\n{}", from.id, to.id, added(&preview));
            // A range outside may be cut by what the change mentions: its addresses stay the same.
            let ends = (place_in(&after, from), place_in(&after, to));
            let allowed = match ends {
                (Some(source), Some(destination)) => after.cell(source, destination).text != "none",
                // A hypothetical end may be gone once the policies speak of other pods.
                _ => from.peer_type == PeerType::Hypothetical || to.peer_type == PeerType::Hypothetical,
            };
            let errors = |analysis: &Analysis| {
                let all = analysis.summary.diagnostics.iter();
                all.filter(|found| found.severity != DiagnosticSeverity::Info).count()
            };
            let result = ensure(allowed, || complain("it stays denied".to_owned()))
                .and_then(|()| {
                    ensure(errors(&after) == errors(&before), || complain("new problems".to_owned()))
                })
                .and_then(|()| {
                    let (said, is) = (changes(&preview.changes), difference(&before, &after));
                    ensure(said == is, || complain(format!("it says {said:?}, but changes {is:?}")))
                })
                .and_then(|()| {
                    let narrower =
                        preview.changes.iter().find(|change| !includes(&change.after, &change.before));
                    ensure(narrower.is_none(), || complain(format!("it takes away: {narrower:?}")))
                })
                .and_then(|()| {
                    // An address outside goes by another name once a block of its own is told apart.
                    let is_meant = |id: &str, end: &Peer| {
                        id == end.id || (id.starts_with("external:") && end.id.starts_with("external:"))
                    };
                    let other = preview.changes.iter().find(|change| {
                        !(is_meant(&change.source, from) && is_meant(&change.destination, to))
                    });
                    ensure(other.is_none(), || complain(format!("it opens something else: {other:?}")))
                })
                .and_then(|()| {
                    let is_metadata =
                        |id: &str| id.contains("169.254.169.254") || id.contains("fd00:ec2::254");
                    let opened = preview.changes.iter().find(|change| is_metadata(&change.destination));
                    ensure(opened.is_none() || is_metadata(&to.id), || {
                        complain(format!("it opens the metadata endpoint: {opened:?}"))
                    })
                });
            with_text(&scene, result)?;
        }
        Ok(())
    });
}

/// The lines that come.
fn added(preview: &Preview) -> String {
    let lines = preview.diff.iter().flat_map(|file| file.hunks.iter().flatten());
    let lines = lines.filter(|line| line.kind == DiffKind::Added).map(|line| line.text.as_str());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_place_of_the_text_can_be_asked_about() {
    let place = (0..3_u32, 0..400_u32, 0..80_u32);
    check(24, (scene(Replaced::Some), proptest::collection::vec(place, 40)), |(scene, places)| {
        let mut analyzer = analyzer(&scene, Options::default());
        let peers = analyzer.summary().peers.len();
        for (file, line, column) in places {
            if let Some(found) = analyzer.locate(file, Position { line, column }) {
                let inside = found.sources.iter().chain(&found.destinations).all(|at| (*at as usize) < peers);
                with_text(&scene, ensure(inside, || format!("{file}:{line}:{column}: {found:?}")))?;
            }
        }
        Ok(())
    });
}

#[test]
fn a_policy_and_a_workload_are_found_where_they_are_written() {
    check(24, scene(Replaced::None), |scene| {
        let mut analyzer = analyzer(&scene, Options::default());
        let summary = analyzer.summary();
        let files = scene.files();
        let place_of = |id: &str| summary.peers.iter().position(|peer| peer.id == id).map(|at| at as u32);
        for policy in &summary.policies {
            let file = files.iter().position(|file| file.name == policy.span.file).unwrap_or_default() as u32;
            let found = analyzer.locate(file, policy.span.start);
            let subjects: Vec<u32> = policy.subjects.iter().filter_map(|id| place_of(id)).collect();
            let right = found.as_ref().is_some_and(|found| found.sources == subjects);
            with_text(
                &scene,
                ensure(right, || format!("{:?} acts on {subjects:?}: {found:?}", policy.object)),
            )?;
        }
        Ok(())
    });
}
