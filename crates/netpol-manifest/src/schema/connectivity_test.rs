//! `netpol.playground/v1` ConnectivityTest.

use super::policy::{POLICY_PORT, SELECTOR};
use super::{Choice, Field, Level, PROTOCOLS, Type, choice, field, level};

const STRAY: &str = "a test with a field that is not known is not run, so remove it";

const EXPECTATIONS: Type = Type::List(&Type::Structure(&EXPECTATION));
const ENDS: Type = Type::Either(END_WORDS, &Type::Structure(&TEST_END));
const PORTS: Type = Type::Either(PROTOCOLS, &Type::Structure(&POLICY_PORT));

pub(crate) static TEST_SPEC: Level = Level {
    misplaced: &[
        ("from", "it belongs to an item of `allow` or `deny`, as `- from:`"),
        ("to", "it belongs to an item of `allow` or `deny`"),
        ("ports", "it belongs to an item of `allow` or `deny`"),
        ("except", "it belongs to an item of `allow` or `deny`"),
        ("ingress", "write `allow:` and `deny:`, each with items of `from`, `to` and `ports`"),
        ("egress", "write `allow:` and `deny:`, each with items of `from`, `to` and `ports`"),
    ],
    stray: STRAY,
    ..level(
        "ConnectivityTestSpec",
        &[
            field(
                "allow",
                EXPECTATIONS,
                "What must be allowed: of each item every port, from each of its sources to each of its destinations.",
            ),
            field(
                "deny",
                EXPECTATIONS,
                "What must be denied: of each item every port, from each of its sources to each of its destinations.",
            ),
            field("description", Type::Text, "What the test is about, in a sentence."),
        ],
    )
};

const END_WORDS: &[Choice] = &[
    choice("any", "Every pod, and every address outside of the cluster."),
    choice("pods", "Every pod."),
    choice("outside", "Every address outside of the cluster."),
];

pub(crate) static EXPECTATION: Level = Level {
    misplaced: &[
        ("source", "write `from`"),
        ("destination", "write `to`"),
        ("port", "write `ports`"),
        ("namespace", "it belongs under `from` or `to`"),
        ("labels", "it belongs under `from` or `to`"),
        ("podSelector", "it belongs under `from` or `to`"),
        ("cidr", "it belongs under `from` or `to`"),
    ],
    stray: STRAY,
    ..level("Expectation", EXPECTATION_FIELDS)
};

const EXPECTATION_FIELDS: &[Field] = &[
    field("from", ENDS, "The sources: `any`, `pods`, `outside`, a mapping, or a list of these."),
    field("to", ENDS, "The destinations: `any`, `pods`, `outside`, a mapping, or a list of these."),
    field(
        "ports",
        PORTS,
        "The ports, such as `80`, `UDP/53`, `TCP/8000-8999`, `TCP` for all of it, or `TCP/http` for the port that a \
         destination calls so; one or a list. Absent: every port of every protocol.",
    ),
    field("exceptPorts", PORTS, "What is taken out of `ports`, or out of every port where that is absent."),
    field(
        "except",
        ENDS,
        "What is taken out of the end that is `any`, `pods` or `outside`: of `from` where that is one, else of `to`. \
         Where neither is one, it is taken out of `from`.",
    ),
    field("exceptFrom", ENDS, "What is taken out of `from`."),
    field("exceptTo", ENDS, "What is taken out of `to`."),
    field(
        "description",
        Type::Text,
        "What is expected, in a sentence: a failure is introduced with it, and a lab shows it as the goal.",
    ),
];

pub(crate) static TEST_END: Level = Level {
    misplaced: &[
        ("matchLabels", "write `labels`, or put it under `podSelector`"),
        ("matchExpressions", "it belongs under `podSelector` or `namespaceSelector`"),
        ("ipBlock", "write `cidr`, and what is left out of it under `except` beside `from`"),
        ("except", "move it left, beside `from` and `to`"),
        ("namespaces", "write `namespace`, which takes a list too"),
        ("pod", "write `name`"),
        ("ports", "move it left, beside `from` and `to`"),
    ],
    stray: STRAY,
    ..level("End", END_FIELDS)
};

const END_FIELDS: &[Field] = &[
    field(
        "namespace",
        Type::Either(&[], &Type::Namespace),
        "The name of the pods' namespace, or a list of names of which one must be it.",
    ),
    field("labels", Type::Labels, "Labels of the pods: each of them must be there."),
    field("name", Type::Text, "The name of the workload, or of a pod."),
    field("namespaceLabels", Type::Labels, "Labels of the pods' namespace: each of them must be there."),
    field("podSelector", Type::Structure(&SELECTOR), "The pods by their labels, as in a policy."),
    field(
        "namespaceSelector",
        Type::Structure(&SELECTOR),
        "The pods' namespaces by their labels, as in a policy.",
    ),
    field(
        "cidr",
        Type::Cidr,
        "Addresses outside of the cluster, as a block or as one address; never pods, and no other field beside it.",
    ),
];
