//! What the custom resource definitions accept and refuse in the cluster-scoped policies, and what is said of it.

use netpol_manifest::{
    ClusterPeer, ClusterPolicy, LabelSelector, NamespacedPods, ReadOptions, Resource, UnknownFields, read,
    read_with,
};
use netpol_source::{TextRange, apply_edits};

use crate::common;

/// A `spec` without what is required beside it, and what is said of it; refused when that holds an error.
type Case = (&'static str, &'static [&'static str]);

/// A policy around a part of its `spec`.
fn policy(api_version: &str, kind: &str, name: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: policy.networking.k8s.io/{api_version}, kind: {kind}, metadata: {{name: {name}}}, spec: {{{spec}}}}}"
    )
}

fn check(text: &str, expected: &[&str]) {
    let document = read(text);
    assert_eq!(common::said(text, &document), expected, "{text}\n{:#?}", document.diagnostics);
    let is_refused = expected.iter().any(|said| said.starts_with("error"));
    assert_eq!(
        (document.objects.len(), document.refused.len()),
        (usize::from(!is_refused), usize::from(is_refused)),
        "{text}"
    );
    common::fixes_hold(text);
}

/// Whole specs of ClusterNetworkPolicy.
#[rustfmt::skip]
const CLUSTER_SPECS: &[Case] = &[
    ("tier: Admin, priority: 0, subject: {namespaces: {}}", &[]),
    ("tier: Baseline, priority: 1000, subject: {pods: {namespaceSelector: {}, podSelector: {}}}, ingress: [], egress: ", &[]),
    ("tier: Admin, priority: 1e1, subject: {namespaces: {}}", &[]),
    ("", &["error missing-field spec.tier `spec`", "error missing-field spec.priority `spec`", "error missing-field spec.subject `spec`"]),
    ("tier: , priority: , subject: ", &["error missing-field spec.tier `spec`", "error missing-field spec.priority `spec`", "error missing-field spec.subject `spec`"]),
    ("tier: admin, priority: 1, subject: {namespaces: {}}", &["error unsupported-value spec.tier `admin`"]),
    ("tier: NetworkPolicy, priority: 1, subject: {namespaces: {}}", &["error unsupported-value spec.tier `NetworkPolicy`"]),
    (r#"tier: "", priority: 1, subject: {namespaces: {}}"#, &[r#"error unsupported-value spec.tier `""`"#]),
    ("tier: 7, priority: 1, subject: {namespaces: {}}", &["error wrong-type spec.tier `7`"]),
    ("tier: Admin, priority: 1001, subject: {namespaces: {}}", &["error priority-out-of-range spec.priority `1001`"]),
    ("tier: Admin, priority: -1, subject: {namespaces: {}}", &["error priority-out-of-range spec.priority `-1`"]),
    ("tier: Admin, priority: 99999999999, subject: {namespaces: {}}", &["error priority-out-of-range spec.priority `99999999999`"]),
    (r#"tier: Admin, priority: "5", subject: {namespaces: {}}"#, &[r#"error wrong-type spec.priority `"5"`"#]),
    ("tier: Admin, priority: 1.5, subject: {namespaces: {}}", &["error wrong-type spec.priority `1.5`"]),
    ("tier: Admin, priority: 1, subject: {}", &["error missing-field spec.subject `{}`"]),
    ("tier: Admin, priority: 1, subject: []", &["error wrong-type spec.subject `[]`"]),
    ("tier: Admin, priority: 1, subject: {namespaces: }", &["error missing-field spec.subject `{namespaces: }`"]),
    ("tier: Admin, priority: 1, subject: {namespaces: {}, pods: {namespaceSelector: {}, podSelector: {}}}", &["error ambiguous-field spec.subject `{namespaces: {}, pods: {namespaceSelector: {}, podSelector: {}}}`"]),
    ("tier: Admin, priority: 1, subject: {pods: {}}", &["error missing-field spec.subject.pods.podSelector `pods`"]),
    ("tier: Admin, priority: 1, subject: {pods: {podSelector: {}, namespaceSelector: }}", &[]),
    ("tier: Admin, priority: 1, subject: {pods: {podSelector: {}}}", &[]),
    ("tier: Admin, priority: 1, subject: {pods: {namespaceSelector: {}}}", &["error missing-field spec.subject.pods.podSelector `pods`"]),
    ("tier: Admin, priority: 1, subject: {namespaces: {matchLabels: {a: 1}}}", &["error wrong-type spec.subject.namespaces.matchLabels[a] `1`"]),
    ("tier: Admin, priority: 1, subject: {namespaces: {matchExpressions: [{key: a, operator: Is}]}}", &["error selector-operator spec.subject.namespaces.matchExpressions[0].operator `Is`"]),
    ("tier: Admin, priority: 1, subject: {namespaceSelector: {}}", &["error unknown-field spec.subject.namespaceSelector `namespaceSelector`"]),
    ("tier: Admin, priority: 1, subject: {namespaces: {}}, podSelector: {}", &["error unknown-field spec.podSelector `podSelector`"]),
    ("tier: Admin, priority: 1, subject: {namespaces: {}}, egress: {}", &["error wrong-type spec.egress `{}`"]),
];

/// Rules of ClusterNetworkPolicy, both versions.
#[rustfmt::skip]
const CLUSTER_RULES: &[Case] = &[
    // Rules.
    ("egress: [{action: Accept, to: [{namespaces: {}}]}]", &[]),
    ("ingress: [{name: a b, action: Deny, from: [{pods: {namespaceSelector: {}, podSelector: {}}}]}, {action: Pass, from: [{namespaces: {}}]}]", &[]),
    ("egress: [{}]", &["error missing-field spec.egress[0].action `{}`", "error missing-field spec.egress[0].to `{}`"]),
    ("egress: [null]", &["warning empty-item spec.egress[0] `null`", "error missing-field spec.egress[0].action `null`", "error missing-field spec.egress[0].to `null`"]),
    ("egress: [7]", &["error wrong-type spec.egress[0] `7`"]),
    ("egress: [{action: , to: }]", &["error missing-field spec.egress[0].action `action`", "error missing-field spec.egress[0].to `action`"]),
    ("egress: [{action: Deny, to: []}]", &["error missing-field spec.egress[0].to `[]`"]),
    ("egress: [{action: Allow, to: [{networks: [0.0.0.0/0]}]}]", &["error unsupported-value spec.egress[0].action `Allow`"]),
    ("egress: [{action: deny, to: [{namespaces: {}}]}]", &["error unsupported-value spec.egress[0].action `deny`"]),
    ("egress: [{action: Log, to: [{namespaces: {}}]}]", &["error unsupported-value spec.egress[0].action `Log`"]),
    ("egress: [{action: [Deny], to: [{namespaces: {}}]}]", &["error wrong-type spec.egress[0].action `[Deny]`"]),
    ("egress: [{action: Deny, from: [{namespaces: {}}]}]", &["error missing-field spec.egress[0].to `action`", "error unknown-field spec.egress[0].from `from`"]),
    ("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portNumber: {port: 80}}]}]", &["error unknown-field spec.ingress[0].ports `ports`"]),
    // Peers.
    ("egress: [{action: Deny, to: [{nodes: {matchLabels: {a: b}}}, {networks: ['::/0', 10.0.0.0/8]}, {domainNames: [a.example., '*.example.com']}]}]", &[]),
    ("egress: [{action: Deny, to: [{}]}]", &["error empty-peer spec.egress[0].to[0] `{}`"]),
    ("egress: [{action: Deny, to: [null]}]", &["warning empty-item spec.egress[0].to[0] `null`", "error empty-peer spec.egress[0].to[0] `null`"]),
    ("egress: [{action: Deny, to: [{namespaces: }]}]", &["error empty-peer spec.egress[0].to[0] `{namespaces: }`"]),
    ("egress: [{action: Deny, to: [web]}]", &["error wrong-type spec.egress[0].to[0] `web`"]),
    ("egress: [{action: Deny, to: [{namespaces: {}, nodes: {}}]}]", &["error ambiguous-field spec.egress[0].to[0] `{namespaces: {}, nodes: {}}`"]),
    ("egress: [{action: Deny, to: [{pods: {podSelector: {}}}]}]", &[]),
    ("egress: [{action: Deny, to: [{services: {}}]}]", &["warning unknown-peer-field spec.egress[0].to[0].services `services`"]),
    ("egress: [{action: Deny, to: [{namespaces: {}, services: {}}]}]", &["warning unknown-peer-field spec.egress[0].to[0].services `services`"]),
    ("egress: [{action: Deny, to: [{namespace: {}}]}]", &["warning unknown-peer-field spec.egress[0].to[0].namespace `namespace`"]),
    ("egress: [{action: Deny, to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]", &["warning unknown-peer-field spec.egress[0].to[0].ipBlock `ipBlock`"]),
    ("ingress: [{action: Deny, from: [{networks: [10.0.0.0/8]}]}]", &["warning unknown-peer-field spec.ingress[0].from[0].networks `networks`"]),
    ("ingress: [{action: Deny, from: [{nodes: {}}, {domainNames: [a.example]}]}]", &["warning unknown-peer-field spec.ingress[0].from[0].nodes `nodes`", "warning unknown-peer-field spec.ingress[0].from[1].domainNames `domainNames`"]),
    // A selector within a peer is no peer item: its unknown fields follow the option.
    ("egress: [{action: Deny, to: [{namespaces: {a: b}}]}]", &["error unknown-field spec.egress[0].to[0].namespaces.a `a`"]),
    ("egress: [{action: Deny, to: [{namespaces: {namespaceSelector: {matchLabels: {a: b}}}}]}]", &["error unknown-field spec.egress[0].to[0].namespaces.namespaceSelector `namespaceSelector`"]),
    // Networks and domain names.
    ("egress: [{action: Deny, to: [{networks: []}]}]", &["error missing-field spec.egress[0].to[0].networks `[]`"]),
    ("egress: [{action: Deny, to: [{networks: 10.0.0.0/8}]}]", &["error wrong-type spec.egress[0].to[0].networks `10.0.0.0/8`"]),
    ("egress: [{action: Deny, to: [{networks: [10.1.2.3/8]}]}]", &["warning non-canonical-cidr spec.egress[0].to[0].networks[0] `10.1.2.3/8`"]),
    ("egress: [{action: Deny, to: [{networks: [10.0.0.0]}]}]", &["error invalid-cidr spec.egress[0].to[0].networks[0] `10.0.0.0`"]),
    ("egress: [{action: Deny, to: [{networks: [10.0.0.0/33, null, any]}]}]", &["error invalid-cidr spec.egress[0].to[0].networks[0] `10.0.0.0/33`", "error invalid-cidr spec.egress[0].to[0].networks[1] `null`", "error invalid-cidr spec.egress[0].to[0].networks[2] `any`"]),
    ("egress: [{action: Deny, to: [{networks: [010.0.0.0/8, '::ffff:10.0.0.0/104']}]}]", &["error invalid-cidr spec.egress[0].to[0].networks[0] `010.0.0.0/8`", "error invalid-cidr spec.egress[0].to[0].networks[1] `'::ffff:10.0.0.0/104'`"]),
    ("egress: [{action: Deny, to: [{networks: ['0000:0000:0000:0000:0000:ffff:255.255.255.255/128']}]}]", &["error too-long spec.egress[0].to[0].networks[0] `'0000:0000:0000:0000:0000:ffff:255.255.255.255/128'`"]),
    ("egress: [{action: Deny, to: [{networks: [10.0.0.0/8, 10.0.0.0/8]}]}]", &["error duplicate-item spec.egress[0].to[0].networks[1] `10.0.0.0/8`"]),
    ("egress: [{action: Deny, to: [{networks: [10.0.0.0/8, 10.1.0.0/8]}]}]", &["warning non-canonical-cidr spec.egress[0].to[0].networks[1] `10.1.0.0/8`"]),
    ("egress: [{action: Accept, to: [{domainNames: []}]}]", &["error missing-field spec.egress[0].to[0].domainNames `[]`"]),
    ("egress: [{action: Accept, to: [{domainNames: [com, a.*.com, 'https://a.com', 7]}]}]", &["error invalid-domain-name spec.egress[0].to[0].domainNames[0] `com`", "error invalid-domain-name spec.egress[0].to[0].domainNames[1] `a.*.com`", "error invalid-domain-name spec.egress[0].to[0].domainNames[2] `'https://a.com'`", "error wrong-type spec.egress[0].to[0].domainNames[3] `7`"]),
    ("egress: [{action: Accept, to: [{domainNames: [a.com, a.com]}]}]", &["error duplicate-item spec.egress[0].to[0].domainNames[1] `a.com`"]),
    // Protocols.
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 80}}}, {udp: {destinationPort: {range: {start: 1, end: 2}}}}, {sctp: {destinationPort: {number: 65535}}}, {destinationNamedPort: http}]}]", &[]),
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: }]", &[]),
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: []}]", &["error missing-field spec.egress[0].protocols `[]`"]),
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: [{}]}]", &["error missing-field spec.egress[0].protocols[0] `{}`"]),
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: [tcp]}]", &["error wrong-type spec.egress[0].protocols[0] `tcp`"]),
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: [{tcp: {}}]}]", &["error missing-field spec.egress[0].protocols[0].tcp.destinationPort `tcp`"]),
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: [{tcp: }]}]", &["error missing-field spec.egress[0].protocols[0] `{tcp: }`"]),
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: }}]}]", &["error missing-field spec.egress[0].protocols[0].tcp.destinationPort `tcp`"]),
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: 80}}]}]", &["error wrong-type spec.egress[0].protocols[0].tcp.destinationPort `80`"]),
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {}}}]}]", &["error missing-field spec.egress[0].protocols[0].tcp.destinationPort `{}`"]),
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 0}}}]}]", &["error port-out-of-range spec.egress[0].protocols[0].tcp.destinationPort.number `0`"]),
    (r#"egress: [{action: Accept, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: "80"}}}]}]"#, &[r#"error wrong-type spec.egress[0].protocols[0].tcp.destinationPort.number `"80"`"#]),
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 80, range: {start: 1, end: 2}}}}]}]", &["error ambiguous-field spec.egress[0].protocols[0].tcp.destinationPort `{number: 80, range: {start: 1, end: 2}}`"]),
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {range: {start: 2, end: 2}}}}]}]", &["error port-range spec.egress[0].protocols[0].tcp.destinationPort.range `{start: 2, end: 2}`"]),
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {range: {start: 3, end: 2}}}}]}]", &["error port-range spec.egress[0].protocols[0].tcp.destinationPort.range `{start: 3, end: 2}`"]),
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {range: {}}}}]}]", &["error missing-field spec.egress[0].protocols[0].tcp.destinationPort.range.start `range`", "error missing-field spec.egress[0].protocols[0].tcp.destinationPort.range.end `range`"]),
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {range: {start: 0, end: 65536}}}}]}]", &["error port-out-of-range spec.egress[0].protocols[0].tcp.destinationPort.range.start `0`", "error port-out-of-range spec.egress[0].protocols[0].tcp.destinationPort.range.end `65536`"]),
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 80}}, udp: {destinationPort: {number: 80}}}]}]", &["error ambiguous-field spec.egress[0].protocols[0] `{tcp: {destinationPort: {number: 80}}, udp: {destinationPort: {number: 80}}}`"]),
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: [{portNumber: {port: 80}}]}]", &["error unknown-field spec.egress[0].protocols[0].portNumber `portNumber`"]),
    ("egress: [{action: Accept, to: [{namespaces: {}}], protocols: [{destinationNamedPort: HTTP}]}]", &["warning invalid-port-name spec.egress[0].protocols[0].destinationNamedPort `HTTP`"]),
    ("egress: [{action: Accept, to: [{networks: [10.0.0.0/8]}], protocols: [{destinationNamedPort: http}]}]", &["warning named-port-without-pods spec.egress[0].protocols `[{destinationNamedPort: http}]`"]),
];

