//! The cluster-scoped policies of `policy.networking.k8s.io`: `AdminNetworkPolicy` and `BaselineAdminNetworkPolicy` of
//! v1alpha1, `ClusterNetworkPolicy` of v1alpha2 and v1beta1.

use super::policy::{NAMESPACES_SELECTOR, SELECTOR};
use super::{Choice, Field, Level, PROTOCOLS, STRAY, Type, choice, field, level};

const SUBJECT: &str = "The pods that the policy is about, by exactly one of `namespaces` and `pods`; pods in the \
                       network of their node are never among them.";
const PRIORITY: &str = "Which policy of the tier comes first: 0 to 1000, the lower number before the higher. Of two with \
                        the same priority it is not defined which one decides.";
const INGRESS: &str = "What happens to connections that arrive at the subjects: the first rule that matches decides. Without \
                       rules the policy says nothing of ingress.";
const EGRESS: &str = "What happens to connections that the subjects open: the first rule that matches decides. Without rules \
                      the policy says nothing of egress.";
const NAME: &str = "A name for the rule, of at most 100 characters; it has no effect.";
const FROM: &str = "The sources that the rule is about: any one item is enough, and at least one is needed.";
const TO: &str =
    "The destinations that the rule is about: any one item is enough, and at least one is needed.";
const PORTS: &str = "The destination ports that the rule is about: any one item is enough. Absent: every port of every \
                     protocol.";
const NAMESPACES: &str = "Namespaces by their labels: every pod in them. Empty (`{}`) means every namespace.";
const PODS: &str = "Pods by their labels, in namespaces by their labels: both `namespaceSelector` and `podSelector` must hold.";
const NODES: &str = "Nodes by their labels: their addresses. Empty (`{}`) means every node. An experimental field, which not \
                     every network plugin supports.";
const NETWORKS: &str = "Address blocks, such as `10.0.0.0/8`. They match pods by their addresses too: `0.0.0.0/0` is every \
                        IPv4 address, inside the cluster and outside.";
const DOMAIN_NAMES: &str = "Domain names outside the cluster; `*.` in front stands for one or more labels. They are meant for \
                            rules that allow. An experimental field, which not every network plugin supports.";

const FROM_NETWORK_POLICY: [(&str, &str); 9] = [
    ("podSelector", "write `subject: {pods: {namespaceSelector: {}, podSelector: …}}`"),
    ("policyTypes", "cluster-scoped policies do not isolate: they act in each direction that has rules"),
    ("from", "it belongs under `ingress`, as `- from:`"),
    ("to", "it belongs under `egress`, as `- to:`"),
    ("action", "it belongs to a rule under `ingress` or `egress`"),
    ("ports", "it belongs to a rule under `ingress` or `egress`"),
    ("protocols", "it belongs to a rule under `ingress` or `egress`"),
    ("namespaces", "it belongs under `subject`"),
    ("pods", "it belongs under `subject`"),
];

/// The hints of [`FROM_NETWORK_POLICY`] and one more.
const fn and_tier(hint: &'static str) -> [(&'static str, &'static str); 10] {
    let [a, b, c, d, e, f, g, h, i] = FROM_NETWORK_POLICY;
    [("tier", hint), a, b, c, d, e, f, g, h, i]
}

const ADMIN_MISPLACED: [(&str, &str); 10] =
    and_tier("an AdminNetworkPolicy is always of the Admin tier; `tier` belongs to ClusterNetworkPolicy");

pub(crate) static ADMIN_SPEC: Level = Level {
    misplaced: &ADMIN_MISPLACED,
    ..level(
        "AdminNetworkPolicySpec",
        &[
            field("priority", Type::Number, PRIORITY),
            field("subject", Type::Structure(&ADMIN_SUBJECT), SUBJECT),
            field("ingress", Type::List(&Type::Structure(&ADMIN_INGRESS_RULE)), INGRESS),
            field("egress", Type::List(&Type::Structure(&ADMIN_EGRESS_RULE)), EGRESS),
        ],
    )
};

