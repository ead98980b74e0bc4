//! What very large inputs cost, in counted steps and bytes, and what is said of those that are too large: nothing is
//! shown as open for want of budget.

use std::fmt::Write as _;
use std::sync::Arc;

use netpol_eval::{Cluster, Evaluation, Options, PeerId};
use netpol_manifest::Direction;
use netpol_source::{SourceFile, Sources};

fn evaluate(text: String) -> Evaluation {
    let sources = Sources::new(vec![SourceFile { name: "test.yaml".to_owned(), text }]);
    let documents = sources.documents().map(|(id, text)| (id, Arc::new(netpol_manifest::read(&text))));
    Evaluation::new(Cluster::build(documents), Options::default())
}

fn pods(count: usize) -> String {
    let mut text = String::new();
    for at in 0..count {
        let _ = writeln!(
            text,
            "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: w{at}, namespace: shop, labels: {{app: w{at}}}}}, \
             spec: {{containers: [{{name: c, image: i}}]}}}}"
        );
    }
    text
}

fn policy(name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: shop}}\n\
         spec: {spec}\n"
    )
}

fn joined(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(", ")
}

fn blocks(count: usize) -> String {
    joined(count, |at| {
        format!("{{ipBlock: {{cidr: {}.{}.{}.0/24}}}}", 20 + at / 10_000, at / 100 % 100, at % 100)
    })
}

/// The peer of a name or a network.
fn peer(evaluation: &Evaluation, name: &str) -> PeerId {
    let found = evaluation.peer_ids().find(|(_, peer)| match peer.external() {
        Some(range) => range.network.to_string() == name,
        None => peer.workload().is_some_and(|workload| workload.name == name),
    });
    // The others of a test would fail on a peer that is not there.
    found.map_or(PeerId(u32::MAX), |(id, _)| id)
}

/// The counted cost of an input of some size.
fn cost(text: String) -> (u64, u64) {
    let evaluation = evaluate(text);
    assert_eq!(evaluation.cluster().left_out, Default::default());
    (evaluation.cost().worked(), evaluation.cost().kept())
}

/// Twice the size may not cost much more than twice as much.
fn grows_evenly(input: impl Fn(usize) -> String, size: usize) {
    let (one, two) = (cost(input(size)), cost(input(2 * size)));
    assert!(two.0 <= 3 * one.0.max(1000), "work: {one:?}, then {two:?}");
    assert!(two.1 <= 3 * one.1.max(1000), "bytes: {one:?}, then {two:?}");
}

#[test]
fn a_policy_of_many_networks_is_evaluated() {
    let text =
        pods(2) + &policy("p", &format!("{{podSelector: {{}}, ingress: [{{from: [{}]}}]}}", blocks(4_001)));
    let evaluation = evaluate(text);
    let web = peer(&evaluation, "w0");
    assert!(evaluation.allowed(peer(&evaluation, "20.3.7.0/24"), web).is_all());
    assert!(evaluation.allowed(peer(&evaluation, "0.0.0.0/0"), web).is_empty());
    assert!(evaluation.is_evaluated(peer(&evaluation, "0.0.0.0/0"), web));
}

#[test]
fn a_policy_of_too_many_networks_isolates_and_is_not_evaluated() {
    let spec = |app, blocks| {
        format!("{{podSelector: {{matchLabels: {{app: {app}}}}}, ingress: [{{from: [{blocks}]}}]}}")
    };
    let text =
        pods(3) + &policy("large", &spec("w0", blocks(10_001))) + &policy("small", &spec("w1", blocks(3)));
    let evaluation = evaluate(text);
    let [open, large, small] = ["w2", "w0", "w1"].map(|name| peer(&evaluation, name));
    let outside = peer(&evaluation, "0.0.0.0/0");
    assert_eq!(evaluation.cluster().left_out.policies.len(), 1);
    assert!(evaluation.isolated(Direction::Ingress, large));
    for source in [outside, open] {
        assert!(evaluation.allowed(source, large).is_empty());
        assert!(!evaluation.is_evaluated(source, large) && evaluation.is_uncertain(source, large));
        let trace = evaluation.trace(source, large).unwrap();
        assert!(trace.allowed.is_empty() && !trace.ingress.network_policies()[0].is_evaluated);
    }
    assert!(evaluation.is_evaluated(outside, small) && evaluation.allowed(outside, small).is_empty());
    assert!(evaluation.is_evaluated(large, open) && evaluation.allowed(large, open).is_all());
}

