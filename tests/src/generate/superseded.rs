//! Inputs with policies of v1alpha1, among them such as the later versions would not take.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Replaced, Scene, cluster_policy, policy, scene};

/// What is done to a policy.
#[derive(Clone, Copy, Debug)]
enum Twist {
    /// More rules than a ClusterNetworkPolicy may have.
    ManyRules(usize),
    /// More peers.
    ManyPeers(usize),
    /// More ports.
    ManyPorts(usize),
    /// A range that ends before it starts, beside the other ports or in their place.
    Backwards(bool),
    /// A range of one port.
    OnePort,
    /// A peer that nobody knows.
    UnknownPeer,
    /// A name that other policies may have.
    Name,
    /// A priority that no other policy has.
    Priority(u16),
}

/// A whole input.
pub fn superseded(replaced: Replaced) -> impl Strategy<Value = Scene> {
    let twist = prop_oneof![
        4 => (26..90_usize).prop_map(Twist::ManyRules),
        2 => (26..70_usize).prop_map(Twist::ManyPeers),
        2 => (26..70_usize).prop_map(Twist::ManyPorts),
        2 => any::<bool>().prop_map(Twist::Backwards),
        2 => Just(Twist::OnePort),
        1 => Just(Twist::UnknownPeer),
        3 => Just(Twist::Name),
        2 => (500..1000_u16).prop_map(Twist::Priority),
    ];
    let twists = vec((any::<prop::sample::Index>(), twist), 0..5);
    let policies = cluster_policy::some_cluster_policies(replaced, policy::pod_labels());
    (scene(replaced), policies, twists).prop_map(|(mut scene, mut policies, twists)| {
        for (at, twist) in twists {
            let mut old: Vec<&mut Value> = policies
                .iter_mut()
                .filter(|policy| policy["apiVersion"] == "policy.networking.k8s.io/v1alpha1")
                .collect();
            if !old.is_empty() {
                let at = at.index(old.len());
                twist.apply(old[at]);
            }
        }
        scene.objects.extend(policies);
        scene
    })
}

impl Twist {
    fn apply(self, policy: &mut Value) {
        let is_baseline = policy["kind"] == "BaselineAdminNetworkPolicy";
        match self {
            Self::Name if !is_baseline => policy["metadata"]["name"] = "cluster-policy-0".into(),
            Self::Priority(priority) if !is_baseline => policy["spec"]["priority"] = priority.into(),
            Self::Name | Self::Priority(_) => {}
            _ => {
                for (field, peers) in [("ingress", "from"), ("egress", "to")] {
                    if let Some(rules) = policy["spec"].get_mut(field).and_then(Value::as_array_mut) {
                        self.of_rules(rules, peers);
                    }
                }
            }
        }
    }

    fn of_rules(self, rules: &mut Vec<Value>, peers: &str) {
        let ports = |rule: &mut Value, item: Value, alone: bool| match rule.get_mut("ports") {
            Some(Value::Array(ports)) if !alone => ports.push(item),
            _ => rule["ports"] = json!([item]),
        };
        match (self, rules.first_mut()) {
            (Self::ManyRules(count), Some(_)) => {
                let known = rules.clone();
                let further = known.iter().cycle().zip(known.len()..count.max(known.len()));
                // Each differs, and later ones decide what the earlier ones leave.
                rules.extend(further.map(|(rule, at)| {
                    let mut rule = rule.clone();
                    rule["name"] = format!("rule {at}").into();
                    rule["ports"] = json!([{"portNumber": {"port": 8000 + at}}]);
                    rule
                }));
            }
            (Self::ManyPeers(count), Some(rule)) => {
                rule["name"] = "x".repeat(100).into();
                let list = rule[peers].as_array_mut().unwrap();
                list.extend((list.len()..count).map(|at| {
                    json!({"namespaces": {"matchLabels": {"team": if at == 40 { "a" } else { "nobodys" }}}})
                }));
            }
            (Self::ManyPorts(count), Some(rule)) => {
                rule["ports"] = (0..count).map(|at| json!({"portNumber": {"port": 79 + 2 * at}})).collect();
            }
            (Self::Backwards(alone), Some(rule)) => {
                ports(rule, json!({"portRange": {"start": 100, "end": 50}}), alone);
            }
            (Self::OnePort, Some(rule)) => {
                ports(rule, json!({"portRange": {"start": 80, "end": 80, "protocol": "UDP"}}), false);
            }
            (Self::UnknownPeer, Some(rule)) => rule[peers] = json!([{"planets": {}}]),
            _ => {}
        }
    }
}
