//! Random policy tests, of what there may be in a scene and of what there is not.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::{CIDRS, NAMESPACES};

/// Some tests, each of a few expectations.
pub fn tests() -> impl Strategy<Value = Vec<Value>> {
    let test = (vec(expectation(), 0..3), vec(expectation(), 0..3), 0..3_usize);
    let test = test.prop_filter("a test expects something", |(allow, deny, _)| allow.len() + deny.len() > 0);
    vec(test, 1..4).prop_map(|tests| {
        let test = |(allow, deny, name): (Vec<Value>, Vec<Value>, usize)| {
            json!({
                "apiVersion": "netpol.playground/v1",
                "kind": "ConnectivityTest",
                "metadata": {"name": format!("test-{name}")},
                "spec": {"allow": allow, "deny": deny},
            })
        };
        tests.into_iter().map(test).collect()
    })
}

fn expectation() -> impl Strategy<Value = Value> {
    let few = || prop::option::weighted(0.15, ends());
    (
        ends(),
        ends(),
        prop::option::weighted(0.7, ports()),
        prop::option::weighted(0.2, ports()),
        few(),
        few(),
        few(),
    )
        .prop_map(|(from, to, ports, except_ports, except, except_from, except_to)| {
            let mut fields = Map::new();
            fields.insert("from".to_owned(), from);
            fields.insert("to".to_owned(), to);
            let others = [
                ("ports", ports),
                ("exceptPorts", except_ports),
                ("except", except),
                ("exceptFrom", except_from),
                ("exceptTo", except_to),
            ];
            fields.extend(others.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
            Value::Object(fields)
        })
}

/// An end, or a list of them.
fn ends() -> impl Strategy<Value = Value> {
    prop_oneof![4 => end(), 1 => vec(end(), 1..3).prop_map(Value::Array)]
}

fn end() -> impl Strategy<Value = Value> {
    let word = select(vec!["any", "pods", "outside"]).prop_map(Value::from);
    let cidr = prop_oneof![
        4 => select(CIDRS.to_vec()),
        1 => select(vec!["10.0.0.7", "10.0.0.0/25", "172.16.0.0/12", "fd00:10::1", "169.254.169.254"]),
    ];
    let cidr = cidr.prop_map(|cidr| json!({ "cidr": cidr }));
    prop_oneof![2 => word, 2 => cidr, 6 => mapping()]
}

fn mapping() -> impl Strategy<Value = Value> {
    let namespace = prop_oneof![
        3 => select(NAMESPACES.to_vec()).prop_map(Value::from),
        1 => vec(select(NAMESPACES.to_vec()), 1..3).prop_map(|names| json!(names)),
    ];
    let label =
        select(vec![("app", "web"), ("app", "db"), ("tier", "front"), ("tier", "back"), ("role", "admin")]);
    let labels = label.clone().prop_map(|(key, value)| json!({ key: value }));
    let namespace_label = select(vec![("team", "a"), ("team", "b"), ("env", "prod")]);
    let namespace_labels = namespace_label.prop_map(|(key, value)| json!({ key: value }));
    let operator = select(vec!["In", "NotIn", "Exists", "DoesNotExist"]);
    let selector = (label, operator).prop_map(|((key, value), operator)| {
        let mut requirement = json!({"key": key, "operator": operator});
        if operator.ends_with("In") {
            requirement["values"] = json!([value]);
        }
        json!({"matchExpressions": [requirement]})
    });
    let name = select(vec!["w0", "w1", "w2", "w3"]).prop_map(Value::from);
    // Most say one thing: what says several mostly names nobody.
    let named =
        |key: &'static str, value: BoxedStrategy<Value>| value.prop_map(move |value| (key, value)).boxed();
    let field = prop_oneof![
        3 => named("namespace", namespace.boxed()),
        3 => named("labels", labels.boxed()),
        1 => named("namespaceLabels", namespace_labels.boxed()),
        2 => named("podSelector", selector.clone().boxed()),
        1 => named("namespaceSelector", selector.boxed()),
        4 => named("name", name.boxed()),
    ];
    prop_oneof![4 => vec(field.clone(), 1..2), 1 => vec(field, 2..4)].prop_map(|fields| {
        Value::Object(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    })
}

fn ports() -> impl Strategy<Value = Value> {
    let number = select(vec![80_u16, 443, 5353, 8080, 9090, 6379]);
    let protocol = select(vec!["TCP", "UDP", "SCTP"]);
    let port = prop_oneof![
        2 => number.clone().prop_map(Value::from),
        2 => (protocol.clone(), number.clone()).prop_map(|(protocol, number)| json!(format!("{protocol}/{number}"))),
        1 => (protocol.clone(), number.clone(), number).prop_map(|(protocol, one, other)| {
            json!(format!("{protocol}/{}-{}", one.min(other), one.max(other)))
        }),
        1 => protocol.clone().prop_map(Value::from),
        2 => (protocol, select(vec!["http", "dns", "metrics"])).prop_map(|(protocol, name)| json!(format!("{protocol}/{name}"))),
    ];
    prop_oneof![2 => port.clone(), 3 => vec(port, 1..3).prop_map(Value::Array)]
}
