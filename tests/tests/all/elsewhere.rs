//! Whether what no test speaks of is as it was, over random clusters and policies: against the two matrices, cell by cell.

use std::cell::Cell;
use std::collections::BTreeMap;

use netpol_tests::analysis::Analysis;
use netpol_tests::change::{includes, place_in};
use netpol_tests::generate::{Replaced, Scene, in_blocks, policy, scene};
use netpol_tests::property::{check, survey, with_text};
use netpol_view::contract::{Options, Peer, PeerType, SourceFile};
use netpol_view::{Analyzer, Elsewhere};
use serde_json::Value;

const EVERYTHING: &str = "apiVersion: netpol.playground/v1\nkind: ConnectivityTest\nmetadata: {name: all}\nspec:\n  allow:\n  - {from: any, to: any, except: [{labels: {no: such}}]}\n";

fn files(scene: &Scene, policy: &Value, test: &str) -> Vec<SourceFile> {
    let mut files = scene.files();
    let mut policy = policy.clone();
    // Of its own, so that it takes the place of none.
    policy["metadata"]["name"] = "the-changed-one".into();
    files.push(SourceFile { name: "changed.yaml".to_owned(), text: in_blocks(&policy) });
    files.push(SourceFile { name: "test.yaml".to_owned(), text: test.to_owned() });
    files
}

fn elsewhere(before: Vec<SourceFile>, after: Vec<SourceFile>) -> Elsewhere {
    let [mut before, mut after] = [before, after].map(|files| {
        let mut analyzer = Analyzer::new(Options::default());
        analyzer.set_files(files);
        analyzer
    });
    after.changed_elsewhere(&mut before)
}

fn is_of_input(peer: &Peer) -> bool {
    peer.peer_type != PeerType::Hypothetical
}

/// A workload by its name, whatever part of its pods a row is.
fn workload(peer: &Peer) -> [Option<&str>; 3] {
    [&peer.namespace, &peer.name, &peer.kind].map(|text| text.as_deref())
}

/// The ids of the rows of each workload.
fn rows(analysis: &Analysis) -> BTreeMap<[Option<&str>; 3], Vec<&str>> {
    let mut rows: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for peer in &analysis.summary.peers {
        rows.entry(workload(peer)).or_default().push(&peer.id);
    }
    rows
}

/// The cells that differ between peers that both have, by their ids in the later one.
fn differences(before: &Analysis, after: &Analysis) -> Vec<(String, String)> {
    let (old, new) = (rows(before), rows(after));
    let is_same = |peer: &Peer| {
        peer.peer_type == PeerType::External || old.get(&workload(peer)) == new.get(&workload(peer))
    };
    let peers = |of: &Analysis| {
        of.summary
            .peers
            .clone()
            .into_iter()
            .enumerate()
            .filter(|(_, peer)| is_of_input(peer) && is_same(peer))
            .collect::<Vec<_>>()
    };
    let mut both: Vec<(usize, usize)> = Vec::new();
    both.extend(peers(after).into_iter().filter_map(|(at, peer)| Some((place_in(before, &peer)?, at))));
    both.extend(peers(before).into_iter().filter_map(|(at, peer)| Some((at, place_in(after, &peer)?))));
    let mut found = Vec::new();
    // Nobody calls from a name.
    let sources = both.iter().filter(|(_, at)| !after.summary.peers[*at].id.starts_with("domain:"));
    for (old_from, from) in sources {
        for (old_to, to) in &both {
            let is_itself = after.summary.matrix.is_itself(*from, *to)
                || before.summary.matrix.is_itself(*old_from, *old_to);
            let (old, new) = (before.cell(*old_from, *old_to), after.cell(*from, *to));
            let is_same = includes(old, new) && includes(new, old);
            if !(is_itself || is_same) {
                let id = |at: usize| after.summary.peers[at].id.clone();
                found.push((id(*from), id(*to)));
            }
        }
    }
    found
}