/// Whole specs of AdminNetworkPolicy.
#[rustfmt::skip]
const ADMIN_SPECS: &[Case] = &[
    ("priority: 0, subject: {namespaces: {}}", &[]),
    ("priority: 1000, subject: {pods: {namespaceSelector: {}, podSelector: {}}}, ingress: , egress: []", &[]),
    ("priority: 1000, subject: {pods: {podSelector: {}}}", &["error missing-field spec.subject.pods.namespaceSelector `pods`"]),
    ("", &["error missing-field spec.priority `spec`", "error missing-field spec.subject `spec`"]),
    ("priority: 1001, subject: {namespaces: {}}", &["error priority-out-of-range spec.priority `1001`"]),
    ("tier: Admin, priority: 1, subject: {namespaces: {}}", &["error unknown-field spec.tier `tier`"]),
    ("priority: 1, subject: {namespaces: {}, pods: {namespaceSelector: {}, podSelector: {}}}", &["error ambiguous-field spec.subject `{namespaces: {}, pods: {namespaceSelector: {}, podSelector: {}}}`"]),
];

/// Rules of AdminNetworkPolicy and BaselineAdminNetworkPolicy.
#[rustfmt::skip]
const ADMIN_RULES: &[Case] = &[
    ("ingress: [{name: x, action: Allow, from: [{namespaces: {}}, {pods: {namespaceSelector: {}, podSelector: {}}}]}]", &[]),
    ("egress: [{action: Deny, to: [{nodes: {}}, {networks: [10.0.0.0/8]}, {namespaces: {}}]}]", &[]),
    ("egress: [{action: Accept, to: [{namespaces: {}}]}]", &["error unsupported-value spec.egress[0].action `Accept`"]),
    ("egress: [{action: allow, to: [{namespaces: {}}]}]", &["error unsupported-value spec.egress[0].action `allow`"]),
    ("egress: [{to: []}]", &["error missing-field spec.egress[0].action `to`", "error missing-field spec.egress[0].to `[]`"]),
    ("egress: [{action: Deny, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 80}}}]}]", &["error unknown-field spec.egress[0].protocols `protocols`"]),
    ("ingress: [{action: Deny, from: [{networks: [10.0.0.0/8]}]}]", &["warning unknown-peer-field spec.ingress[0].from[0].networks `networks`"]),
    ("ingress: [{action: Deny, from: [{}]}]", &["error empty-peer spec.ingress[0].from[0] `{}`"]),
    ("ingress: [{action: Deny, from: [{namespaces: {}, pods: {namespaceSelector: {}, podSelector: {}}}]}]", &["error ambiguous-field spec.ingress[0].from[0] `{namespaces: {}, pods: {namespaceSelector: {}, podSelector: {}}}`"]),
    ("egress: [{action: Deny, to: [{networks: [10.0.0.0/8, 10.0.0.0/8]}]}]", &["error duplicate-item spec.egress[0].to[0].networks[1] `10.0.0.0/8`"]),
    // Ports.
    ("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portNumber: {port: 80}}, {portNumber: {protocol: SCTP, port: 1}}, {portRange: {start: 1, end: 2, protocol: UDP}}, {namedPort: http}]}]", &[]),
    ("ingress: [{action: Deny, from: [{namespaces: {}}], ports: []}]", &["error missing-field spec.ingress[0].ports `[]`"]),
    ("ingress: [{action: Deny, from: [{namespaces: {}}], ports: }]", &[]),
    ("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{}]}]", &["error missing-field spec.ingress[0].ports[0] `{}`"]),
    ("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [null]}]", &["warning empty-item spec.ingress[0].ports[0] `null`", "error missing-field spec.ingress[0].ports[0] `null`"]),
    ("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [80]}]", &["error wrong-type spec.ingress[0].ports[0] `80`"]),
    ("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{port: 80, protocol: TCP}]}]", &["error unknown-field spec.ingress[0].ports[0].port `port`", "error unknown-field spec.ingress[0].ports[0].protocol `protocol`"]),
    ("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portNumber: {}}]}]", &["error missing-field spec.ingress[0].ports[0].portNumber.port `portNumber`"]),
    ("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portNumber: {port: 0}}]}]", &["error port-out-of-range spec.ingress[0].ports[0].portNumber.port `0`"]),
    ("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portNumber: {port: 65536, protocol: tcp}}]}]", &["error port-out-of-range spec.ingress[0].ports[0].portNumber.port `65536`", "error unsupported-protocol spec.ingress[0].ports[0].portNumber.protocol `tcp`"]),
    ("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portRange: {}}]}]", &["error missing-field spec.ingress[0].ports[0].portRange.start `portRange`", "error missing-field spec.ingress[0].ports[0].portRange.end `portRange`"]),
    ("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portRange: {start: 2, end: 2}}]}]", &[]),
    ("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portRange: {start: 3, end: 2}}]}]", &["warning port-range spec.ingress[0].ports[0].portRange `{start: 3, end: 2}`"]),
    ("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portNumber: {port: 1}, namedPort: a}]}]", &["error ambiguous-field spec.ingress[0].ports[0] `{portNumber: {port: 1}, namedPort: a}`"]),
    ("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{namedPort: 80}]}]", &["error wrong-type spec.ingress[0].ports[0].namedPort `80`"]),
    ("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{tcp: {destinationPort: {number: 80}}}]}]", &["error unknown-field spec.ingress[0].ports[0].tcp `tcp`"]),
    ("egress: [{action: Allow, to: [{nodes: {}}], ports: [{namedPort: http}]}]", &["warning named-port-without-pods spec.egress[0].ports `[{namedPort: http}]`"]),
];