#[test]
fn what_the_other_end_closes_is_closed_whatever_was_not_evaluated() {
    let text = pods(2)
        + &policy(
            "large",
            &format!(
                "{{podSelector: {{matchLabels: {{app: w0}}}}, ingress: [{{from: [{}]}}]}}",
                blocks(10_001)
            ),
        )
        + &policy("closed", "{podSelector: {matchLabels: {app: w1}}, policyTypes: [Egress]}");
    let evaluation = evaluate(text);
    let (large, closed) = (peer(&evaluation, "w0"), peer(&evaluation, "w1"));
    assert!(evaluation.is_evaluated(closed, large) && evaluation.allowed(closed, large).is_empty());
}

#[test]
fn workloads_past_the_limit_are_named_and_nothing_is_made_up_for_them() {
    let policy = policy("late", "{podSelector: {matchLabels: {app: w20001}}}");
    let evaluation = evaluate(pods(20_003) + &policy);
    assert_eq!(evaluation.cluster().left_out.workloads.len(), 3);
    assert!(evaluation.cluster().left_out.hypothetical);
    assert!(evaluation.peers().iter().filter_map(|peer| peer.workload()).all(|one| !one.is_hypothetical()));
}

#[test]
fn many_nodes_are_no_classes() {
    let mut text = pods(2);
    for at in 0..12_000 {
        let _ = writeln!(
            text,
            "---\n{{apiVersion: v1, kind: Node, metadata: {{name: n{at}}}, \
             status: {{addresses: [{{type: InternalIP, address: 10.{}.{}.1}}]}}}}",
            at / 250,
            at % 250
        );
    }
    let evaluation = evaluate(text);
    assert_eq!(evaluation.cluster().left_out.node_addresses, 2_000);
    assert!(evaluation.class_count() < 10, "{}", evaluation.class_count());
    assert!(evaluation.cost().worked() < 1_000_000, "{}", evaluation.cost().worked());
}

#[test]
fn rules_are_put_together_at_once() {
    let rules = |count| {
        let rules = joined(count, |at| format!("{{ports: [{{port: {}}}]}}", 1 + 2 * at));
        pods(5) + &policy("p", &format!("{{podSelector: {{}}, ingress: [{rules}]}}"))
    };
    grows_evenly(rules, 4_000);
}

#[test]
fn rules_for_a_pod_each_are_put_together_at_once() {
    let rules = |count| {
        let rules = joined(count, |at| {
            let selector = format!("podSelector: {{matchLabels: {{app: w{}}}}}", at % 5);
            format!("{{from: [{{{selector}}}], ports: [{{port: {}}}]}}", 1 + 2 * at)
        });
        pods(5) + &policy("p", &format!("{{podSelector: {{}}, ingress: [{rules}]}}"))
    };
    grows_evenly(rules, 2_000);
}

#[test]
fn default_denies_share_their_lists() {
    let denies = |count: usize| {
        let policies: String = (0..count).map(|at| policy(&format!("p{at}"), "{podSelector: {}}")).collect();
        pods(300) + &policies
    };
    grows_evenly(denies, 1_000);
}

#[test]
fn port_names_are_looked_up_where_they_are_declared() {
    let named = |count| {
        let ports = joined(count, |at| format!("{{port: n{at}}}"));
        pods(200) + &policy("p", &format!("{{podSelector: {{}}, ingress: [{{ports: [{ports}]}}]}}"))
    };
    grows_evenly(named, 4_000);
}

