//! Properties of the whole pipeline, from text to matrix, over random clusters.

use std::collections::BTreeSet;

use netpol_manifest::read;
use netpol_source::{Code, Severity, Sources};
use netpol_tests::analysis::Analysis;
use netpol_tests::compare::{
    addresses_are_divided, block_ends_equal_oracle, certain_cells_are_so, ensure, equals_oracle,
    is_well_formed, meets_by_family,
};
use netpol_tests::generate::{Replaced, in_blocks, live, mutated, options, scene};
use netpol_tests::property::{check, with_text};
use netpol_view::Analyzer;
use netpol_view::contract::{
    Action, ConnectionSet, Hypothetical, IpBlockPods, Options, PeerType, Protocol, SourceFile,
};
use proptest::prelude::*;

#[test]
fn generated_text_is_valid() {
    check(64, prop_oneof![scene(Replaced::Some), live()], |scene| {
        let sources = Sources::new(scene.files());
        let found: Vec<_> = sources.documents().flat_map(|(_, text)| read(&text).diagnostics).collect();
        let errors: Vec<_> = found
            .iter()
            .filter(|found| found.severity != Severity::Info && found.code != Code::NamedPortWithoutPods)
            .map(|found| (found.code, &found.path, &found.message))
            .collect();
        with_text(&scene, ensure(errors.is_empty(), || format!("{errors:?}")))
    });
}

#[test]
fn every_cell_is_what_the_oracle_says() {
    check(256, (scene(Replaced::Some), options()), |(scene, options)| {
        let analysis = Analysis::of(scene.files(), options);
        let objects = &scene.objects;
        let cells = equals_oracle(&analysis, objects);
        with_text(&scene, cells.and_then(|()| block_ends_equal_oracle(&analysis, objects)))
    });
}

#[test]
fn every_cell_of_a_live_cluster_is_what_the_oracle_says() {
    check(128, (live(), options()), |(scene, options)| {
        let analysis = Analysis::of(scene.files(), options);
        let objects = &scene.objects;
        let cells = equals_oracle(&analysis, objects);
        with_text(&scene, cells.and_then(|()| block_ends_equal_oracle(&analysis, objects)))
    });
}

#[test]
fn cells_that_are_certain_are_so_under_every_reading() {
    check(32, (prop_oneof![scene(Replaced::Some), live()], options()), |(scene, options)| {
        let analysis = Analysis::of(scene.files(), options);
        with_text(&scene, certain_cells_are_so(&analysis, &scene.objects))
    });
}

#[test]
fn hypothetical_workloads_change_nothing_between_the_real_ones() {
    check(48, (scene(Replaced::Some), options()), |(scene, options)| {
        let auto = Analysis::of(scene.files(), Options { hypothetical: Hypothetical::Auto, ..options });
        let never = Analysis::of(scene.files(), Options { hypothetical: Hypothetical::Never, ..options });
        let real = never.by_id();
        let all = auto.by_id();
        let invented = never.summary.peers.iter().find(|peer| peer.peer_type == PeerType::Hypothetical);
        ensure(invented.is_none(), || format!("{invented:?}"))?;
        for (ids, cell) in real {
            let found = all.get(&ids).copied();
            with_text(
                &scene,
                ensure(found == Some(cell), || format!("{ids:?}: `{}` turned into {found:?}", cell.text)),
            )?;
        }
        Ok(())
    });
}

#[test]
fn every_analysis_is_well_formed_and_divides_the_addresses() {
    check(96, (scene(Replaced::Some), options()), |(scene, options)| {
        let analysis = Analysis::of(scene.files(), options);
        with_text(&scene, is_well_formed(&analysis).and_then(|()| addresses_are_divided(&analysis)))
    });
}

#[test]
fn the_order_of_objects_does_not_matter() {
    let strategy = scene(Replaced::None)
        .prop_flat_map(|scene| (scene.shuffled(), Just(scene)))
        .prop_flat_map(|(shuffled, scene)| (Just(shuffled), Just(scene), options()));
    check(400, strategy, |(shuffled, scene, options)| {
        let one = Analysis::of(scene.files(), options);
        let other = Analysis::of(shuffled.files(), options);
        let ids = |analysis: &Analysis| -> BTreeSet<String> {
            analysis.summary.peers.iter().map(|peer| peer.id.clone()).collect()
        };
        let result = ensure(ids(&one) == ids(&other), || format!("{:?} / {:?}", ids(&one), ids(&other)))
            .and_then(|()| {
                let (one, other) = (one.by_id(), other.by_id());
                let different = one.iter().find(|(ids, cell)| other.get(*ids) != Some(*cell));
                ensure(different.is_none(), || format!("another order changes {different:?}"))
            });
        with_text(
            &scene,
            result.map_err(|complaint| with_text(&shuffled, Err::<(), _>(complaint)).unwrap_err()),
        )
    });
}

