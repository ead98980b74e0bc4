//! Policies of several tiers on one small cluster: the cells that they come to, and how certain these are.

use std::sync::Arc;

use netpol_eval::{Cluster, ConnectionSet, Evaluation, Options, PeerId, TierKind};
use netpol_manifest::Protocol;
use netpol_source::{SourceFile, Sources};

/// Two pods of known address in `a`, one of unknown address in `b`, one pod on the host network of a labelled node.
const CLUSTER: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: a, labels: {team: red}}
---
apiVersion: v1
kind: Namespace
metadata: {name: b, labels: {team: blue}}
---
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {pool: edge}}
status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: x, namespace: a, labels: {app: x}}
spec: {nodeName: n2, containers: [{name: c, image: i, ports: [{name: web, containerPort: 8080}]}]}
status: {podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: w, namespace: a, labels: {app: w}}
spec: {nodeName: n2, containers: [{name: c, image: i, ports: [{name: web, containerPort: 9090, protocol: UDP}]}]}
status: {podIP: 10.0.0.2}
---
apiVersion: v1
kind: Pod
metadata: {name: z, namespace: b, labels: {app: z}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: h, namespace: b, labels: {app: h}}
spec: {hostNetwork: true, nodeName: n1, containers: [{name: c, image: i}]}
status: {hostIP: 192.168.0.1}
"#;

/// A ClusterNetworkPolicy of all pods of `a`, with one list of rules.
fn policy(tier: &str, priority: u16, rules: &str) -> String {
    format!(
        "---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: {}-{priority}-{}}}\n\
         spec: {{tier: {tier}, priority: {priority}, subject: {{namespaces: {{matchLabels: {{team: red}}}}}}, {rules}}}\n",
        tier.to_ascii_lowercase(),
        rules.len()
    )
}

fn evaluation(policies: &str) -> Evaluation {
    let text = format!("{CLUSTER}{policies}");
    let sources = Sources::new(vec![SourceFile { name: "test.yaml".to_owned(), text }]);
    let documents: Vec<_> =
        sources.documents().map(|(id, text)| (id, Arc::new(netpol_manifest::read(&text)))).collect();
    for (_, document) in &documents {
        let problems: Vec<_> = document.diagnostics.iter().map(|found| found.message.clone()).collect();
        assert!(problems.is_empty(), "{problems:?}");
    }
    Evaluation::new(Cluster::build(documents), Options::default())
}

fn peer(evaluation: &Evaluation, name: &str) -> Option<PeerId> {
    let is_it = |peer: &netpol_eval::Peer| match peer {
        netpol_eval::Peer::Workload(workload) => workload.name == name,
        netpol_eval::Peer::External { range, .. } => range.network.to_string() == name,
        netpol_eval::Peer::Domain(domain) => **domain == *name,
    };
    evaluation.peer_ids().find(|(_, peer)| is_it(peer)).map(|(id, _)| id)
}

/// `all`, `none`, or the intervals: `TCP 80-90, UDP 53`.
fn words(set: &ConnectionSet) -> String {
    if set.is_all() {
        return "all".to_owned();
    }
    let interval = |(protocol, first, last): (Protocol, u16, u16)| match first == last {
        true => format!("{} {first}", protocol.as_str()),
        false => format!("{} {first}-{last}", protocol.as_str()),
    };
    let intervals: Vec<String> = set.intervals().map(interval).collect();
    if intervals.is_empty() { "none".to_owned() } else { intervals.join(", ") }
}