#[test]
fn blocks_are_looked_up_in_sorted_lists() {
    let blocks = |count| {
        let blocks = joined(count, |at| {
            let (a, b) = (at % 200, at * 20 % 250);
            format!("{{ipBlock: {{cidr: 10.{a}.0.0/16, except: [10.{a}.{b}.0/24]}}}}")
        });
        pods(2) + &policy("p", &format!("{{podSelector: {{}}, egress: [{{to: [{blocks}]}}]}}"))
    };
    let (work, bytes) = cost(blocks(4_000));
    assert!(work < 40_000_000 && bytes < 40_000_000, "{work} {bytes}");
}

#[test]
fn selectors_of_namespaces_that_are_not_there_are_not_looked_for_without_end() {
    let mut text = String::new();
    for at in 0..4_000 {
        let _ = write!(text, "---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: ns{at}}}}}\n");
        let namespace = format!("{{matchLabels: {{team: t{at}, kubernetes.io/metadata.name: ns{at}}}}}");
        text += &policy(
            &format!("p{at}"),
            &format!("{{podSelector: {{}}, ingress: [{{from: [{{namespaceSelector: {namespace}}}]}}]}}"),
        );
    }
    let evaluation = evaluate(text);
    assert!(evaluation.cost().worked() < 40_000_000, "{}", evaluation.cost().worked());
}

#[test]
fn pods_of_one_owner_fold_whatever_they_declare() {
    let mut text = String::new();
    for at in 1..=3_000 {
        let _ = writeln!(
            text,
            "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: w{at}, namespace: shop, ownerReferences: \
             [{{apiVersion: apps/v1, kind: DaemonSet, name: w, uid: u, controller: true}}]}}, \
             spec: {{nodeName: n{at}, containers: [{{name: c, image: i, ports: [{{containerPort: {at}}}]}}]}}}}"
        );
    }
    let evaluation = evaluate(text);
    let workloads: Vec<_> = evaluation.peers().iter().filter_map(|peer| peer.workload()).collect();
    assert_eq!((workloads.len(), workloads[0].ports.len(), workloads[0].pods.len()), (1, 3_000, 3_000));
}

#[test]
fn ranges_with_many_holes_are_listed_by_their_holes() {
    let hosts = joined(2_000, |at| {
        format!(
            "{{ipBlock: {{cidr: '2001:db8:{:x}:{:x}::1/128'}}}}",
            at * 7919 % 65_535,
            at * 104_729 % 65_535
        )
    });
    let evaluation =
        evaluate(pods(1) + &policy("p", &format!("{{podSelector: {{}}, ingress: [{{from: [{hosts}]}}]}}")));
    let any_other = evaluation.peers().iter().filter_map(|peer| peer.external());
    let holes = any_other.filter(|range| range.network.to_string() == "::/0").map(|range| range.but.len());
    assert_eq!(holes.sum::<usize>(), 2_001);
}

#[test]
fn where_a_policy_was_not_read_its_namespace_is_not_evaluated() {
    let blocks = vec!["{ipBlock: {cidr: 10.0.0.0/8}}"; 100].join(", ");
    let aliases = "  - *r\n".repeat(2_000);
    let text = pods(2)
        + "---\n{apiVersion: v1, kind: Pod, metadata: {name: other, namespace: ops}, spec: {containers: [{name: c}]}}\n"
        + &policy("p", &format!("\n  podSelector: {{}}\n  ingress:\n  - &r {{from: [{blocks}]}}\n{aliases}"));
    let evaluation = evaluate(text);
    let [web, other, outside] = ["w0", "other", "0.0.0.0/0"].map(|name| peer(&evaluation, name));
    assert!(evaluation.cluster().left_out.unread.concerns("shop"));
    assert!(!evaluation.is_evaluated(outside, web) && evaluation.allowed(outside, web).is_empty());
    assert!(evaluation.is_evaluated(outside, other) && evaluation.allowed(outside, other).is_all());
    let trace = evaluation.trace(outside, web).unwrap();
    assert!(!trace.ingress.is_evaluated && trace.ingress.allowed.is_empty());
}