/// As `kubectl get -o yaml` and `-o json` print them.
#[test]
fn a_list_is_what_its_items_are() {
    check(24, (prop_oneof![scene(Replaced::None), live()], options()), |(scene, options)| {
        let list = serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": scene.objects });
        let apart = Analysis::of(scene.files(), options);
        let texts = [list.to_string(), format!("{list:#}"), in_blocks(&list)];
        for text in texts {
            let file = SourceFile { name: "list".to_owned(), text };
            let documents = Sources::new(vec![file.clone()]).document_count();
            ensure(documents == scene.objects.len(), || format!("{documents} documents in {}", file.text))?;
            let together = Analysis::of(vec![file.clone()], options);
            ensure(together.by_id() == apart.by_id(), || format!("the cells differ for {}", file.text))?;
        }
        Ok(())
    });
}

#[test]
fn a_policy_that_selects_nothing_changes_nothing() {
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: idle, namespace: red}\n\
                  spec: {podSelector: {matchLabels: {nobody: here}}, policyTypes: [Ingress, Egress]}\n";
    check(48, (scene(Replaced::Some), options()), |(scene, options)| {
        let options = Options { hypothetical: Hypothetical::Never, ..options };
        let before = Analysis::of(scene.files(), options);
        let mut files = scene.files();
        files.push(SourceFile { name: "idle.yaml".to_owned(), text: policy.to_owned() });
        let after = Analysis::of(files, options);
        let result = ensure(before.peers_by_id() == after.peers_by_id(), || "the peers change".to_owned())
            .and_then(|()| ensure(before.by_id() == after.by_id(), || "the cells change".to_owned()));
        with_text(&scene, result)
    });
}

#[test]
fn editing_is_the_same_as_starting_afresh() {
    let edits = (scene(Replaced::Some), scene(Replaced::Some)).prop_flat_map(|(one, other)| {
        let text = one.files().first().map(|file| file.text.clone()).unwrap_or_default();
        (Just(one), Just(other), mutated(text), proptest::collection::vec(0..7_u8, 1..8))
    });
    check(32, (edits, options(), options()), |((one, other, broken, edits), mut options, mut next)| {
        let mut analyzer = Analyzer::new(options);
        for edit in edits {
            let files = match edit {
                0 => one.files(),
                1 => other.files(),
                2 => one.files().into_iter().chain(other.files()).collect(),
                3 => {
                    let mut files = one.files();
                    files[0].text = broken.clone();
                    files
                }
                4 => {
                    let mut files = one.files();
                    files[0].text.insert_str(0, "# moved\n\n");
                    files.reverse();
                    files
                }
                5 => {
                    std::mem::swap(&mut options, &mut next);
                    analyzer.set_options(options);
                    one.files()
                }
                _ => Vec::new(),
            };
            analyzer.set_files(files.clone());
            if edit == 4 {
                // Half of the work, then another input.
                analyzer.step();
                analyzer.set_files(files.clone());
            }
            let fresh = Analysis::of(files, options);
            let peers = fresh.summary.peers.len();
            with_text(&one, ensure(analyzer.summary() == fresh.summary, || format!("summary after {edit}")))?;
            with_text(
                &one,
                ensure(analyzer.cells(0..peers, 0..peers) == fresh.cells, || format!("cells after {edit}")),
            )?;
        }
        Ok(())
    });
}

#[test]
fn a_window_is_a_piece_of_the_matrix() {
    let window = (0..40_usize, 0..40_usize, 0..40_usize, 0..40_usize);
    check(48, (scene(Replaced::Some), window), |(scene, (top, height, left, width))| {
        let whole = Analysis::of(scene.files(), Options::default());
        let peers = whole.summary.peers.len();
        let mut analyzer = Analyzer::new(Options::default());
        analyzer.set_files(scene.files());
        let (bottom, right) = (top + height, left + width);
        let expected: Vec<u32> = (top.min(peers)..bottom.min(peers))
            .flat_map(|row| (left.min(peers)..right.min(peers)).map(move |column| row * peers + column))
            .map(|place| whole.cells[place])
            .collect();
        let found = analyzer.cells(top..bottom, left..right);
        with_text(
            &scene,
            ensure(found == expected, || format!("rows {top}..{bottom}, columns {left}..{right}")),
        )
    });
}

