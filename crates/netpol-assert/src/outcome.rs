//! What becomes of tests, as data.

use std::net::IpAddr;

use netpol_eval::{Handle, NamespaceId, PeerId};
use netpol_manifest::Protocol;
use netpol_source::TextRange;

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// `from`.
    From,
    /// `to`.
    To,
}

/// What becomes of a ConnectivityTest.
#[derive(Clone, Debug)]
pub struct TestOutcome {
    /// The test.
    pub test: Handle,
    /// Those of `allow`, then those of `deny`, in their order.
    pub expectations: Vec<Outcome>,
}

impl TestOutcome {
    /// Whether each of its expectations holds, and there is one.
    pub fn passed(&self) -> bool {
        !self.expectations.is_empty() && self.expectations.iter().all(|one| one.status == Status::Passed)
    }
}

/// What an expectation expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expect {
    /// All of the ports are allowed between each source and destination.
    Allow,
    /// None of them is allowed between any.
    Deny,
}

/// What becomes of an expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What it expects.
    pub expect: Expect,
    /// Whether it holds.
    pub status: Status,
    /// How many pairs of a source and a destination it is about.
    pub pairs: u64,
    /// How many of them made it what it is: those that are not as expected, that hang on a reading, or are not known.
    pub broken: u64,
    /// The first of these pairs, where it failed or depends.
    pub witness: Option<Witness>,
    /// The items of `except` and its like that take nobody out.
    pub idle: Vec<TextRange>,
    /// The namespaces of the pods that it is about, in order.
    pub namespaces: Vec<NamespaceId>,
}

/// Whether an expectation holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It does, however the policies may be read.
    Passed,
    /// It does not.
    Failed,
    /// It does as the matrix shows it, and not under each reading.
    Depends,
    /// It proves nothing.
    Void(Void),
    /// It cannot be told.
    Unknown(Unknown),
}

/// Why an expectation proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Void {
    /// This item of an end matches nobody.
    Nobody(Side, TextRange),
    /// All of an end is taken out of it.
    NothingLeft(Side),
    /// No destination has the port of this item's name.
    NoSuchPort(TextRange),
    /// Nothing is left of the ports.
    NoPorts,
    /// No policy can decide between any of the two ends.
    NoPairs,
}

/// Why it cannot be told whether an expectation holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unknown {
    /// Cells were not evaluated.
    NotEvaluated,
    /// Policies are not evaluated that may concern its pods.
    MissingPolicies,
    /// Some workloads are not in the matrix.
    LeftOutWorkloads,
    /// The tests are too much work.
    TooMuch,
}

/// A connection that is not as expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Witness {
    /// Who opens it.
    pub source: PeerId,
    /// Who accepts it.
    pub destination: PeerId,
    /// Its protocol.
    pub protocol: Protocol,
    /// The port of the destination.
    pub port: u16,
    /// Where one of the two is a range: an address of it that is meant.
    pub address: Option<IpAddr>,
    /// An end on the host network, where no policy has a say at either end.
    pub on_host_network: Option<PeerId>,
}