const BASELINE_MISPLACED: [(&str, &str); 11] = {
    let [a, b, c, d, e, f, g, h, i, j] = and_tier(
        "a BaselineAdminNetworkPolicy is always of the Baseline tier; `tier` belongs to ClusterNetworkPolicy",
    );
    let priority = ("priority", "there is one BaselineAdminNetworkPolicy only, so it has no priority");
    [priority, a, b, c, d, e, f, g, h, i, j]
};

pub(crate) static BASELINE_SPEC: Level = Level {
    misplaced: &BASELINE_MISPLACED,
    ..level(
        "BaselineAdminNetworkPolicySpec",
        &[
            field("subject", Type::Structure(&ADMIN_SUBJECT), SUBJECT),
            field("ingress", Type::List(&Type::Structure(&BASELINE_INGRESS_RULE)), INGRESS),
            field("egress", Type::List(&Type::Structure(&BASELINE_EGRESS_RULE)), EGRESS),
        ],
    )
};

pub(crate) static CLUSTER_SPEC: Level = Level {
    misplaced: &FROM_NETWORK_POLICY,
    ..level(
        "ClusterNetworkPolicySpec",
        &[
            field(
                "tier",
                Type::Choice(TIERS),
                "Whether the policy decides before every NetworkPolicy or where none selects the pod: `Admin` or \
                 `Baseline`.",
            ),
            field("priority", Type::Number, PRIORITY),
            field("subject", Type::Structure(&CLUSTER_SUBJECT), SUBJECT),
            field("ingress", Type::List(&Type::Structure(&CLUSTER_INGRESS_RULE)), INGRESS),
            field("egress", Type::List(&Type::Structure(&CLUSTER_EGRESS_RULE)), EGRESS),
        ],
    )
};

const TIERS: &[Choice] = &[
    choice("Admin", "Before every NetworkPolicy, which cannot change what this tier decides."),
    choice("Baseline", "After the NetworkPolicies, for pods that none of them selects."),
];

// Subjects.

const SUBJECT_MISPLACED: &[(&str, &str)] = &[
    ("podSelector", "write `pods:`, and below it `namespaceSelector` and `podSelector`"),
    (
        "namespaceSelector",
        "write `namespaces:`, or `pods:` with `namespaceSelector` and `podSelector` below it",
    ),
    ("matchLabels", "it belongs under `namespaces`, or under the selectors of `pods`"),
    ("matchExpressions", "it belongs under `namespaces`, or under the selectors of `pods`"),
];

const ADMIN_SUBJECT_FIELDS: &[Field] = &[
    field("namespaces", Type::Structure(&NAMESPACES_SELECTOR), NAMESPACES),
    field("pods", Type::Structure(&ADMIN_POD), PODS),
];

const CLUSTER_SUBJECT_FIELDS: &[Field] = &[
    field("namespaces", Type::Structure(&NAMESPACES_SELECTOR), NAMESPACES),
    field("pods", Type::Structure(&CLUSTER_POD), PODS),
];

pub(crate) static ADMIN_SUBJECT: Level =
    Level { misplaced: SUBJECT_MISPLACED, ..level("AdminNetworkPolicySubject", ADMIN_SUBJECT_FIELDS) };

pub(crate) static CLUSTER_SUBJECT: Level =
    Level { misplaced: SUBJECT_MISPLACED, ..level("ClusterNetworkPolicySubject", CLUSTER_SUBJECT_FIELDS) };

const POD_MISPLACED: &[(&str, &str)] = &[
    ("matchLabels", "it belongs under `namespaceSelector` or `podSelector`"),
    ("matchExpressions", "it belongs under `namespaceSelector` or `podSelector`"),
    ("namespaces", "write `namespaceSelector`"),
];

const POD_SELECTOR: Field = field(
    "podSelector",
    Type::Structure(&SELECTOR),
    "The pods in those namespaces, by their labels. It must be there; empty (`{}`) means every pod.",
);