#[test]
fn an_explanation_says_what_the_cell_says() {
    check(24, (scene(Replaced::Some), options()), |(scene, options)| {
        let analysis = Analysis::of(scene.files(), options);
        let mut analyzer = Analyzer::new(options);
        analyzer.set_files(scene.files());
        for (source, destination) in analysis.pairs() {
            let cell = analysis.cell(source, destination);
            let (from, to) = (&analysis.summary.peers[source], &analysis.summary.peers[destination]);
            let complain = |what: &str| format!("{} -> {} (`{}`): {what}", from.id, to.id, cell.text);
            let found = analyzer.explain(&from.id, &to.id).ok_or_else(|| complain("no explanation"))?;
            let result = ensure(found.allowed == *cell, || complain("another set is explained"))
                .and_then(|()| {
                    let both = |protocol, port| {
                        found.egress.allowed.contains(protocol, port)
                            && found.ingress.allowed.contains(protocol, port)
                    };
                    let sets = [cell, &found.egress.allowed, &found.ingress.allowed];
                    let differs =
                        first_difference(&sets, both, |protocol, port| cell.contains(protocol, port));
                    // The ends are then those of both families together.
                    let differs = differs.filter(|_| !meets_by_family(&found.caveats));
                    ensure(differs.is_none(), || complain(&format!("the ends do not meet at {differs:?}")))
                })
                .and_then(|()| {
                    for end in [&found.egress, &found.ingress] {
                        let allows: Vec<&ConnectionSet> = end
                            .steps
                            .iter()
                            .filter(|step| step.action == Action::Allow)
                            .map(|step| &step.matched)
                            .collect();
                        let union = |protocol, port| allows.iter().any(|set| set.contains(protocol, port));
                        let sets: Vec<&ConnectionSet> =
                            allows.iter().copied().chain([&end.allowed]).collect();
                        let differs = first_difference(&sets, union, |protocol, port| {
                            end.allowed.contains(protocol, port)
                        });
                        ensure(differs.is_none(), || {
                            complain(&format!("steps differ at {differs:?}: {end:?}"))
                        })?;
                    }
                    Ok(())
                });
            with_text(&scene, result)?;
        }
        Ok(())
    });
}

#[test]
fn cells_that_differ_between_the_readings_say_so() {
    check(16, scene(Replaced::Some), |scene| {
        let readings = [IpBlockPods::KnownAddresses, IpBlockPods::Never, IpBlockPods::AnyAddress];
        let analyses = readings.map(|reading| {
            Analysis::of(scene.files(), Options { ip_block_pods: reading, ..Options::default() })
        });
        for (analysis, reading) in analyses.iter().zip(readings) {
            let mut analyzer = Analyzer::new(analysis.options);
            analyzer.set_files(scene.files());
            for (source, destination) in analysis.pairs() {
                let (from, to) = (&analysis.summary.peers[source], &analysis.summary.peers[destination]);
                if from.peer_type == PeerType::External || to.peer_type == PeerType::External {
                    continue;
                }
                let cell = analysis.cell(source, destination);
                let differs = analyses.iter().any(|other| other.cell(source, destination) != cell);
                let caveats =
                    analyzer.explain(&from.id, &to.id).map(|found| found.caveats).unwrap_or_default();
                let told = caveats.iter().any(|caveat| caveat.contains("where an `ipBlock`"));
                let complaint = || format!("{} -> {} under {reading:?}: {caveats:?}", from.id, to.id);
                with_text(&scene, ensure(told == differs, complaint))?;
            }
        }
        Ok(())
    });
}

/// Where two descriptions of a set differ, at the only ports where they can: the ends of the intervals that made them.
fn first_difference(
    sets: &[&ConnectionSet],
    one: impl Fn(Protocol, u16) -> bool,
    other: impl Fn(Protocol, u16) -> bool,
) -> Option<(Protocol, u16)> {
    let intervals = sets.iter().flat_map(|set| set.tcp.iter().chain(&set.udp).chain(&set.sctp));
    let mut ports: BTreeSet<u16> = BTreeSet::from([1]);
    for (first, last) in intervals {
        ports.extend([first.saturating_sub(1).max(1), *first, *last, last.saturating_add(1)]);
    }
    let protocols = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];
    let mut points =
        protocols.into_iter().flat_map(|protocol| ports.iter().map(move |port| (protocol, *port)));
    points.find(|(protocol, port)| one(*protocol, *port) != other(*protocol, *port))
}

#[test]
fn broken_text_never_panics() {
    let strategy = scene(Replaced::Some).prop_flat_map(|scene| {
        let text = scene.files().iter().map(|file| file.text.clone()).collect::<Vec<_>>().join("");
        (mutated(text), options())
    });
    check(128, strategy, |(text, options)| {
        let analysis = Analysis::of_text(&text, options);
        is_well_formed(&analysis).map_err(|complaint| format!("{complaint}\n{text}"))
    });
}
