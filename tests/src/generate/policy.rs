//! Random network policies.

use ipnet::IpNet;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::{Field, NAMESPACES, field};

/// Blocks of addresses: nested, overlapping, around pods, nodes and the metadata endpoint, and the ends of the range.
pub const CIDRS: [&str; 28] = [
    "0.0.0.0/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "10.0.0.0/8",
    "10.0.0.0/16",
    "10.0.0.0/24",
    "10.0.0.1/32",
    "10.0.0.2/32",
    "10.0.1.0/24",
    "10.244.0.0/16",
    "10.244.0.0/24",
    "10.244.1.0/24",
    "10.244.0.3/32",
    "169.254.0.0/16",
    "169.254.169.254/32",
    "192.168.0.0/16",
    "192.168.1.0/24",
    "0.0.0.0/32",
    "255.255.255.255/32",
    "::/0",
    "8000::/1",
    "fd00::/8",
    "fd00:10::/32",
    "fd00:10:244::/48",
    "fd00:10:244:1::/64",
    "fd00:10::1/128",
    "fd00:ec2::254/128",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
];

/// A label key, and values that it may have.
pub(super) type Choice = (&'static str, Vec<&'static str>);

/// The labels of pods that selectors ask for.
pub(super) fn pod_labels() -> Vec<Choice> {
    vec![
        ("app", vec!["web", "db", "0o7"]),
        ("app", vec!["web", "db", "0o7"]),
        ("tier", vec!["front", "back"]),
        ("role", vec!["admin", "", "y"]),
        ("pod-template-hash", vec!["abc"]),
    ]
}

/// A policy without a name.
pub fn policy() -> impl Strategy<Value = Value> {
    policy_by(pod_labels())
}

/// A policy without a name that selects pods by these labels, too.
pub(super) fn policy_also_by(labels: Vec<Choice>) -> impl Strategy<Value = Value> {
    policy_by(pod_labels().into_iter().chain(labels).collect())
}

fn policy_by(labels: Vec<Choice>) -> impl Strategy<Value = Value> {
    let types = prop_oneof![
        Just(json!(["Ingress"])),
        Just(json!(["Egress"])),
        Just(json!(["Ingress", "Egress"])),
        Just(json!([])),
    ];
    (
        prop::option::weighted(0.9, select(NAMESPACES.to_vec())),
        field(1, 1, 12, selector(labels.clone())),
        field(3, 1, 6, types),
        field(3, 1, 6, vec(rule("from", &labels), 0..3)),
        field(3, 1, 6, vec(rule("to", &labels), 0..3)),
    )
        .prop_map(|(namespace, selector, types, ingress, egress)| {
            let mut spec = Map::new();
            selector.put(&mut spec, "podSelector");
            types.put(&mut spec, "policyTypes");
            ingress.put(&mut spec, "ingress");
            egress.put(&mut spec, "egress");
            let mut metadata = Map::new();
            if let Some(namespace) = namespace {
                metadata.insert("namespace".to_owned(), namespace.into());
            }
            json!({
                "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                "metadata": metadata, "spec": spec,
            })
        })
}

fn rule(direction: &'static str, labels: &[Choice]) -> impl Strategy<Value = Value> + use<> {
    (field(2, 1, 7, vec(peer(labels), 0..3)), field(3, 1, 6, vec(port(), 0..4))).prop_map(
        move |(peers, ports)| {
            let mut rule = Map::new();
            peers.put(&mut rule, direction);
            ports.put(&mut rule, "ports");
            Value::Object(rule)
        },
    )
}

fn peer(labels: &[Choice]) -> impl Strategy<Value = Value> + use<> {
    let pod_selector = || selector(labels.to_vec());
    prop_oneof![
        3 => pod_selector().prop_map(|pods| json!({"podSelector": pods})),
        1 => pod_selector().prop_map(|pods| json!({"podSelector": pods, "namespaceSelector": null, "ipBlock": null})),
        2 => namespace_selector().prop_map(|namespaces| json!({"namespaceSelector": namespaces})),
        3 => (pod_selector(), namespace_selector())
            .prop_map(|(pods, namespaces)| json!({"podSelector": pods, "namespaceSelector": namespaces})),
        4 => block().prop_map(|block| json!({"ipBlock": block})),
    ]
}