pub(crate) static ADMIN_POD: Level = Level {
    misplaced: POD_MISPLACED,
    ..level(
        "NamespacedPod",
        &[
            field(
                "namespaceSelector",
                Type::Structure(&SELECTOR),
                "The namespaces of the pods, by their labels. It must be there; empty (`{}`) means every namespace.",
            ),
            POD_SELECTOR,
        ],
    )
};

pub(crate) static CLUSTER_POD: Level = Level {
    misplaced: POD_MISPLACED,
    ..level(
        "NamespacedPod",
        &[
            field(
                "namespaceSelector",
                Type::Structure(&SELECTOR),
                "The namespaces of the pods, by their labels. Absent or empty (`{}`) means every namespace.",
            ),
            POD_SELECTOR,
        ],
    )
};

// Rules.

const NO_PROTOCOLS: (&str, &str) = (
    "protocols",
    "it belongs to ClusterNetworkPolicy; write `ports:` with items `portNumber: {protocol: TCP, port: 80}`",
);
const NO_PORTS: (&str, &str) =
    ("ports", "it belongs to v1alpha1; write `protocols:` with items `tcp: {destinationPort: {number: 80}}`");
const NO_TO: (&str, &str) = ("to", "rules under `ingress` have `from`; `to` belongs to rules under `egress`");
const NO_FROM: (&str, &str) =
    ("from", "rules under `egress` have `to`; `from` belongs to rules under `ingress`");

const ADMIN_PORTS: Type = Type::List(&Type::Structure(&ADMIN_PORT));
const CLUSTER_PROTOCOLS: Type = Type::List(&Type::Structure(&CLUSTER_PROTOCOL));

pub(crate) static ADMIN_INGRESS_RULE: Level = Level {
    misplaced: &[NO_TO, NO_PROTOCOLS],
    ..level(
        "AdminNetworkPolicyIngressRule",
        &[
            field("name", Type::Text, NAME),
            field("action", Type::Choice(ADMIN_ACTIONS), ACTION),
            field("from", Type::List(&Type::Structure(&ADMIN_INGRESS_PEER)), FROM),
            field("ports", ADMIN_PORTS, PORTS),
        ],
    )
};

pub(crate) static ADMIN_EGRESS_RULE: Level = Level {
    misplaced: &[NO_FROM, NO_PROTOCOLS],
    ..level(
        "AdminNetworkPolicyEgressRule",
        &[
            field("name", Type::Text, NAME),
            field("action", Type::Choice(ADMIN_ACTIONS), ACTION),
            field("to", Type::List(&Type::Structure(&ADMIN_EGRESS_PEER)), TO),
            field("ports", ADMIN_PORTS, PORTS),
        ],
    )
};

pub(crate) static BASELINE_INGRESS_RULE: Level = Level {
    misplaced: &[NO_TO, NO_PROTOCOLS],
    ..level(
        "BaselineAdminNetworkPolicyIngressRule",
        &[
            field("name", Type::Text, NAME),
            field("action", Type::Choice(BASELINE_ACTIONS), ACTION),
            field("from", Type::List(&Type::Structure(&ADMIN_INGRESS_PEER)), FROM),
            field("ports", ADMIN_PORTS, PORTS),
        ],
    )
};

pub(crate) static BASELINE_EGRESS_RULE: Level = Level {
    misplaced: &[NO_FROM, NO_PROTOCOLS],
    ..level(
        "BaselineAdminNetworkPolicyEgressRule",
        &[
            field("name", Type::Text, NAME),
            field("action", Type::Choice(BASELINE_ACTIONS), ACTION),
            field("to", Type::List(&Type::Structure(&BASELINE_EGRESS_PEER)), TO),
            field("ports", ADMIN_PORTS, PORTS),
        ],
    )
};