/// Policies by tier, priority and rules, and the cells that come of them.
type Case = (&'static [(&'static str, u16, &'static str)], &'static [&'static str]);

/// The policies, and cells as `source -> destination: allowed`, with `?` behind those that are not certain.
const CASES: &[Case] = &[
    // Each port is decided on its own.
    (
        &[(
            "Admin",
            1,
            "ingress: [{action: Accept, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {range: {start: 1, end: 80}}}}]}, {action: Deny, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {range: {start: 70, end: 90}}}}]}]",
        )],
        &["z -> x: TCP 1-80, TCP 91-65535, UDP 1-65535, SCTP 1-65535", "x -> z: all"],
    ),
    // The lower number comes first, whatever its name.
    (
        &[
            ("Admin", 2, "ingress: [{action: Deny, from: [{namespaces: {}}]}]"),
            ("Admin", 1, "ingress: [{action: Pass, from: [{namespaces: {matchLabels: {team: blue}}}]}]"),
        ],
        &["z -> x: all", "w -> x: none", "0.0.0.0/0 -> x: all", "h -> x: all"],
    ),
    // Of tied policies the strictest counts, and the cell is not certain.
    (
        &[
            ("Admin", 1, "ingress: [{action: Accept, from: [{namespaces: {}}]}]"),
            (
                "Admin",
                1,
                "ingress: [{action: Deny, from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: z}}}}]}]",
            ),
        ],
        &["z -> x: none?", "w -> x: all"],
    ),
    // A port name is taken under the protocol that the pod declares.
    (
        &[(
            "Admin",
            1,
            "ingress: [{action: Accept, from: [{namespaces: {}}], protocols: [{destinationNamedPort: web}]}, {action: Deny, from: [{namespaces: {}}]}]",
        )],
        &["z -> x: TCP 8080", "z -> w: UDP 9090"],
    ),
    // A network matches pods of known address, and every address pods of any.
    (
        &[("Admin", 1, "egress: [{action: Deny, to: [{networks: [10.0.0.0/8]}]}]")],
        &["x -> w: none", "x -> z: all?", "x -> 0.0.0.0/0: all", "x -> 10.0.0.0/8: none"],
    ),
    (
        &[("Admin", 1, "egress: [{action: Deny, to: [{networks: [0.0.0.0/0]}]}]")],
        &["x -> w: none", "x -> z: none", "x -> h: none", "x -> 0.0.0.0/0: none", "x -> ::/0: all"],
    ),
    // Nodes by their labels: their addresses, and pods that have these.
    (
        &[("Admin", 1, "egress: [{action: Deny, to: [{nodes: {matchLabels: {pool: edge}}}]}]")],
        &["x -> 192.168.0.1/32: none", "x -> h: none", "x -> z: all", "x -> 0.0.0.0/0: all"],
    ),
    // Domains are peers of their own.
    (
        &[(
            "Admin",
            1,
            "egress: [{action: Accept, to: [{domainNames: [example.com, '*.example.org', a.example.org]}]}, {action: Deny, to: [{networks: [0.0.0.0/0, '::/0']}]}]",
        )],
        &[
            "x -> example.com: all",
            "x -> a.example.org: all",
            "x -> *.example.org: all",
            "x -> 0.0.0.0/0: none",
            "z -> example.com: all",
        ],
    ),
    // The Baseline tier is asked last.
    (
        &[
            ("Baseline", 1, "ingress: [{action: Deny, from: [{namespaces: {}}]}]"),
            ("Admin", 1, "ingress: [{action: Accept, from: [{namespaces: {matchLabels: {team: blue}}}]}]"),
        ],
        &["z -> x: all", "w -> x: none"],
    ),
];

#[test]
fn tiers_come_to_these_cells() {
    for (policies, cells) in CASES {
        let text: String =
            policies.iter().map(|(tier, priority, rules)| policy(tier, *priority, rules)).collect();
        let evaluation = evaluation(&text);
        for cell in *cells {
            let (ends, expected) = cell.split_once(": ").unwrap();
            let (from, to) = ends.split_once(" -> ").unwrap();
            let (from, to) = (peer(&evaluation, from).unwrap(), peer(&evaluation, to).unwrap());
            let doubt = if evaluation.is_uncertain(from, to) { "?" } else { "" };
            let found = format!("{}{doubt}", words(evaluation.allowed(from, to)));
            assert_eq!(found, *expected, "{ends}\n{text}");
        }
    }
}

#[test]
fn a_trace_tells_what_each_tier_decided_and_passed_on() {
    let policies = [
        policy("Admin", 1, "ingress: [{action: Pass, from: [{namespaces: {matchLabels: {team: blue}}}]}]"),
        policy("Admin", 2, "ingress: [{action: Deny, from: [{namespaces: {}}]}]"),
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: np, namespace: a}\n\
         spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 80}]}]}\n"
            .to_owned(),
        policy("Baseline", 1, "ingress: [{action: Deny, from: [{namespaces: {}}]}]"),
    ];
    let evaluation = evaluation(&policies.concat());
    let trace = evaluation.trace(peer(&evaluation, "z").unwrap(), peer(&evaluation, "x").unwrap()).unwrap();
    let tiers: Vec<_> = trace.ingress.tiers.iter().collect();
    let kinds: Vec<TierKind> = tiers.iter().map(|tier| tier.kind).collect();
    assert_eq!(kinds, TierKind::ALL);
    // Passed, and so the denial behind it has nothing left to decide.
    let decides = |tier: usize, policy: usize| words(&tiers[tier].policies[policy].rules[0].decides);
    assert_eq!([decides(0, 0), decides(0, 1)], ["all", "none"]);
    assert_eq!(words(&tiers[0].policies[1].rules[0].matched), "all");
    assert_eq!([decides(1, 0), decides(2, 0)], ["TCP 80", "none"]);
    assert_eq!((words(&tiers[1].arrives), words(&tiers[1].leaves)), ("all".to_owned(), "none".to_owned()));
    assert_eq!(words(&trace.allowed), "TCP 80");
}
