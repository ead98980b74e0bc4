//! The one table of the fields that are read: which exist at a level, what each takes, and what it means.
//!
//! The check for unknown fields, completion and hover texts all read it, so that they cannot drift apart. Tables
//! only; nothing here looks at a text.

mod beside;
mod cluster_policy;
mod connectivity_test;
mod metadata;
mod policy;
mod route;
mod service;
mod workload;

pub(crate) use beside::{
    API_SERVICE_SPEC, ENDPOINT_SLICE, ENDPOINTS, POD_MONITOR_SPEC, ROLE_BINDING, SERVICE_ACCOUNT,
    SERVICE_MONITOR_SPEC, WEBHOOK_CONFIGURATION,
};
pub(crate) use cluster_policy::{
    ADMIN_ACTIONS, ADMIN_EGRESS_PEER, ADMIN_EGRESS_RULE, ADMIN_INGRESS_PEER, ADMIN_INGRESS_RULE, ADMIN_PORT,
    ADMIN_PORT_NUMBER, ADMIN_PORT_RANGE, ADMIN_SPEC, ADMIN_SUBJECT, BASELINE_ACTIONS, BASELINE_EGRESS_PEER,
    BASELINE_EGRESS_RULE, BASELINE_INGRESS_RULE, BASELINE_SPEC, CLUSTER_ACTIONS, CLUSTER_EGRESS_PEER,
    CLUSTER_EGRESS_RULE, CLUSTER_INGRESS_PEER, CLUSTER_INGRESS_RULE, CLUSTER_POD, CLUSTER_PORT,
    CLUSTER_PORT_RANGE, CLUSTER_PROTOCOL, CLUSTER_SCTP, CLUSTER_SPEC, CLUSTER_SUBJECT, CLUSTER_TCP,
    CLUSTER_UDP,
};
pub(crate) use connectivity_test::{EXPECTATION, TEST_END, TEST_SPEC};
pub(crate) use metadata::{LIST, METADATA, OBJECT, OWNER};
pub(crate) use policy::{
    EGRESS_RULE, INGRESS_RULE, IP_BLOCK, NAMESPACES_SELECTOR, PEER, POLICY_PORT, POLICY_SPEC, REQUIREMENT,
    SELECTOR,
};
pub(crate) use route::{
    GATEWAY_SPEC, GRANT_FROM, GRANT_SPEC, GRANT_TO, ROUTE_BACKEND, ROUTE_RULE, ROUTE_SPEC,
};
pub(crate) use service::{
    INGRESS_BACKEND, INGRESS_HOST, INGRESS_HTTP, INGRESS_PATH, INGRESS_PORT, INGRESS_SERVICE, INGRESS_SPEC,
    SERVICE_PORT, SERVICE_SPEC,
};
pub(crate) use workload::{
    CONTAINER, CONTAINER_PORT, CRON_JOB_SPEC, DAEMON_SET_SPEC, DEPLOYMENT_SPEC, JOB_SPEC, JOB_TEMPLATE,
    ORDINALS, POD_SPEC, POD_TEMPLATE, REPLICA_SET_SPEC, REPLICATION_CONTROLLER_SPEC, STATEFUL_SET_SPEC,
};

/// A structure: the fields that may stand beside each other.
#[derive(Debug)]
pub struct Level {
    /// What the API calls it, such as `NetworkPolicyPeer`.
    pub name: &'static str,
    /// Its fields, the most used ones first; empty where any field may stand.
    pub fields: &'static [Field],
    /// Fields that people write here and that belong elsewhere, and where.
    pub(crate) misplaced: &'static [(&'static str, &'static str)],
    /// What to say of a field that is like none that exists.
    pub(crate) stray: &'static str,
}

/// A field.
#[derive(Debug)]
pub struct Field {
    /// As it is written.
    pub name: &'static str,
    /// What it takes.
    pub value: Type,
    /// What it means: a sentence or two, with code in backticks.
    pub documentation: &'static str,
}

/// What a field, or an item of a list, takes.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    /// Any text.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// One of these words.
    Choice(&'static [Choice]),
    /// An address block, such as `10.0.0.0/8`.
    Cidr,
    /// A port number.
    PortNumber,
    /// A port's number or name.
    Port,
    /// A port's name.
    PortName,
    /// The name of a namespace.
    Namespace,
    /// `kind`.
    Kind,
    /// `apiVersion`.
    ApiVersion,
    /// The key of a label.
    LabelKey,
    /// The value of a label.
    LabelValue,
    /// Labels: keys of the user's with text behind each.
    Labels,
    /// A structure.
    Structure(&'static Level),
    /// A list.
    List(&'static Type),
    /// One of these words, or what the type takes; or a list of such.
    Either(&'static [Choice], &'static Type),
    /// The structure that depends on the object's kind.
    Spec,
    /// Anything: it is not looked into.
    Opaque,
}

/// A word that a field takes.
#[derive(Debug)]
pub struct Choice {
    /// As it is written.
    pub value: &'static str,
    /// What it means.
    pub documentation: &'static str,
}

const STRAY: &str = "Kubernetes ignores or refuses it, so remove it";

/// A level of which no field is checked.
pub(crate) static UNCHECKED: Level = level("", &[]);

const fn level(name: &'static str, fields: &'static [Field]) -> Level {
    Level { name, fields, misplaced: &[], stray: STRAY }
}

const fn field(name: &'static str, value: Type, documentation: &'static str) -> Field {
    Field { name, value, documentation }
}

const fn choice(value: &'static str, documentation: &'static str) -> Choice {
    Choice { value, documentation }
}

/// The protocols that policies and ports can name.
pub(crate) const PROTOCOLS: &[Choice] = &[
    choice("TCP", "The default wherever `protocol` is left out."),
    choice("UDP", "DNS needs it on port 53, beside TCP."),
    choice("SCTP", "Not every network plugin supports it."),
];

impl Level {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The names of the fields.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|field| field.name)
    }

    /// Where a field that does not exist here belongs.
    pub(crate) fn misplaced(&self, name: &str) -> Option<&'static str> {
        self.misplaced.iter().find(|(field, _)| *field == name).map(|(_, hint)| *hint)
    }
}

impl Type {
    /// What it takes, in a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Boolean => "true or false",
            Self::Choice(_) => "one word",
            Self::Cidr => "CIDR",
            Self::PortNumber => "port number",
            Self::Port => "port number or name",
            Self::PortName => "port name",
            Self::Namespace => "namespace",
            Self::Kind => "kind",
            Self::ApiVersion => "group and version",
            Self::LabelKey => "label key",
            Self::LabelValue => "label value",
            Self::Labels => "labels",
            Self::Structure(_) | Self::Spec => "mapping",
            Self::List(_) => "list",
            Self::Either([], Self::Namespace) => "namespace or list of them",
            Self::Either(..) => "word, mapping or list",
            Self::Opaque => "anything",
        }
    }

    /// Whether it stands on lines of its own, below its key.
    pub fn is_collection(self) -> bool {
        matches!(self, Self::Labels | Self::Structure(_) | Self::List(_) | Self::Spec)
    }
}
