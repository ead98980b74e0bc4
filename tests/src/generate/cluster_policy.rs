//! Random cluster-scoped policies.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::policy::{self, Choice};
use super::{Replaced, named, sometimes};

/// Whether scenes have cluster-scoped policies.
const IN_SCENES: bool = false;

/// Labels of the two nodes.
pub(super) const NODE_LABELS: [[(&str, &str); 2]; 2] =
    [[("pool", "a"), ("disk", "ssd")], [("pool", "b"), ("spot", "true")]];

/// Blocks, few ones: each may cut the addresses outside.
const NETWORKS: [&str; 10] = [
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/24",
    "10.0.0.1/32",
    "10.244.0.0/16",
    "10.244.0.0/24",
    "10.244.1.0/24",
    "169.254.169.254/32",
    "fd00::/8",
    "fd00:10:244::/48",
];

const DOMAINS: [&str; 4] = ["www.example.com", "*.example.com", "example.org", "WWW.Example.com."];

/// The kinds, each with what it calls things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Admin,
    BaselineAdmin,
    Cluster { version: &'static str, tier: &'static str },
}

/// The policies of a scene: none of them in half of the scenes, and never more than one BaselineAdminNetworkPolicy.
pub(super) fn cluster_policies(replaced: Replaced, labels: Vec<Choice>) -> BoxedStrategy<Vec<Value>> {
    if !IN_SCENES {
        return Just(Vec::new()).boxed();
    }
    let policies = some_cluster_policies(replaced, labels);
    prop_oneof![Just(Vec::new()), policies].boxed()
}

/// At least one policy.
pub(super) fn some_cluster_policies(
    replaced: Replaced,
    labels: Vec<Choice>,
) -> impl Strategy<Value = Vec<Value>> {
    let kind = prop_oneof![
        2 => Just(Kind::Admin),
        4 => (select(vec!["v1alpha2", "v1beta1"]), select(vec!["Admin", "Admin", "Baseline"]))
            .prop_map(|(version, tier)| Kind::Cluster { version, tier }),
    ];
    let any = |labels: Vec<Choice>| kind.clone().prop_flat_map(move |kind| policy(kind, &labels));
    let one = (any(labels.clone()), sometimes(replaced, any(labels.clone())));
    let default = prop::option::weighted(0.4, policy(Kind::BaselineAdmin, &labels));
    (vec(one, 1..4), default).prop_map(|(policies, default)| {
        let mut objects = Vec::new();
        for (at, (policy, earlier)) in policies.into_iter().enumerate() {
            // Of another kind it is another policy of the same name.
            let name = format!("cluster-policy-{at}");
            objects.extend(earlier.map(|earlier| named(earlier, &name)));
            objects.push(named(policy, &name));
        }
        objects.extend(default.map(|policy| named(policy, "default")));
        objects
    })
}

fn policy(kind: Kind, labels: &[Choice]) -> impl Strategy<Value = Value> + use<> {
    let rules = |direction, labels| prop::option::weighted(0.7, vec(rule(kind, direction, labels), 0..3));
    (select(vec![0, 10, 10, 1000]), pods(labels.to_vec()), rules("from", labels), rules("to", labels))
        .prop_map(move |(priority, subject, ingress, egress)| {
            let mut spec = Map::new();
            if let Kind::Cluster { tier, .. } = kind {
                spec.insert("tier".to_owned(), tier.into());
            }
            if kind != Kind::BaselineAdmin {
                spec.insert("priority".to_owned(), priority.into());
            }
            spec.insert("subject".to_owned(), subject);
            for (field, rules) in [("ingress", ingress), ("egress", egress)] {
                if let Some(rules) = rules {
                    spec.insert(field.to_owned(), rules.into());
                }
            }
            let (version, name) = match kind {
                Kind::Admin => ("v1alpha1", "AdminNetworkPolicy"),
                Kind::BaselineAdmin => ("v1alpha1", "BaselineAdminNetworkPolicy"),
                Kind::Cluster { version, .. } => (version, "ClusterNetworkPolicy"),
            };
            json!({
                "apiVersion": format!("policy.networking.k8s.io/{version}"), "kind": name,
                "metadata": {}, "spec": spec,
            })
        })
}