pub(crate) static CLUSTER_INGRESS_RULE: Level = Level {
    misplaced: &[NO_TO, NO_PORTS],
    ..level(
        "ClusterNetworkPolicyIngressRule",
        &[
            field("name", Type::Text, NAME),
            field("action", Type::Choice(CLUSTER_ACTIONS), ACTION),
            field("from", Type::List(&Type::Structure(&CLUSTER_INGRESS_PEER)), FROM),
            field("protocols", CLUSTER_PROTOCOLS, PORTS),
        ],
    )
};

pub(crate) static CLUSTER_EGRESS_RULE: Level = Level {
    misplaced: &[NO_FROM, NO_PORTS],
    ..level(
        "ClusterNetworkPolicyEgressRule",
        &[
            field("name", Type::Text, NAME),
            field("action", Type::Choice(CLUSTER_ACTIONS), ACTION),
            field("to", Type::List(&Type::Structure(&CLUSTER_EGRESS_PEER)), TO),
            field("protocols", CLUSTER_PROTOCOLS, PORTS),
        ],
    )
};

const ACTION: &str = "What happens to the connections that the rule matches and no rule before it.";

const DENY: Choice = choice("Deny", "They are denied for good.");
const PASS: Choice = choice("Pass", "They skip the rest of the tier, and the next one decides.");
const ALLOW: &str = "They are allowed at this end for good: no NetworkPolicy can deny them.";

/// The actions of `AdminNetworkPolicy`.
pub(crate) const ADMIN_ACTIONS: &[Choice] = &[choice("Allow", ALLOW), DENY, PASS];
/// The actions of `BaselineAdminNetworkPolicy`.
pub(crate) const BASELINE_ACTIONS: &[Choice] = &[choice("Allow", ALLOW), DENY];
/// The actions of `ClusterNetworkPolicy`.
pub(crate) const CLUSTER_ACTIONS: &[Choice] = &[choice("Accept", ALLOW), DENY, PASS];

// Peers.

const STRAY_PEER: &str =
    "a plugin that does not know it denies rather than allows, so remove it or use a field that there is";

const NO_NETWORKS: (&str, &str) =
    ("networks", "rules under `ingress` cannot match networks, only `namespaces` and `pods`");
const NO_NODES: (&str, &str) =
    ("nodes", "rules under `ingress` cannot match nodes, only `namespaces` and `pods`");
const NO_DOMAIN_NAMES: (&str, &str) =
    ("domainNames", "rules under `ingress` cannot match domain names, only `namespaces` and `pods`");
const NO_POD_SELECTOR: (&str, &str) =
    ("podSelector", "write `pods:`, and below it `namespaceSelector` and `podSelector`");
const NO_NAMESPACE_SELECTOR: (&str, &str) = (
    "namespaceSelector",
    "write `namespaces:`, or `pods:` with `namespaceSelector` and `podSelector` below it",
);
const NO_BLOCK: (&str, &str) = ("ipBlock", "write `networks:` with the blocks as its items");
const NO_BLOCK_OF_SOURCES: (&str, &str) = ("ipBlock", "rules under `ingress` cannot match addresses");

const INGRESS_MISPLACED: &[(&str, &str)] =
    &[NO_NETWORKS, NO_NODES, NO_DOMAIN_NAMES, NO_POD_SELECTOR, NO_NAMESPACE_SELECTOR, NO_BLOCK_OF_SOURCES];
const EGRESS_MISPLACED: &[(&str, &str)] = &[NO_POD_SELECTOR, NO_NAMESPACE_SELECTOR, NO_BLOCK];
const BASELINE_EGRESS_MISPLACED: &[(&str, &str)] = &[
    NO_POD_SELECTOR,
    NO_NAMESPACE_SELECTOR,
    NO_BLOCK,
    ("domainNames", "a BaselineAdminNetworkPolicy cannot match domain names"),
];

const ADMIN_EGRESS_PEER_FIELDS: &[Field] = &[
    field("namespaces", Type::Structure(&NAMESPACES_SELECTOR), NAMESPACES),
    field("pods", Type::Structure(&ADMIN_POD), PODS),
    field("networks", Type::List(&Type::Cidr), NETWORKS),
    field("nodes", Type::Structure(&SELECTOR), NODES),
    field("domainNames", Type::List(&Type::Text), DOMAIN_NAMES),
];