#[test]
fn cluster_network_policies() {
    for version in ["v1alpha2", "v1beta1"] {
        for (spec, expected) in CLUSTER_SPECS {
            check(&policy(version, "ClusterNetworkPolicy", "a", spec), expected);
        }
        for (rules, expected) in CLUSTER_RULES {
            let spec = format!("tier: Admin, priority: 1, subject: {{namespaces: {{}}}}, {rules}");
            check(&policy(version, "ClusterNetworkPolicy", "a", &spec), expected);
        }
    }
}

#[test]
fn admin_network_policies() {
    for (spec, expected) in ADMIN_SPECS {
        check(&policy("v1alpha1", "AdminNetworkPolicy", "a", spec), expected);
    }
    let more: &[Case] = &[
        ("egress: [{action: Pass, to: [{domainNames: [a.example]}]}]", &[]),
        (
            "egress: [{action: Log, to: [{namespaces: {}}]}]",
            &["error unsupported-value spec.egress[0].action `Log`"],
        ),
    ];
    for (rules, expected) in ADMIN_RULES.iter().chain(more) {
        let spec = format!("priority: 1, subject: {{namespaces: {{}}}}, {rules}");
        check(&policy("v1alpha1", "AdminNetworkPolicy", "a", &spec), expected);
    }
}

