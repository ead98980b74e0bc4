//! Every object's own fields, and `ObjectMeta`.

use super::{Field, Level, Type, field, level};

const OWNER_ITEMS: Type = Type::List(&Type::Structure(&OWNER));

pub(crate) static OBJECT: Level = Level {
    misplaced: &[
        ("name", "it belongs under `metadata`"),
        ("namespace", "it belongs under `metadata`"),
        ("labels", "it belongs under `metadata`"),
        ("podSelector", "it belongs under `spec`"),
        ("policyTypes", "it belongs under `spec`"),
        ("ingress", "it belongs under `spec`"),
        ("egress", "it belongs under `spec`"),
        ("template", "it belongs under `spec`"),
        ("selector", "it belongs under `spec`"),
    ],
    ..level("Object", OBJECT_FIELDS)
};

pub(super) const API_VERSION: Field = field(
    "apiVersion",
    Type::ApiVersion,
    "The API group and version that the kind belongs to; `networking.k8s.io/v1` for a NetworkPolicy.",
);

pub(super) const KIND: Field =
    field("kind", Type::Kind, "What the object is, such as `NetworkPolicy`; upper and lower case count.");

pub(super) const METADATA_FIELD: Field = field(
    "metadata",
    Type::Structure(&METADATA),
    "The object's name, its namespace and its labels. A NetworkPolicy acts on pods of its own namespace only.",
);

const OBJECT_FIELDS: &[Field] = &[
    API_VERSION,
    KIND,
    METADATA_FIELD,
    field("spec", Type::Spec, "What the object is to be; the fields depend on its kind."),
    field(
        "status",
        Type::Opaque,
        "What the cluster says of the object; it is never applied. Pod and node addresses are read from it.",
    ),
];

pub(crate) static LIST: Level = level(
    "List",
    &[
        field("apiVersion", Type::ApiVersion, "`v1` for a `List` of objects of any kind."),
        field("kind", Type::Kind, "`List`, or the kind of the items followed by `List`."),
        field("metadata", Type::Opaque, "What the API server says of the list; it plays no part here."),
        field(
            "items",
            Type::List(&Type::Opaque),
            "The objects, each as if it stood in a document of its own.",
        ),
    ],
);

pub(crate) static METADATA: Level = Level {
    misplaced: &[
        ("podSelector", "it belongs under `spec`, not under `metadata`"),
        ("selector", "it belongs under `spec`, not under `metadata`"),
        ("app", "labels belong under `metadata.labels`"),
        ("spec", "move it left, beside `metadata`"),
    ],
    ..level("ObjectMeta", METADATA_FIELDS)
};

const METADATA_FIELDS: &[Field] = &[
    field("name", Type::Text, "The object's name, unique among its kind in the namespace."),
    field(
        "namespace",
        Type::Namespace,
        "The namespace that the object is in; `default` where it is left out. A policy only ever selects pods of this \
         namespace as its subjects.",
    ),
    field(
        "labels",
        Type::Labels,
        "Keys and values that selectors look for. Those of a pod and of a namespace decide which policies meet it; \
         those of a policy decide nothing.",
    ),
    field("annotations", Type::Opaque, "Notes for people and tools; no selector sees them."),
    field("generateName", Type::Text, "The beginning of a name that the API server completes."),
    field(
        "ownerReferences",
        OWNER_ITEMS,
        "The objects that own this one; a pod with a controller belongs to that workload.",
    ),
    field(
        "finalizers",
        Type::Opaque,
        "What must happen before the object goes; of no matter to the network.",
    ),
    field("managedFields", Type::Opaque, "Who wrote which field; set by the API server."),
    field("uid", Type::Text, "Set by the API server."),
    field("resourceVersion", Type::Text, "Set by the API server."),
    field("generation", Type::Number, "Counts the changes of `spec`; set by the API server."),
    field("creationTimestamp", Type::Opaque, "Set by the API server."),
    field("deletionTimestamp", Type::Opaque, "Set by the API server when the object is to go."),
    field("deletionGracePeriodSeconds", Type::Number, "Set by the API server when the object is to go."),
    field("selfLink", Type::Text, "No longer in use."),
];

pub(crate) static OWNER: Level = level(
    "OwnerReference",
    &[
        field("apiVersion", Type::Text, "The owner's group and version."),
        field("kind", Type::Text, "The owner's kind."),
        field("name", Type::Text, "The owner's name."),
        field("uid", Type::Text, "The owner's unique id."),
        field("controller", Type::Boolean, "Whether the owner is the one controller of this object."),
        field("blockOwnerDeletion", Type::Boolean, "Whether the owner waits for this object to go."),
    ],
);