const CLUSTER_EGRESS_PEER_FIELDS: &[Field] = &[
    field("namespaces", Type::Structure(&NAMESPACES_SELECTOR), NAMESPACES),
    field("pods", Type::Structure(&CLUSTER_POD), PODS),
    field("networks", Type::List(&Type::Cidr), NETWORKS),
    field("nodes", Type::Structure(&SELECTOR), NODES),
    field("domainNames", Type::List(&Type::Text), DOMAIN_NAMES),
];

pub(crate) static ADMIN_INGRESS_PEER: Level = Level {
    misplaced: INGRESS_MISPLACED,
    stray: STRAY_PEER,
    ..level("AdminNetworkPolicyIngressPeer", ADMIN_SUBJECT_FIELDS)
};

pub(crate) static CLUSTER_INGRESS_PEER: Level = Level {
    misplaced: INGRESS_MISPLACED,
    stray: STRAY_PEER,
    ..level("ClusterNetworkPolicyIngressPeer", CLUSTER_SUBJECT_FIELDS)
};

pub(crate) static ADMIN_EGRESS_PEER: Level = Level {
    misplaced: EGRESS_MISPLACED,
    stray: STRAY_PEER,
    ..level("AdminNetworkPolicyEgressPeer", ADMIN_EGRESS_PEER_FIELDS)
};

pub(crate) static CLUSTER_EGRESS_PEER: Level = Level {
    misplaced: EGRESS_MISPLACED,
    stray: STRAY_PEER,
    ..level("ClusterNetworkPolicyEgressPeer", CLUSTER_EGRESS_PEER_FIELDS)
};

pub(crate) static BASELINE_EGRESS_PEER: Level = Level {
    misplaced: BASELINE_EGRESS_MISPLACED,
    stray: STRAY_PEER,
    ..level(
        "BaselineAdminNetworkPolicyEgressPeer",
        &[
            field("namespaces", Type::Structure(&NAMESPACES_SELECTOR), NAMESPACES),
            field("pods", Type::Structure(&ADMIN_POD), PODS),
            field("networks", Type::List(&Type::Cidr), NETWORKS),
            field("nodes", Type::Structure(&SELECTOR), NODES),
        ],
    )
};

// Ports of v1alpha1.

const FIRST: &str = "The first port of the range, from 1 to 65535.";
const LAST: &str = "The last port of the range, which must be above its first.";

pub(crate) static ADMIN_PORT: Level = Level {
    misplaced: &[
        ("port", "write `portNumber: {protocol: TCP, port: 80}`"),
        ("protocol", "it belongs under `portNumber` or `portRange`"),
        ("endPort", "write `portRange: {protocol: TCP, start: 80, end: 90}`"),
        ("tcp", "it belongs to ClusterNetworkPolicy; write `portNumber` or `portRange` with `protocol: TCP`"),
        ("udp", "it belongs to ClusterNetworkPolicy; write `portNumber` or `portRange` with `protocol: UDP`"),
        (
            "sctp",
            "it belongs to ClusterNetworkPolicy; write `portNumber` or `portRange` with `protocol: SCTP`",
        ),
        ("destinationNamedPort", "it belongs to ClusterNetworkPolicy; write `namedPort`"),
    ],
    ..level(
        "AdminNetworkPolicyPort",
        &[
            field("portNumber", Type::Structure(&ADMIN_PORT_NUMBER), "One port, by its number."),
            field("portRange", Type::Structure(&ADMIN_PORT_RANGE), "A range of ports."),
            field(
                "namedPort",
                Type::PortName,
                "A port of the destination pod by its name, of whichever protocol the pod declares. An experimental \
                 field, which not every network plugin supports.",
            ),
        ],
    )
};