#[test]
fn baseline_admin_network_policies() {
    let specs: &[Case] = &[
        ("subject: {namespaces: {}}", &[]),
        ("", &["error missing-field spec.subject `spec`"]),
        ("priority: 1, subject: {namespaces: {}}", &["error unknown-field spec.priority `priority`"]),
        ("tier: Baseline, subject: {namespaces: {}}", &["error unknown-field spec.tier `tier`"]),
    ];
    for (spec, expected) in specs {
        check(&policy("v1alpha1", "BaselineAdminNetworkPolicy", "default", spec), expected);
    }
    let more: &[Case] = &[
        (
            "egress: [{action: Pass, to: [{namespaces: {}}]}]",
            &["error unsupported-value spec.egress[0].action `Pass`"],
        ),
        (
            "egress: [{action: Allow, to: [{domainNames: [a.example]}]}]",
            &["warning unknown-peer-field spec.egress[0].to[0].domainNames `domainNames`"],
        ),
    ];
    for (rules, expected) in ADMIN_RULES.iter().chain(more) {
        let spec = format!("subject: {{namespaces: {{}}}}, {rules}");
        check(&policy("v1alpha1", "BaselineAdminNetworkPolicy", "default", &spec), expected);
    }
}

/// The messages hold the words of the API server.
#[test]
fn messages() {
    let cluster = |rules: &str| {
        policy(
            "v1beta1",
            "ClusterNetworkPolicy",
            "a",
            &format!("tier: Admin, priority: 1, subject: {{namespaces: {{}}}}, {rules}"),
        )
    };
    let admin = |rules: &str| {
        policy(
            "v1alpha1",
            "AdminNetworkPolicy",
            "a",
            &format!("priority: 1, subject: {{namespaces: {{}}}}, {rules}"),
        )
    };
    for (text, path, phrases) in [
        (
            cluster("egress: [{action: Allow, to: [{namespaces: {}}]}]"),
            "spec.egress[0].action",
            &[r#"Unsupported value: "Allow": supported values: "Accept", "Deny", "Pass""#, "write `Accept`"]
                [..],
        ),
        (
            admin("egress: [{action: Accept, to: [{namespaces: {}}]}]"),
            "spec.egress[0].action",
            &[r#"Unsupported value: "Accept": supported values: "Allow", "Deny", "Pass""#, "write `Allow`"],
        ),
        (
            policy(
                "v1alpha2",
                "ClusterNetworkPolicy",
                "a",
                "tier: Admin, priority: 1001, subject: {namespaces: {}}",
            ),
            "spec.priority",
            &["should be less than or equal to 1000"],
        ),
        (
            policy(
                "v1alpha2",
                "ClusterNetworkPolicy",
                "a",
                "tier: Admin, priority: -1, subject: {namespaces: {}}",
            ),
            "spec.priority",
            &["should be greater than or equal to 0"],
        ),
        (
            cluster("egress: [{action: Deny, to: [{namespaces: {}}], ports: []}]"),
            "spec.egress[0].ports",
            &["write `protocols:`"],
        ),
        (
            admin("egress: [{action: Deny, to: [{namespaces: {}}], protocols: []}]"),
            "spec.egress[0].protocols",
            &["write `ports:`"],
        ),
        (
            cluster("ingress: [{action: Deny, from: [{networks: [10.0.0.0/8]}]}]"),
            "spec.ingress[0].from[0].networks",
            &["rules under `ingress` cannot match networks"],
        ),
        (
            cluster(
                "egress: [{action: Deny, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {range: {start: 9, end: 9}}}}]}]",
            ),
            "spec.egress[0].protocols[0].tcp.destinationPort.range",
            &["Start port must be less than End port"],
        ),
        (
            cluster("egress: [{action: Deny, to: [{namespaces: {namespaceSelector: {}}}]}]"),
            "spec.egress[0].to[0].namespaces.namespaceSelector",
            &["put what is below it directly under `namespaces`"],
        ),
        (
            cluster(
                "egress: [{action: Deny, to: [{namespaces: {}}], protocols: [{destinationNamedPort: ''}]}]",
            ),
            "spec.egress[0].protocols[0].destinationNamedPort",
            &["no port can have an empty name, so it matches nothing"],
        ),
        (
            policy("v1alpha1", "BaselineAdminNetworkPolicy", "a", "subject: {namespaces: {}}"),
            "metadata.name",
            &[r#"only one, with `metadata.name="default"`"#],
        ),
    ] {
        let document = read(&text);
        let found = document.diagnostics.iter().find(|diagnostic| diagnostic.path.as_deref() == Some(path));
        let Some(found) = found else { unreachable!("{text}: {:?}", document.diagnostics) };
        for phrase in phrases {
            assert!(found.message.contains(phrase), "{phrase}: {}", found.message);
        }
        assert!(
            found.message.starts_with(['`', 'S']) || found.message.starts_with(char::is_lowercase),
            "{}",
            found.message
        );
    }
}

/// A list that repeats an item.
fn many(count: usize, item: impl Fn(usize) -> String) -> String {
    let items: Vec<String> = (0..count).map(item).collect();
    format!("[{}]", items.join(", "))
}

/// A list of so many items.
type Items<'a> = Box<dyn Fn(usize) -> String + 'a>;

#[test]
fn lists_are_limited() {
    let peer = |_| "{namespaces: {}}".to_owned();
    let cluster_port = |_| "{destinationNamedPort: a}".to_owned();
    let admin_port = |_| "{namedPort: a}".to_owned();
    let network = |index| format!("10.0.{index}.0/24");
    let domain = |index| format!("a{index}.example");
    for (kind, most, allow, ports, port) in [
        ("ClusterNetworkPolicy", 25, "Accept", "protocols", &cluster_port as &dyn Fn(usize) -> String),
        ("AdminNetworkPolicy", 100, "Allow", "ports", &admin_port),
        ("BaselineAdminNetworkPolicy", 100, "Allow", "ports", &admin_port),
    ] {
        let rule = |peers: &str, rest: &str| format!("{{action: {allow}, to: {peers}{rest}}}");
        let one = "[{namespaces: {}}]";
        let mut cases: Vec<(&str, usize, Items<'_>)> = vec![
            ("spec.egress", most, Box::new(|count| many(count, |_| rule(one, "")))),
            ("spec.egress[0].to", most, Box::new(|count| format!("[{}]", rule(&many(count, peer), "")))),
            (
                "spec.egress[0].to[0].networks",
                25,
                Box::new(|count| {
                    format!("[{}]", rule(&format!("[{{networks: {}}}]", many(count, network)), ""))
                }),
            ),
        ];
        let path = format!("spec.egress[0].{ports}");
        cases.push((
            &path,
            most,
            Box::new(|count| format!("[{}]", rule(one, &format!(", {ports}: {}", many(count, port))))),
        ));
        if kind != "BaselineAdminNetworkPolicy" {
            cases.push((
                "spec.egress[0].to[0].domainNames",
                25,
                Box::new(|count| {
                    format!("[{}]", rule(&format!("[{{domainNames: {}}}]", many(count, domain)), ""))
                }),
            ));
        }
        for (path, most, egress) in cases {
            let read = |count: usize| {
                let header = match kind {
                    "ClusterNetworkPolicy" => "tier: Admin, priority: 1, ",
                    "AdminNetworkPolicy" => "priority: 1, ",
                    _ => "",
                };
                let spec = format!("{header}subject: {{namespaces: {{}}}}, egress: {}", egress(count));
                let version = if kind == "ClusterNetworkPolicy" { "v1alpha2" } else { "v1alpha1" };
                read(&policy(version, kind, "default", &spec))
            };
            let fits = read(most);
            assert_eq!(
                (fits.objects.len(), fits.diagnostics.len()),
                (1, 0),
                "{kind} {path}: {:?}",
                fits.diagnostics
            );
            for count in [most + 1, 10_000] {
                let exceeds = read(count);
                assert!(exceeds.objects.is_empty());
                let said: Vec<_> =
                    exceeds.diagnostics.iter().map(|one| (one.code.as_str(), one.path.as_deref())).collect();
                assert_eq!(said, [("too-many-items", Some(path))], "{kind}");
                assert!(exceeds.diagnostics[0].message.contains(&format!("must have at most {most} items")));
            }
        }
    }
}

#[test]
fn names_of_rules_are_limited() {
    for (length, codes) in [(100, &[][..]), (101, &["too-long"])] {
        let name = "é".repeat(length);
        let spec = format!(
            "priority: 1, subject: {{namespaces: {{}}}}, egress: [{{name: {name}, action: Deny, to: [{{namespaces: {{}}}}]}}]"
        );
        let document = read(&policy("v1alpha1", "AdminNetworkPolicy", "a", &spec));
        let said: Vec<&str> = document.diagnostics.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(said, codes);
    }
}

/// Unknown fields follow the option, but those of peers, for which the rule fails closed.
#[test]
fn unknown_fields_may_be_dropped() {
    let options = ReadOptions { unknown_fields: UnknownFields::Drop, ..ReadOptions::default() };
    let spec = "tier: Admin, priority: 1, subject: {namespaces: {}}, x: 1, egress: [{action: Deny, why: 2, to: [{z: 3}]}]";
    let text = policy("v1alpha2", "ClusterNetworkPolicy", "a", spec);
    let dropped = read_with(&text, options);
    assert_eq!(
        common::said(&text, &dropped),
        [
            "warning unknown-field spec.x `x`",
            "warning unknown-field spec.egress[0].why `why`",
            "warning unknown-peer-field spec.egress[0].to[0].z `z`",
        ]
    );
    assert_eq!(dropped.objects.len(), 1);
    let refused = common::said(&text, &read(&text));
    assert_eq!(refused[2], "warning unknown-peer-field spec.egress[0].to[0].z `z`");
}

/// One that belongs elsewhere, too: it is said what `kubectl` makes of it, and what a cluster that knows it would do.
#[test]
fn fields_of_peers_that_are_misplaced_are_refused_by_kubectl_and_fail_closed() {
    for peer in ["ipBlock: {cidr: 10.0.0.0/8}", "podSelector: {}", "serviceAccounts: {}"] {
        let spec = format!(
            "tier: Admin, priority: 1, subject: {{namespaces: {{}}}}, egress: [{{action: Deny, to: [{{{peer}}}]}}]"
        );
        let document = read(&policy("v1alpha2", "ClusterNetworkPolicy", "a", &spec));
        let said = &document.diagnostics[0].related[0].message;
        assert!(said.contains("`kubectl apply` refuses the object"), "{said}");
        assert!(said.contains("where a newer definition has the field"), "{said}");
        assert_eq!(document.objects.len(), 1, "{peer}");
    }
}

/// Every value of every field in turn is null, or of a type that it cannot be.
#[test]
fn nothing_panics() {
    let cluster = r#"{"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy", "metadata": {"name": "a"}, "spec": {"tier": "Admin", "priority": 1, "subject": {"pods": {"namespaceSelector": {"matchLabels": {"a": "b"}}, "podSelector": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}}}, "ingress": [{"name": "n", "action": "Pass", "from": [{"namespaces": {}}]}], "egress": [{"action": "Deny", "to": [{"networks": ["10.0.0.0/8"]}, {"nodes": {}}, {"domainNames": ["a.b"]}, {"pods": {"namespaceSelector": {}, "podSelector": {}}}], "protocols": [{"tcp": {"destinationPort": {"number": 80}}}, {"udp": {"destinationPort": {"range": {"start": 1, "end": 2}}}}, {"sctp": {"destinationPort": {"number": 1}}}]}]}}"#;
    let admin = r#"{"apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": "AdminNetworkPolicy", "metadata": {"name": "a"}, "spec": {"priority": 1, "subject": {"namespaces": {}}, "ingress": [{"action": "Allow", "from": [{"namespaces": {}}], "ports": [{"portNumber": {"protocol": "TCP", "port": 1}}, {"portRange": {"start": 1, "end": 2}}, {"namedPort": "a"}]}]}}"#;
    let mut tried = 0;
    for text in [cluster, admin] {
        assert_eq!(read(text).objects.len(), 1);
        assert_eq!(read(text).diagnostics.len(), 0, "{:?}", read(text).diagnostics);
        for (at, letter) in text.char_indices() {
            if letter != ':' && letter != '[' {
                continue;
            }
            let start = at + 1 + text[at + 1..].len() - text[at + 1..].trim_start().len();
            let Some(end) = end_of_value(&text[start..]) else { continue };
            for value in [
                "null",
                "[]",
                "{}",
                "[null]",
                "{\"\": null}",
                "\"\"",
                "-1",
                "1e999",
                "true",
                "[[[]]]",
                "[{}]",
            ] {
                let changed = format!("{}{value}{}", &text[..start], &text[start + end..]);
                let document = read(&changed);
                assert!(
                    document.objects.len() + document.refused.len() + document.ignored.len() <= 1,
                    "{changed}"
                );
                assert!(
                    document
                        .diagnostics
                        .iter()
                        .all(|one| changed.get(one.place.start()..one.place.end()).is_some())
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 800, "{tried}");
}

/// Where a value of JSON ends.
fn end_of_value(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut quoted = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted && depth == 0 => return Some(at),
            ',' if !quoted && depth == 0 => return Some(at),
            '}' | ']' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// What is written in a rule of egress, and what the first fix that is offered makes of it; `None` where none is.
type Mending = (&'static str, Option<&'static str>);

#[rustfmt::skip]
const CLUSTER_FIXES: &[Mending] = &[
    ("{action: Allow, to: [{namespaces: {}}]}", Some("{action: Accept, to: [{namespaces: {}}]}")),
    ("{action: \"allow\", to: [{namespaces: {}}]}", Some("{action: \"Accept\", to: [{namespaces: {}}]}")),
    ("{action: deny, to: [{namespaces: {}}]}", Some("{action: Deny, to: [{namespaces: {}}]}")),
    ("{action: Log, to: [{namespaces: {}}]}", None),
    ("{actoin: Deny, to: [{namespaces: {}}]}", Some("{action: Deny, to: [{namespaces: {}}]}")),
    ("{action: Deny, to: [{namespace: {}}]}", Some("{action: Deny, to: [{namespaces: {}}]}")),
    ("{action: Deny, to: [{networks: [10.0.0.1]}]}", Some("{action: Deny, to: [{networks: [10.0.0.1/32]}]}")),
    ("{action: Deny, to: [{networks: [10.0.0.1/8]}]}", Some("{action: Deny, to: [{networks: [10.0.0.0/8]}]}")),
    ("{action: Deny, to: [{networks: 10.0.0.0/8}]}", Some("{action: Deny, to: [{networks: [10.0.0.0/8]}]}")),
    (
        "{action: Deny, to: [{namespaces: {}}], ports: [{portNumber: {port: 53, protocol: UDP}}, {portRange: {start: 1, end: 9}}, {namedPort: a}]}",
        Some("{action: Deny, to: [{namespaces: {}}], protocols: [{udp: {destinationPort: {number: 53}}}, {tcp: {destinationPort: {range: {start: 1, end: 9}}}}, {destinationNamedPort: a}]}"),
    ),
    (
        "{\"action\": \"Deny\", \"to\": [{\"namespaces\": {}}], \"ports\": [{\"portNumber\": {\"port\": 53}}, {\"namedPort\": \"a\"}]}",
        Some("{\"action\": \"Deny\", \"to\": [{\"namespaces\": {}}], \"protocols\": [{\"tcp\": {\"destinationPort\": {\"number\": 53}}}, {\"destinationNamedPort\": \"a\"}]}"),
    ),
    (
        "\n    action: Deny\n    to:\n    - namespaces: {}\n    ports:\n    - portNumber:\n        protocol: TCP\n        port: 80\n    - namedPort: \"yes\"\n",
        Some("\n    action: Deny\n    to:\n    - namespaces: {}\n    protocols:\n    - tcp: {destinationPort: {number: 80}}\n    - destinationNamedPort: \"yes\"\n"),
    ),
    ("{action: Deny, to: [{namespaces: {}}], ports: [{portNumber: {port: 0}}]}", None),
    ("{action: Deny, to: [{namespaces: {}}], ports: [{port: 80}]}", None),
    ("{action: Deny, to: [{namespaces: {}}], ports: [80]}", None),
    ("{action: Deny, to: [{namespaces: {}}], ports: []}", None),
    ("{action: Deny, to: [{namespaces: {}}], ports: [{portRange: {start: 9, end: 1}}]}", None),
];

#[rustfmt::skip]
const ADMIN_FIXES: &[Mending] = &[
    ("{action: Accept, to: [{namespaces: {}}]}", Some("{action: Allow, to: [{namespaces: {}}]}")),
    (
        "{action: Deny, to: [{namespaces: {}}], protocols: [{udp: {destinationPort: {number: 53}}}, {tcp: {destinationPort: {range: {start: 1, end: 9}}}}, {destinationNamedPort: a}]}",
        Some("{action: Deny, to: [{namespaces: {}}], ports: [{portNumber: {protocol: UDP, port: 53}}, {portRange: {protocol: TCP, start: 1, end: 9}}, {namedPort: a}]}"),
    ),
];

#[test]
fn fixes() {
    for (head, cases) in [
        (
            "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nspec:\n  tier: Admin\n",
            CLUSTER_FIXES,
        ),
        ("apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nspec:\n", ADMIN_FIXES),
    ] {
        let head = format!("{head}  priority: 1\n  subject: {{namespaces: {{}}}}\n  egress:\n  -");
        for (rule, expected) in cases {
            let separator = if rule.starts_with('\n') { "" } else { " " };
            let around = |rule: &str| format!("{head}{separator}{rule}\nmetadata: {{name: a}}\n");
            let text = around(rule);
            common::fixes_hold(&text);
            let document = read(&text);
            let mended = document.diagnostics.iter().find_map(|one| one.fixes.first());
            let mended = mended.and_then(|fix| apply_edits(&text, &fix.edits).ok());
            assert_eq!(mended, expected.map(around), "{text}");
        }
    }
}

/// A policy in lines, each value with what is written at its place.
fn lines(text: &str, policy: &ClusterPolicy) -> Vec<String> {
    let at = |range: TextRange| {
        let written = text.get(range.start()..range.end()).unwrap_or("?");
        written.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let selector = |selector: &LabelSelector| {
        let keys: Vec<&str> = selector.requirements.iter().map(|one| one.key.as_str()).collect();
        format!("({}) `{}`", keys.join(", "), at(selector.range))
    };
    let pods = |pods: &NamespacedPods| match &pods.pods {
        None => format!("namespaces {} `{}`", selector(&pods.namespaces), at(pods.range)),
        Some(inner) => {
            format!("pods {} in {} `{}`", selector(inner), selector(&pods.namespaces), at(pods.range))
        }
    };
    let mut lines = vec![
        format!("{} {:?} `{}`", policy.kind.as_str(), policy.tier.value, at(policy.tier.range)),
        format!("priority {:?}", policy.priority.as_ref().map(|one| (one.value, at(one.range)))),
        format!("subject {}", pods(&policy.subject)),
    ];
    for (direction, rules) in [("ingress", &policy.ingress), ("egress", &policy.egress)] {
        for rule in rules {
            let name = rule.name.as_ref().map(|name| format!(" {} `{}`", name.value, at(name.range)));
            lines.push(format!(
                "{direction} {:?} `{}`{}",
                rule.action.value,
                at(rule.action.range),
                name.unwrap_or_default()
            ));
            assert!(at(rule.range).contains("action: "));
            for peer in &rule.peers {
                assert!(at(rule.range).contains(&at(peer.range())));
                lines.push(match peer {
                    ClusterPeer::Pods { pods: inner, .. } => format!("  {}", pods(inner)),
                    ClusterPeer::Nodes { selector: inner, .. } => format!("  nodes {}", selector(inner)),
                    ClusterPeer::Networks { range, networks } => {
                        let all: Vec<String> =
                            networks.iter().map(|one| format!("{} `{}`", one.value, at(one.range))).collect();
                        format!("  networks {} in `{}`", all.join(", "), at(*range))
                    }
                    ClusterPeer::DomainNames { range, names } => {
                        let all: Vec<String> =
                            names.iter().map(|one| format!("{} `{}`", one.value, at(one.range))).collect();
                        format!("  names {} in `{}`", all.join(", "), at(*range))
                    }
                    ClusterPeer::Unknown { range, field } => {
                        format!("  unknown {} `{}` in `{}`", field.value, at(field.range), at(*range))
                    }
                });
            }
            match &rule.ports {
                None => lines.push("  every port".to_owned()),
                Some(ports) => {
                    for port in &ports.value {
                        assert!(at(ports.range).contains(&at(port.range)));
                        lines.push(format!("  {:?} `{}`", port.port, at(port.range)));
                    }
                }
            }
        }
    }
    lines
}

fn decoded(text: &str) -> Vec<String> {
    let document = read(text);
    let found: Vec<_> = document.objects.iter().map(|object| &object.resource).collect();
    let [Resource::ClusterPolicy(policy)] = found.as_slice() else {
        unreachable!("{:?}", document.diagnostics)
    };
    lines(text, policy)
}

#[test]
fn every_field_of_v1alpha2_is_read_with_its_place() {
    for version in ["v1alpha2", "v1beta1"] {
        let text = format!(
            "\
apiVersion: policy.networking.k8s.io/{version}
kind: ClusterNetworkPolicy
metadata: {{name: a}}
spec:
  tier: Baseline
  priority: 7
  subject:
    pods:
      namespaceSelector: {{matchLabels: {{team: a}}}}
      podSelector: {{matchExpressions: [{{key: app, operator: Exists}}]}}
  ingress:
  - name: first
    action: Accept
    from:
    - namespaces: {{matchLabels: {{team: b}}}}
    - pods: {{namespaceSelector: {{}}, podSelector: {{matchLabels: {{x: z}}}}}}
    - services: {{}}
    protocols:
    - tcp: {{destinationPort: {{number: 80}}}}
    - udp: {{destinationPort: {{range: {{start: 1, end: 65535}}}}}}
    - sctp: {{destinationPort: {{number: 9}}}}
    - destinationNamedPort: http
  egress:
  - action: Deny
    to:
    - nodes: {{matchLabels: {{zone: a}}}}
    - networks: [10.1.2.3/8, \"::/0\"]
    - domainNames: [Example.COM., \"*.a.io\"]
  - action: Pass
    to: [{{namespaces: {{}}}}]
"
        );
        assert_eq!(
            decoded(&text),
            [
                "ClusterNetworkPolicy Baseline `Baseline`",
                r#"priority Some((7, "7"))"#,
                "subject pods (app) `{matchExpressions: [{key: app, operator: Exists}]}` in (team) `{matchLabels: {team: a}}` `namespaceSelector: {matchLabels: {team: a}} podSelector: {matchExpressions: [{key: app, operator: Exists}]}`",
                "ingress Allow `Accept` first `first`",
                "  namespaces (team) `{matchLabels: {team: b}}` `{matchLabels: {team: b}}`",
                "  pods (x) `{matchLabels: {x: z}}` in () `{}` `{namespaceSelector: {}, podSelector: {matchLabels: {x: z}}}`",
                "  unknown services `services` in `services: {}`",
                "  Range(Tcp, 80, 80) `tcp: {destinationPort: {number: 80}}`",
                "  Range(Udp, 1, 65535) `udp: {destinationPort: {range: {start: 1, end: 65535}}}`",
                "  Range(Sctp, 9, 9) `sctp: {destinationPort: {number: 9}}`",
                r#"  Name("http") `destinationNamedPort: http`"#,
                "egress Deny `Deny`",
                "  nodes (zone) `{matchLabels: {zone: a}}`",
                r#"  networks 10.0.0.0/8 `10.1.2.3/8`, ::/0 `"::/0"` in `networks: [10.1.2.3/8, "::/0"]`"#,
                r#"  names example.com `Example.COM.`, *.a.io `"*.a.io"` in `domainNames: [Example.COM., "*.a.io"]`"#,
                "  every port",
                "egress Pass `Pass`",
                "  namespaces () `{}` `{}`",
                "  every port",
            ]
        );
    }
}

#[test]
fn every_field_of_v1alpha1_is_read_with_its_place() {
    let spec = "  subject: {namespaces: {matchLabels: {team: a}}}
  ingress:
  - action: Allow
    from: [{pods: {namespaceSelector: {}, podSelector: {}}}]
    ports: [{portNumber: {port: 80}}, {portNumber: {protocol: UDP, port: 53}}, {portRange: {start: 9, end: 1, protocol: SCTP}}, {namedPort: web}]
  egress:
  - {name: last, action: Deny, to: [{networks: [fd00::/8]}, {nodes: {}}]}
";
    let rest = [
        "subject namespaces (team) `{matchLabels: {team: a}}` `{matchLabels: {team: a}}`",
        "ingress Allow `Allow`",
        "  pods () `{}` in () `{}` `{namespaceSelector: {}, podSelector: {}}`",
        "  Range(Tcp, 80, 80) `{portNumber: {port: 80}}`",
        "  Range(Udp, 53, 53) `{portNumber: {protocol: UDP, port: 53}}`",
        "  Range(Sctp, 9, 1) `{portRange: {start: 9, end: 1, protocol: SCTP}}`",
        r#"  Name("web") `{namedPort: web}`"#,
        "egress Deny `Deny` last `last`",
        "  networks fd00::/8 `fd00::/8` in `{networks: [fd00::/8]}`",
        "  nodes () `{}`",
        "  every port",
    ];
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let admin = format!("  priority: 0\n{spec}");
    let text = format!(
        "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {{name: a}}\nspec:\n{admin}"
    );
    let lines = decoded(&text);
    assert_eq!(
        lines[..2],
        [format!("AdminNetworkPolicy Admin `{}`", flat(&admin)), r#"priority Some((0, "0"))"#.to_owned()]
    );
    assert_eq!(lines[2..], rest);
    let text = format!(
        "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: BaselineAdminNetworkPolicy\nmetadata: {{name: default}}\nspec:\n{spec}"
    );
    let lines = decoded(&text);
    assert_eq!(
        lines[..2],
        [format!("BaselineAdminNetworkPolicy Baseline `{}`", flat(spec)), "priority None".to_owned()]
    );
    assert_eq!(lines[2..], rest);
}
