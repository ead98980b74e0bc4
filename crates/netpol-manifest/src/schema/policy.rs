//! `networking.k8s.io/v1` NetworkPolicy, and label selectors.

use super::{Choice, Field, Level, PROTOCOLS, STRAY, Type, choice, field, level};

const INGRESS_RULE_ITEMS: Type = Type::List(&Type::Structure(&INGRESS_RULE));
const EGRESS_RULE_ITEMS: Type = Type::List(&Type::Structure(&EGRESS_RULE));
const REQUIREMENT_ITEMS: Type = Type::List(&Type::Structure(&REQUIREMENT));

pub(crate) static POLICY_SPEC: Level = Level {
    misplaced: &[
        ("from", "it belongs under `ingress`, as `- from:`"),
        ("to", "it belongs under `egress`, as `- to:`"),
        ("ports", "it belongs to a rule under `ingress` or `egress`"),
        ("matchLabels", "it belongs under `podSelector`"),
        ("selector", "the subjects of a policy stand under `podSelector`"),
        ("namespaceSelector", "a policy acts on its own namespace only: set `metadata.namespace`"),
        ("namespace", "it belongs under `metadata`"),
        ("types", "write `policyTypes`"),
    ],
    ..level("NetworkPolicySpec", POLICY_FIELDS)
};

const POLICY_FIELDS: &[Field] = &[
    field(
        "podSelector",
        Type::Structure(&SELECTOR),
        "The pods that the policy is about, its subjects, in the policy's own namespace. Empty (`{}`) means every pod \
         of the namespace.",
    ),
    field(
        "policyTypes",
        Type::List(&Type::Choice(POLICY_TYPES)),
        "The directions in which the subjects are isolated. Where it is left out: `Ingress` always, and `Egress` only if \
         there is an egress rule; a policy that is to deny all egress must name `Egress` here.",
    ),
    field(
        "ingress",
        INGRESS_RULE_ITEMS,
        "Who may connect to the subjects: whatever any one rule allows is allowed. An empty or absent list allows \
         nothing; one empty rule (`- {}`) allows everything.",
    ),
    field(
        "egress",
        EGRESS_RULE_ITEMS,
        "Where the subjects may connect to: whatever any one rule allows is allowed. An empty or absent list allows \
         nothing, DNS included, if the policy isolates for egress.",
    ),
];

const POLICY_TYPES: &[Choice] = &[
    choice("Ingress", "Connections that arrive at the subjects: only what `ingress` allows."),
    choice("Egress", "Connections that the subjects open: only what `egress` allows."),
];

pub(crate) static INGRESS_RULE: Level = Level {
    misplaced: &[
        ("to", "rules under `ingress` have `from`; `to` belongs to rules under `egress`"),
        ("podSelector", "peers are items below `from:`"),
        ("namespaceSelector", "peers are items below `from:`"),
        ("ipBlock", "peers are items below `from:`"),
        ("port", "ports are items below `ports:`"),
        ("protocol", "it belongs to an item below `ports:`"),
    ],
    ..level("NetworkPolicyIngressRule", INGRESS_FIELDS)
};

const INGRESS_FIELDS: &[Field] = &[
    field(
        "from",
        PEERS,
        "The sources that the rule allows: any one item is enough. Absent or empty: every source, inside the cluster and \
         outside.",
    ),
    field(
        "ports",
        PORTS,
        "The ports of the subjects that the rule opens: any one item is enough. Absent or empty: every port of every \
         protocol.",
    ),
];

pub(crate) static EGRESS_RULE: Level = Level {
    misplaced: &[
        ("from", "rules under `egress` have `to`; `from` belongs to rules under `ingress`"),
        ("podSelector", "peers are items below `to:`"),
        ("namespaceSelector", "peers are items below `to:`"),
        ("ipBlock", "peers are items below `to:`"),
        ("port", "ports are items below `ports:`"),
        ("protocol", "it belongs to an item below `ports:`"),
    ],
    ..level("NetworkPolicyEgressRule", EGRESS_FIELDS)
};

const EGRESS_FIELDS: &[Field] = &[
    field(
        "to",
        PEERS,
        "The destinations that the rule allows: any one item is enough. Absent or empty: every destination, inside the \
         cluster and outside.",
    ),
    field(
        "ports",
        PORTS,
        "The ports of the destinations that the rule opens: any one item is enough. Absent or empty: every port of every \
         protocol. A Service's port counts as the container's port behind it.",
    ),
];

const PEERS: Type = Type::List(&Type::Structure(&PEER));
const PORTS: Type = Type::List(&Type::Structure(&POLICY_PORT));

pub(crate) static PEER: Level = Level {
    misplaced: &[
        ("ports", "move it left, beside `from` or `to`"),
        ("matchLabels", "it belongs under `podSelector` or `namespaceSelector`"),
        ("matchExpressions", "it belongs under `podSelector` or `namespaceSelector`"),
        ("cidr", "it belongs under `ipBlock`"),
        ("except", "it belongs under `ipBlock`"),
        ("namespace", "choose namespaces by label, with `namespaceSelector`"),
    ],
    ..level("NetworkPolicyPeer", PEER_FIELDS)
};

