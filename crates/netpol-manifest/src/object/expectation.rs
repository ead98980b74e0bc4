//! `netpol.playground/v1` ConnectivityTest: who must and who must not reach whom.

use ipnet::IpNet;
use netpol_source::{Spanned, TextRange};

use super::{Label, LabelSelector, PortMatch, Protocol};

/// The group of the kinds that are this project's own, and that no cluster knows.
pub const TEST_GROUP: &str = "netpol.playground";

/// The only kind of that group.
pub const TEST_KIND: &str = "ConnectivityTest";

/// The spec of a `ConnectivityTest`: at least one expectation in one of its lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectivityTest {
    /// `description`, where written and not empty.
    pub description: Option<Spanned<String>>,
    /// `allow`: everything that each of them names must be allowed.
    pub allow: Vec<Expectation>,
    /// `deny`: nothing that one of them names may be allowed.
    pub deny: Vec<Expectation>,
}

impl ConnectivityTest {
    /// All expectations: those of `allow`, then those of `deny`.
    pub fn expectations(&self) -> impl Iterator<Item = &Expectation> {
        self.allow.iter().chain(&self.deny)
    }
}

/// An item of `allow` or `deny`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The item.
    pub range: TextRange,
    /// `description`, where written and not empty.
    pub description: Option<Spanned<String>>,
    /// `from`: the sources; never empty.
    pub from: Vec<TestEnd>,
    /// `to`: the destinations; never empty.
    pub to: Vec<TestEnd>,
    /// `exceptFrom`, and those of `except` that are taken out of the sources.
    pub except_from: Vec<TestEnd>,
    /// `exceptTo`, and those of `except` that are taken out of the destinations.
    pub except_to: Vec<TestEnd>,
    /// `ports`; none for every port of every protocol.
    pub ports: Vec<TestPort>,
    /// `exceptPorts`: taken out of `ports`, or of every port.
    pub except_ports: Vec<TestPort>,
}

/// One item of an end: whom it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestEnd {
    /// The word or the mapping.
    pub range: TextRange,
    /// Whom it names.
    pub names: EndNames,
}

/// Whom an end of an expectation names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndNames {
    /// `any`: pods and outside addresses.
    Any,
    /// `pods`: every pod.
    Pods,
    /// `outside`: every address outside of the cluster.
    Outside,
    /// `cidr`: outside addresses, as a network; never pods.
    Cidr(IpNet),
    /// A mapping: pods.
    Pod(Box<PodsWanted>),
}

impl EndNames {
    /// Whether it names so much that taking something out of it is what an `except` means.
    pub fn is_wide(&self) -> bool {
        match self {
            Self::Any | Self::Pods | Self::Outside => true,
            Self::Cidr(network) => network.prefix_len() == 0,
            Self::Pod(_) => false,
        }
    }

    /// Whether it may name addresses outside of the cluster.
    pub fn holds_addresses(&self) -> bool {
        matches!(self, Self::Any | Self::Outside | Self::Cidr(_))
    }
}

/// The pods that a mapping names: all that it says must hold, and it says something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodsWanted {
    /// `namespace`: one of these names; none for every namespace.
    pub namespaces: Vec<Spanned<String>>,
    /// `labels`: each of them.
    pub labels: Vec<Label>,
    /// `namespaceLabels`: each of them.
    pub namespace_labels: Vec<Label>,
    /// `podSelector`.
    pub pod_selector: Option<LabelSelector>,
    /// `namespaceSelector`.
    pub namespace_selector: Option<LabelSelector>,
    /// `name`: that of the workload or of one of its pods.
    pub name: Option<Spanned<String>>,
}

/// An item of `ports` or `exceptPorts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestPort {
    /// The item.
    pub range: TextRange,
    /// Its protocol.
    pub protocol: Protocol,
    /// All ports of the protocol, some of them, or those that a destination calls so.
    pub port: PortMatch,
}