fn rule(kind: Kind, direction: &'static str, labels: &[Choice]) -> impl Strategy<Value = Value> + use<> {
    let actions = match kind {
        Kind::Admin => vec!["Allow", "Deny", "Pass"],
        Kind::BaselineAdmin => vec!["Allow", "Deny"],
        Kind::Cluster { .. } => vec!["Accept", "Deny", "Pass"],
    };
    let ports = prop::option::weighted(0.6, vec(port(kind), 1..3));
    (select(actions), vec(peer(kind, direction, labels), 1..3), ports).prop_map(
        move |(action, peers, ports)| {
            let mut rule = json!({"action": action, direction: peers});
            if let Some(ports) = ports {
                let field = if matches!(kind, Kind::Cluster { .. }) { "protocols" } else { "ports" };
                rule[field] = ports.into();
            }
            rule
        },
    )
}

/// `namespaces` or `pods`.
fn pods(labels: Vec<Choice>) -> BoxedStrategy<Value> {
    let namespaces = policy::namespace_selector;
    prop_oneof![
        2 => namespaces().prop_map(|namespaces| json!({"namespaces": namespaces})),
        3 => (namespaces(), policy::selector(labels)).prop_map(|(namespaces, pods)| {
            json!({"pods": {"namespaceSelector": namespaces, "podSelector": pods}})
        }),
    ]
    .boxed()
}

fn peer(kind: Kind, direction: &str, labels: &[Choice]) -> BoxedStrategy<Value> {
    let pods = pods(labels.to_vec());
    if direction == "from" {
        return pods;
    }
    let networks = subsequence(NETWORKS.to_vec(), 1..3).prop_map(|networks| json!({"networks": networks}));
    let nodes = policy::selector(vec![("pool", vec!["a", "b"]), ("disk", vec!["ssd"])])
        .prop_map(|nodes| json!({"nodes": nodes}));
    let names = select(DOMAINS.to_vec()).prop_map(|name| json!({"domainNames": [name]}));
    match kind {
        Kind::BaselineAdmin => prop_oneof![6 => pods, 4 => networks, 2 => nodes].boxed(),
        _ => prop_oneof![6 => pods, 4 => networks, 2 => nodes, 1 => names].boxed(),
    }
}

fn port(kind: Kind) -> BoxedStrategy<Value> {
    let number = select(vec![53_u16, 79, 80, 81, 443, 8080]);
    let range = (1..400_u16, 1..400_u16).prop_map(|(start, length)| (start, start + length));
    let name = select(vec!["http", "dns", "metrics", "nobodys"]);
    let protocol = prop::option::weighted(0.7, select(vec!["TCP", "UDP", "SCTP"]));
    if let Kind::Cluster { .. } = kind {
        let field = select(vec!["tcp", "tcp", "udp", "sctp"]);
        let of = |field: &str, port: Value| json!({field: {"destinationPort": port}});
        return prop_oneof![
            4 => (field.clone(), number).prop_map(move |(field, port)| of(field, json!({"number": port}))),
            2 => (field, range).prop_map(move |(field, (start, end))| {
                of(field, json!({"range": {"start": start, "end": end}}))
            }),
            3 => name.prop_map(|name| json!({"destinationNamedPort": name})),
        ]
        .boxed();
    }
    let with = |protocol: Option<&str>, mut item: Value| {
        if let Some(protocol) = protocol {
            item["protocol"] = protocol.into();
        }
        item
    };
    prop_oneof![
        4 => (protocol.clone(), number)
            .prop_map(move |(protocol, port)| json!({"portNumber": with(protocol, json!({"port": port}))})),
        2 => (protocol, range).prop_map(move |(protocol, (start, end))| {
            json!({"portRange": with(protocol, json!({"start": start, "end": end}))})
        }),
        3 => name.prop_map(|name| json!({"namedPort": name})),
    ]
    .boxed()
}