const PEER_FIELDS: &[Field] = &[
    field(
        "podSelector",
        Type::Structure(&SELECTOR),
        "Pods by their labels: of the policy's own namespace, or with `namespaceSelector` in the same item, of the \
         namespaces that it chooses. Both in one item: AND; as two items: OR.",
    ),
    field(
        "namespaceSelector",
        Type::Structure(&SELECTOR),
        "Namespaces by their labels: every pod in them, or with `podSelector` in the same item only the pods that it \
         chooses there. Both in one item: AND; as two items: OR. Empty (`{}`) means every namespace.",
    ),
    field(
        "ipBlock",
        Type::Structure(&IP_BLOCK),
        "A range of IP addresses, meant for those outside the cluster; pod addresses change. It cannot stand in one item \
         with a selector.",
    ),
];

pub(crate) static IP_BLOCK: Level = level(
    "IPBlock",
    &[
        field(
            "cidr",
            Type::Cidr,
            "The addresses as a network and a prefix length, such as `10.0.0.0/8`; `0.0.0.0/0` is every IPv4 address, \
             and no IPv6 address.",
        ),
        field(
            "except",
            Type::List(&Type::Cidr),
            "Networks to leave out: each must lie inside `cidr` and be smaller. The rule does not deny them; another \
             rule may still allow them.",
        ),
    ],
);

pub(crate) static POLICY_PORT: Level = Level {
    misplaced: &[
        ("from", "move it left, beside `ports`"),
        ("to", "move it left, beside `ports`"),
        ("targetPort", "policies speak of the container's port: write `port`"),
        ("containerPort", "write `port`"),
        ("name", "a port's name goes into `port` too"),
    ],
    ..level("NetworkPolicyPort", PORT_FIELDS)
};

const PORT_FIELDS: &[Field] = &[
    field(
        "protocol",
        Type::Choice(PROTOCOLS),
        "`TCP`, `UDP` or `SCTP`. Absent: `TCP` only, not every protocol.",
    ),
    field(
        "port",
        Type::Port,
        "The port on the pod, as a number or as the name that its container gives it; never the port of a Service. \
         Absent: every port of the protocol.",
    ),
    field(
        "endPort",
        Type::PortNumber,
        "The last port of a range that begins at `port`, which must then be a number and not above it. Not every network \
         plugin supports it.",
    ),
];

/// That of `namespaces`, which is a selector by itself.
pub(crate) static NAMESPACES_SELECTOR: Level = Level {
    misplaced: &[
        ("namespaceSelector", "put what is below it directly under `namespaces`"),
        (
            "podSelector",
            "write `pods:` in place of `namespaces:`, with `namespaceSelector` and `podSelector` below it",
        ),
    ],
    stray: SELECTOR_STRAY,
    ..level("LabelSelector", SELECTOR_FIELDS)
};

pub(crate) static SELECTOR: Level = Level {
    misplaced: &[
        (
            "podSelector",
            "this is within a selector already: write `matchLabels` in its place, or move it left",
        ),
        (
            "namespaceSelector",
            "this is within a selector already: write `matchLabels` in its place, or move it left",
        ),
    ],
    stray: SELECTOR_STRAY,
    ..level("LabelSelector", SELECTOR_FIELDS)
};

/// A bare label is by far the commonest mistake in a selector.
const SELECTOR_STRAY: &str = "labels belong under `matchLabels`";

const SELECTOR_FIELDS: &[Field] = &[
    field(
        "matchLabels",
        Type::Labels,
        "Labels that must be there with exactly these values, all of them. Absent or empty: no condition.",
    ),
    field(
        "matchExpressions",
        REQUIREMENT_ITEMS,
        "Conditions on labels; all of them must hold, beside all of `matchLabels`. Absent or empty: no condition.",
    ),
];

pub(crate) static REQUIREMENT: Level = Level {
    stray: STRAY,
    ..level(
        "LabelSelectorRequirement",
        &[
            field("key", Type::LabelKey, "The label that the condition is about."),
            field(
                "operator",
                Type::Choice(OPERATORS),
                "`In` and `NotIn` compare with `values`; `Exists` and `DoesNotExist` ask whether the label is there at all.",
            ),
            field(
                "values",
                Type::List(&Type::LabelValue),
                "For `In` and `NotIn` at least one value; for `Exists` and `DoesNotExist` none.",
            ),
        ],
    )
};

const OPERATORS: &[Choice] = &[
    choice("In", "The label is there, with one of `values`."),
    choice("NotIn", "The label has none of `values`, or is not there at all."),
    choice("Exists", "The label is there, with any value."),
    choice("DoesNotExist", "The label is not there."),
];