const PROTOCOL: Field = field(
    "protocol",
    Type::Choice(PROTOCOLS),
    "`TCP`, `UDP` or `SCTP`. Absent: `TCP` only, not every protocol.",
);

pub(crate) static ADMIN_PORT_NUMBER: Level = Level {
    misplaced: &[("number", "write `port`"), ("endPort", "write `portRange` in place of `portNumber`")],
    stray: STRAY,
    name: "Port (v1alpha1)",
    fields: &[PROTOCOL, field("port", Type::PortNumber, "The port's number, from 1 to 65535.")],
};

pub(crate) static ADMIN_PORT_RANGE: Level = Level {
    misplaced: &[("port", "write `start` and `end`"), ("endPort", "write `end`")],
    stray: STRAY,
    name: "PortRange (v1alpha1)",
    fields: &[PROTOCOL, field("start", Type::PortNumber, FIRST), field("end", Type::PortNumber, LAST)],
};

// Protocols of the later versions.

pub(crate) static CLUSTER_PROTOCOL: Level = Level {
    misplaced: &[
        ("portNumber", "it belongs to v1alpha1; write `tcp: {destinationPort: {number: 80}}`"),
        (
            "portRange",
            "it belongs to v1alpha1; write `tcp: {destinationPort: {range: {start: 80, end: 90}}}`",
        ),
        ("namedPort", "it belongs to v1alpha1; write `destinationNamedPort`"),
        ("port", "write `tcp: {destinationPort: {number: 80}}`"),
        ("protocol", "write `tcp`, `udp` or `sctp` as the key, as in `tcp: {destinationPort: {number: 80}}`"),
        ("destinationPort", "it belongs under `tcp`, `udp` or `sctp`"),
    ],
    ..level(
        "ClusterNetworkPolicyProtocol",
        &[
            field("tcp", Type::Structure(&CLUSTER_TCP), "Ports of TCP."),
            field("udp", Type::Structure(&CLUSTER_UDP), "Ports of UDP."),
            field("sctp", Type::Structure(&CLUSTER_SCTP), "Ports of SCTP."),
            field(
                "destinationNamedPort",
                Type::PortName,
                "A port of the destination pod by its name, of whichever protocol the pod declares.",
            ),
        ],
    )
};

const PROTOCOL_MISPLACED: &[(&str, &str)] = &[
    ("port", "write `destinationPort: {number: 80}`"),
    ("number", "it belongs under `destinationPort`"),
    ("range", "it belongs under `destinationPort`"),
];

const PROTOCOL_FIELDS: &[Field] = &[field(
    "destinationPort",
    Type::Structure(&CLUSTER_PORT),
    "The destination ports: exactly one of `number` and `range`. It must be there.",
)];

pub(crate) static CLUSTER_TCP: Level =
    Level { misplaced: PROTOCOL_MISPLACED, ..level("ClusterNetworkPolicyProtocolTCP", PROTOCOL_FIELDS) };
pub(crate) static CLUSTER_UDP: Level =
    Level { misplaced: PROTOCOL_MISPLACED, ..level("ClusterNetworkPolicyProtocolUDP", PROTOCOL_FIELDS) };
pub(crate) static CLUSTER_SCTP: Level =
    Level { misplaced: PROTOCOL_MISPLACED, ..level("ClusterNetworkPolicyProtocolSCTP", PROTOCOL_FIELDS) };

pub(crate) static CLUSTER_PORT: Level = Level {
    misplaced: &[
        ("port", "write `number`"),
        ("start", "it belongs under `range`"),
        ("end", "it belongs under `range`"),
    ],
    ..level(
        "Port",
        &[
            field("number", Type::PortNumber, "One port, from 1 to 65535."),
            field("range", Type::Structure(&CLUSTER_PORT_RANGE), "A range of ports."),
        ],
    )
};

pub(crate) static CLUSTER_PORT_RANGE: Level =
    level("PortRange", &[field("start", Type::PortNumber, FIRST), field("end", Type::PortNumber, LAST)]);