fn block() -> impl Strategy<Value = Value> {
    select(CIDRS.to_vec()).prop_flat_map(|cidr| {
        let whole: IpNet = cidr.parse().expect("the pool holds CIDRs");
        let inside: Vec<&str> = CIDRS
            .into_iter()
            .filter(|other| {
                let other: IpNet = other.parse().expect("the pool holds CIDRs");
                whole.contains(&other) && whole != other
            })
            .collect();
        let most = inside.len().min(3);
        field(4, 1, 5, subsequence(inside, 0..=most)).prop_map(move |except| {
            let mut block = Map::new();
            block.insert("cidr".to_owned(), cidr.into());
            except.put(&mut block, "except");
            Value::Object(block)
        })
    })
}

fn port() -> impl Strategy<Value = Value> {
    let protocol = field(4, 1, 5, select(vec!["TCP", "UDP", "SCTP"]));
    let number = prop_oneof![
        4 => select(vec![53_u16, 79, 80, 81, 443, 8080]),
        1 => select(vec![1_u16, 65535]),
        1 => 1..=65535_u16,
    ];
    let port = prop_oneof![
        1 => Just((Field::Absent, Field::Absent)),
        1 => Just((Field::Null, Field::Null)),
        5 => number.clone().prop_map(|port| (Field::There(json!(port)), Field::Absent)),
        2 => (number.clone(), number).prop_map(|(one, other)| {
            (Field::There(json!(one.min(other))), Field::There(json!(one.max(other))))
        }),
        3 => select(vec!["http", "dns", "metrics", "nobodys"])
            .prop_map(|name| (Field::There(json!(name)), Field::Absent)),
    ];
    (protocol, port).prop_map(|(protocol, (port, end))| {
        let mut item = Map::new();
        protocol.put(&mut item, "protocol");
        port.put(&mut item, "port");
        end.put(&mut item, "endPort");
        Value::Object(item)
    })
}

pub(super) fn namespace_selector() -> impl Strategy<Value = Value> {
    selector(vec![
        ("team", vec!["a", "b"]),
        ("env", vec!["prod", "test"]),
        ("kubernetes.io/metadata.name", NAMESPACES.to_vec()),
    ])
}

pub(super) fn selector(labels: Vec<Choice>) -> impl Strategy<Value = Value> {
    let label = select(labels.clone()).prop_flat_map(|(key, values)| (Just(key), select(values)));
    let match_labels = vec(label, 0..3).prop_map(|pairs| {
        Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect())
    });
    let expression = select(labels).prop_flat_map(|(key, values)| {
        let most = values.len().min(2);
        let with_values = (select(vec!["In", "NotIn"]), subsequence(values, 1..=most))
            .prop_map(move |(operator, values)| json!({"key": key, "operator": operator, "values": values}));
        let without = (select(vec!["Exists", "DoesNotExist"]), field(4, 1, 1, Just(json!([])))).prop_map(
            move |(operator, values)| {
                let mut expression = Map::new();
                expression.insert("key".to_owned(), key.into());
                expression.insert("operator".to_owned(), operator.into());
                values.put(&mut expression, "values");
                Value::Object(expression)
            },
        );
        prop_oneof![with_values, without]
    });
    prop_oneof![
        2 => Just(json!({})),
        8 => (field(3, 1, 7, match_labels), field(7, 1, 3, vec(expression, 0..3))).prop_map(
            |(match_labels, match_expressions)| {
                let mut selector = Map::new();
                match_labels.put(&mut selector, "matchLabels");
                match_expressions.put(&mut selector, "matchExpressions");
                Value::Object(selector)
            }
        ),
    ]
}
