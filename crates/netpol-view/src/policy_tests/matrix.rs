//! What the matrix says between pods, as few tests: destinations that are entered alike in one, sources that enter alike
//! in one end.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use netpol_assert::{Judge, Missing};
use netpol_eval::matrix::CERTAIN;
use netpol_eval::{ConnectionSet, Evaluation, PeerId};
use netpol_manifest::Yaml;

use super::keep::passes;
use super::naming::{self, Named};
use crate::words;

/// How many workloads there may be.
const MOST_WORKLOADS: usize = 1000;

/// How many groups of destinations there may be.
const MOST_GROUPS: usize = 100;

/// What stands in the place of those that come after.
const TOO_MUCH: &str = "# What may reach other pods is too much to be judged.\n";

/// What is said of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    /// Nothing, whatever the test says: no policy decides.
    Any,
    /// Nothing may be said, as it is not certain.
    Nothing,
    /// The number of the cell.
    Cell(u32),
}

/// Destinations that are entered alike.
struct Group {
    /// Their places, in order.
    destinations: Vec<usize>,
    /// By source.
    said: Vec<Said>,
}

/// The tests, as a text; where there are none to make, a comment that says why.
pub(crate) fn tests_of_matrix(evaluation: &Evaluation, missing: &Missing) -> String {
    let workloads = &evaluation.cluster().workloads;
    let is_of_input = |at: usize| workloads.get(at).is_some_and(|one| !one.is_hypothetical());
    let own: Vec<usize> = (0..workloads.len()).filter(|at| is_of_input(*at)).collect();
    if own.len() > MOST_WORKLOADS {
        return format!("# {} workloads are too many to be said in a few tests.\n", own.len());
    }
    let groups = groups(evaluation, &own);
    if groups.len() > MOST_GROUPS {
        return format!(
            "# What is allowed differs for more than {MOST_GROUPS} kinds of pods: too many to be said in a few tests.\n"
        );
    }
    // All of it may cost what the tests of one input may.
    within(evaluation, &Judge::new(evaluation, missing), &own, &groups)
}

fn within(evaluation: &Evaluation, judge: &Judge<'_>, own: &[usize], groups: &[Group]) -> String {
    let sets: Vec<&ConnectionSet> = evaluation.connections().collect();
    let mut texts: Vec<String> = Vec::new();
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for group in groups {
        let Some((allow, deny)) = expectations(evaluation, judge, &sets, group, own) else {
            texts.push(TOO_MUCH.to_owned());
            break;
        };
        if allow.is_empty() && deny.is_empty() {
            continue;
        }
        let mut name = name_of(evaluation, group);
        let count = names.entry(name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            // Writing to a string cannot fail.
            let _ = write!(name, "-{count}");
        }
        texts.push(naming::test(&name, allow, deny).document());
    }
    if texts.is_empty() {
        return "# There is nothing certain to be said of pods.\n".to_owned();
    }
    texts.join("---\n")
}

/// Destinations by what is said of them, those alike together; one group too many where there are too many.
fn groups(evaluation: &Evaluation, own: &[usize]) -> Vec<Group> {
    let matrix = evaluation.matrix();
    let is_on_host =
        |at: usize| evaluation.cluster().workloads.get(at).is_some_and(|workload| workload.host_network);
    let mut groups: Vec<Group> = Vec::new();
    for destination in own.iter().copied() {
        let said: Vec<Said> = own
            .iter()
            .copied()
            .map(|source| {
                if matrix.is_open_anyway(source, destination) {
                    Said::Any
                } else if matrix.certainty_of_classes(source, destination) != CERTAIN
                    || is_on_host(source) && is_on_host(destination)
                {
                    Said::Nothing
                } else {
                    Said::Cell(matrix.of_classes(source, destination))
                }
            })
            .collect();
        let fits =
            |group: &&mut Group| {
                group.said.iter().zip(&said).all(|(one, other)| {
                    one == other || matches!((one, other), (Said::Any, _) | (_, Said::Any))
                })
            };
        match groups.iter_mut().find(fits) {
            Some(group) => {
                group.destinations.push(destination);
                for (known, said) in group.said.iter_mut().zip(said) {
                    if *known == Said::Any {
                        *known = said;
                    }
                }
            }
            None => groups.push(Group { destinations: vec![destination], said }),
        }
        if groups.len() > MOST_GROUPS {
            break;
        }
    }
    groups
}