fn agrees(scene: &Scene, [before, after]: [&Value; 2]) -> Result<(), String> {
    let [before, after] = [before, after].map(|policy| files(scene, policy, ""));
    let found = elsewhere(before.clone(), after.clone());
    let [before, after] = [before, after].map(|files| Analysis::of(files, Options::default()));
    let differences = differences(&before, &after);
    match &found {
        Elsewhere::Same if !differences.is_empty() => Err(format!("said to be the same: {differences:?}")),
        Elsewhere::Changed { connection, is_opened, .. } => {
            let (old, new) = (rows(&before), rows(&after));
            let ends = [&connection.source, &connection.destination];
            let is_divided = ends.iter().any(|id| {
                let peer = after.summary.peers.iter().find(|peer| peer.id == **id).unwrap();
                peer.peer_type != PeerType::External && old.get(&workload(peer)) != new.get(&workload(peer))
            });
            let ends = (connection.source.clone(), connection.destination.clone());
            if !is_divided && !differences.contains(&ends) {
                return Err(format!("said to be changed: {found:?}, which is none of {differences:?}"));
            }
            let places = [&ends.0, &ends.1].map(|id| after.place_of(id).unwrap());
            let is_allowed = after.cell(places[0], places[1]).contains(connection.protocol, connection.port);
            if is_allowed == *is_opened { Ok(()) } else { Err(format!("{found:?} is allowed: {is_allowed}")) }
        }
        _ => Ok(()),
    }
}

#[test]
fn what_changed_is_what_differs_between_the_matrices() {
    check(48, (scene(Replaced::None), policy(), policy()), |(scene, one, other)| {
        with_text(&scene, agrees(&scene, [&one, &other]))?;
        // The same, as long as nothing is changed, and where all is spoken of.
        let same = elsewhere(files(&scene, &one, ""), files(&scene, &one, ""));
        let spoken = elsewhere(files(&scene, &one, EVERYTHING), files(&scene, &other, EVERYTHING));
        for found in [same, spoken] {
            if matches!(found, Elsewhere::Changed { .. }) {
                return with_text(&scene, Err(format!("{found:?}")));
            }
        }
        Ok(())
    });
}

/// Pods that have ended leave rows behind which hold none: what tells them apart says which is which.
#[test]
fn parts_without_pods_are_told_apart() {
    let text = "\
apiVersion: batch/v1
kind: CronJob
metadata: {name: w0}
spec: {schedule: '0 0 * * *', jobTemplate: {spec: {template: {metadata: {labels: {tier: front}}, spec: {containers: [{name: c, image: i}]}}}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: w0-abc, ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: w0, uid: u, controller: true}]}
spec: {template: {metadata: {labels: {tier: front, hash: abc}}, spec: {containers: [{name: c, image: i}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: w0-abc-0, labels: {tier: front, hash: abc}, ownerReferences: [{apiVersion: batch/v1, kind: Job, name: w0-abc, uid: u, controller: true}]}
spec: {containers: [{name: c, image: i}]}
status: {phase: Succeeded}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p}
spec: {podSelector: {matchExpressions: [{key: hash, operator: Exists}]}, ingress: [{ports: [{port: 80}]}]}
";
    let files = || vec![SourceFile { name: "a.yaml".to_owned(), text: text.to_owned() }];
    let found = elsewhere(files(), files());
    assert!(matches!(found, Elsewhere::Same), "{found:?}");
}

/// The property says little where nothing ever changes, or everything is unknown.
#[test]
fn random_policies_change_something_and_nothing() {
    let [same, changed, unknown] = [(); 3].map(|()| Cell::new(0));
    survey(128, (scene(Replaced::None), policy(), policy()), |(scene, one, other)| {
        let which = match elsewhere(files(&scene, &one, ""), files(&scene, &other, "")) {
            Elsewhere::Same => &same,
            Elsewhere::Changed { .. } => &changed,
            Elsewhere::Unknown => &unknown,
        };
        which.set(which.get() + 1);
    });
    let found = [same.get(), changed.get(), unknown.get()];
    assert!(found[0] >= 10 && found[1] >= 10, "{found:?}");
}