/// What is to be expected of a group: one expectation, or two, for each set that sources may send. `None` where that is too
/// much to be judged.
fn expectations(
    evaluation: &Evaluation,
    judge: &Judge<'_>,
    sets: &[&ConnectionSet],
    group: &Group,
    own: &[usize],
) -> Option<(Vec<Yaml>, Vec<Yaml>)> {
    let mut by_cell: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (source, said) in own.iter().zip(&group.said) {
        if let Said::Cell(cell) = said {
            by_cell.entry(*cell).or_default().push(*source);
        }
    }
    let (mut allow, mut deny) = (Vec::new(), Vec::new());
    for (cell, sources) in by_cell {
        let Some(allowed) = sets.get(cell as usize) else { continue };
        // Each expectation by itself: pods that the input does not hold count where something is denied.
        let ends = |is_deny: bool| {
            let is_hypothetical =
                |at: usize| evaluation.cluster().workloads.get(at).is_some_and(|one| one.is_hypothetical());
            let may = |at: usize| !is_deny && is_hypothetical(at);
            let from = naming::workloads(evaluation, &sources, may)?;
            let to = naming::workloads(evaluation, &group.destinations, may)?;
            Some([from, to].map(|mut ends| Named {
                end: if ends.len() == 1 { ends.remove(0) } else { Yaml::List(ends) },
                except: Vec::new(),
            }))
        };
        for is_deny in [false, true] {
            let Some([from, to]) = ends(is_deny) else { continue };
            let (allowing, denying) = naming::expectations(&from, &to, allowed);
            let (list, item) = if is_deny { (&mut deny, denying) } else { (&mut allow, allowing) };
            let Some(item) = item else { continue };
            let one = vec![item.clone()];
            let (allow, deny) = if is_deny { (Vec::new(), one) } else { (one, Vec::new()) };
            if passes(judge, &naming::test("one", allow, deny))? {
                list.push(item);
            }
        }
    }
    Some((allow, deny))
}

/// `to-shop-db` for a workload, `to-shop` for several of one namespace.
fn name_of(evaluation: &Evaluation, group: &Group) -> String {
    let peer = |at: &usize| evaluation.peer(PeerId(*at as u32)).and_then(|peer| peer.workload());
    let workloads: Vec<_> = group.destinations.iter().filter_map(peer).collect();
    let Some(first) = workloads.first() else { return "to-nobody".to_owned() };
    let namespace = words::namespace_name(evaluation, first);
    let name = if workloads.len() == 1 {
        format!("to-{namespace}-{}", first.name)
    } else if workloads.iter().all(|one| one.namespace == first.namespace) {
        format!("to-{namespace}")
    } else {
        "to-several".to_owned()
    };
    let is_fit = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let fit: String =
        name.chars().map(|letter| if is_fit(letter) { letter } else { '-' }).take(200).collect();
    fit.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use netpol_eval::{Cluster, Options};
    use netpol_source::DocumentId;

    use super::*;

    #[test]
    fn what_is_too_much_is_said() {
        let text = "\
apiVersion: v1
kind: Pod
metadata: {name: a, labels: {app: a}}
---
apiVersion: v1
kind: Pod
metadata: {name: b, labels: {app: b}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: to-b}
spec: {podSelector: {matchLabels: {app: b}}, ingress: [{ports: [{port: 5432}]}]}
";
        let documents: Vec<_> =
            text.split("---\n").map(|text| Arc::new(netpol_manifest::read(text))).collect();
        let missing = Missing::of(documents.iter().map(Arc::as_ref));
        let evaluation =
            Evaluation::new(Cluster::build((0..).map(DocumentId).zip(documents)), Options::default());
        let groups = groups(&evaluation, &[0, 1]);
        let within =
            |work| within(&evaluation, &Judge::within(&evaluation, &missing, work), &[0, 1], &groups);
        assert!(within(1_000_000).contains("name: to-default\n"));
        assert_eq!(within(1), TOO_MUCH);
    }
}
