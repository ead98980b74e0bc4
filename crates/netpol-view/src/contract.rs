//! The plain data that crosses to JavaScript. The names are the public contract: fields may be added, never renamed.
//!
//! The TypeScript declarations of the package are generated from these types.

mod change;
mod editor;
mod namespace;
mod omitted;
mod profile;
mod test;
mod trace;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use change::{
    CellChange, DiffKind, DiffLine, FileDiff, FindingChange, FindingChanges, Migration, PortWanted,
    PortsWanted, Preview,
};
pub use editor::{Completion, Completions, Hover, Located, LocatedPart};
pub use namespace::{FindingCounts, NamespaceSummary};
/// The matrix by classes.
pub use netpol_eval::ClassMatrix;
/// A file of the input.
pub use netpol_source::SourceFile;
pub use omitted::{Checks, Incomplete, NotRead, Refused};
pub use profile::{PeerProfile, PolicyMention, PolicyProfile, Reach, RuleInWords, RuleMention};
pub use test::{Expect, ExpectationResult, TestReport, TestResult, TestStatus};
pub use trace::{Action, DirectionTrace, EndVerdict, Explanation, Tier, TraceStep, Verdict};

/// How to analyse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", default)]
pub struct Options {
    /// Whether selectors that match nothing get a workload of their own.
    #[cfg_attr(test, ts(as = "Option<_>", optional))]
    pub hypothetical: Hypothetical,
    /// How an `ipBlock` treats addresses inside the cluster.
    #[cfg_attr(test, ts(as = "Option<_>", optional))]
    pub ip_block_pods: IpBlockPods,
    /// Whose API server accepts or refuses the objects.
    #[cfg_attr(test, ts(as = "Option<_>", optional))]
    pub kubernetes: KubernetesVersion,
    /// What becomes of an object with a field that there is not.
    #[cfg_attr(test, ts(as = "Option<_>", optional))]
    pub unknown_fields: UnknownFields,
}

/// Whether to add workloads that the input speaks of but does not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Hypothetical {
    /// Where a selector matches nothing.
    #[default]
    Auto,
    /// Never.
    Never,
}

/// How an `ipBlock` treats pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum IpBlockPods {
    /// A pod is matched by its address where that is known.
    #[default]
    KnownAddresses,
    /// No pod is ever matched.
    Never,
    /// As the first, and a pod of unknown address is matched by a block of every address.
    AnyAddress,
}

/// A release of Kubernetes, as far as releases differ in what they accept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum KubernetesVersion {
    /// 1.35 and before.
    #[serde(rename = "1.35")]
    V1_35,
    /// 1.36 and later: address blocks must be written in the one right way.
    #[default]
    #[serde(rename = "1.36")]
    V1_36,
}

/// What becomes of an object with a field that there is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum UnknownFields {
    /// It is refused, as by `kubectl apply`.
    #[default]
    Refuse,
    /// The field is dropped, as by clients that do not ask for validation.
    Drop,
}

/// All of an analysis but the cells of the matrix.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// What is wrong with the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Rows and columns of the matrix, in this order.
    pub peers: Vec<Peer>,
    /// The distinct sets of connections; the first is none, the second all.
    pub connections: Vec<ConnectionSet>,
    /// The policies that take part.
    pub policies: Vec<PolicySummary>,
    /// What is insecure or mistaken.
    pub findings: Vec<Finding>,
    /// What the result leaves out: the cluster may allow more or less than is shown. Empty for a result that is whole.
    #[serde(default)]
    pub incomplete: Vec<Incomplete>,
    /// The objects that the API server would refuse, in the order of the text; each has errors among the diagnostics.
    #[serde(default)]
    pub refused: Vec<Refused>,
    /// What is not read, by kind: objects that do not say who may talk to whom.
    #[serde(default)]
    pub not_read: Vec<NotRead>,
    /// What the findings come of.
    #[serde(default)]
    pub checks: Checks,
    /// The namespaces of the input, in the order in which it first speaks of them.
    #[serde(default)]
    pub namespaces: Vec<NamespaceSummary>,
    /// The labels of each namespace, by what peers call it.
    #[serde(default)]
    pub namespace_labels: BTreeMap<String, Arc<BTreeMap<String, String>>>,
    /// What becomes of the policy tests of the input, in the order of the text.
    #[serde(default)]
    pub tests: Vec<TestResult>,
    /// What all findings of a rule have in common, for each rule that has any.
    pub rules: Vec<RuleSummary>,
    /// The matrix by classes of peers: all of it, however many peers there are.
    // Typed arrays, which travel beside the rest.
    #[serde(skip_serializing, skip_deserializing)]
    #[cfg_attr(test, ts(type = "ClassMatrix"))]
    pub matrix: Arc<ClassMatrix>,
}

/// Whether a workload reaches the DNS of the cluster, or a resolver that a rule names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Dns {
    /// Over UDP, which is asked first.
    pub works: bool,
    /// What is missing, and why.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub why: Option<String>,
}

/// A row and column of the matrix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    /// Unique: `default/frontend[Deployment]`, `external:10.0.0.0/16`.
    pub id: String,
    /// What it stands for.
    #[serde(rename = "type")]
    pub peer_type: PeerType,
    /// Of a workload.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub namespace: Option<String>,
    /// Of a workload; for a hypothetical one its labels in words, or `any other pod`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub name: Option<String>,
    /// Of a workload.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub kind: Option<String>,
    /// Labels of the pods.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub labels: Option<BTreeMap<String, String>>,
    /// Labels of their namespace: the same object as in `Summary.namespaceLabels`.
    // Written once there, as many peers may share many labels.
    #[serde(skip_serializing, default)]
    #[cfg_attr(test, ts(optional))]
    pub namespace_labels: Option<Arc<BTreeMap<String, String>>>,
    /// Ports that the containers declare.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub ports: Option<Vec<Port>>,
    /// Whether the pods use the network of their node.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub host_network: Option<bool>,
    /// Of a workload whose pods selectors tell apart: which of its pods this row stands for, such as `0` or
    /// `version=2`. The other rows of the workload have the same namespace, name and kind.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub variant: Option<String>,
    /// How many pods, where the manifest says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub replicas: Option<u32>,
    /// Of a workload of the input: whether it can ask for names.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub dns: Option<Dns>,
    /// Of an external peer: the shortest list that covers its addresses exactly, where that has at most 1,000 entries.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub cidrs: Option<Vec<String>>,
    /// Of an external peer: the CIDR that policies mention, or every address. Its addresses are those of it that
    /// `except` does not hold.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub network: Option<String>,
    /// Of an external peer: the CIDRs within `network` whose addresses belong to other peers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub except: Option<Vec<String>>,
    /// Of an external peer, what is known of it: `any other IPv4 address`, `cloud metadata endpoint`, `node worker-1`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub note: Option<String>,
    /// Where it is written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub span: Option<Span>,
}

impl Peer {
    /// A peer outside the cluster of which nothing else is said.
    pub(crate) fn outsider(id: String) -> Self {
        Self {
            id,
            peer_type: PeerType::External,
            namespace: None,
            name: None,
            kind: None,
            labels: None,
            namespace_labels: None,
            ports: None,
            host_network: None,
            variant: None,
            replicas: None,
            dns: None,
            cidrs: None,
            network: None,
            except: None,
            note: None,
            span: None,
        }
    }
}

/// What a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum PeerType {
    /// Pods of the input.
    Workload,
    /// Pods that a policy speaks of and the input does not hold.
    Hypothetical,
    /// Addresses.
    External,
}

/// A declared container port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Port {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub name: Option<String>,
    /// 1-65535.
    pub port: u16,
    /// The protocol.
    pub protocol: Protocol,
}

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

/// A set of (protocol, port); intervals are inclusive, sorted and merged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "UPPERCASE")]
pub struct ConnectionSet {
    /// `none`, `all`, or such as `TCP 80, 8000-8080; UDP 53`.
    #[serde(rename = "text")]
    pub text: String,
    /// Ports of TCP.
    pub tcp: Vec<(u16, u16)>,
    /// Ports of UDP.
    pub udp: Vec<(u16, u16)>,
    /// Ports of SCTP.
    pub sctp: Vec<(u16, u16)>,
}

impl ConnectionSet {
    /// Whether a connection on this protocol and port is in the set.
    pub fn contains(&self, protocol: Protocol, port: u16) -> bool {
        let intervals = match protocol {
            Protocol::Tcp => &self.tcp,
            Protocol::Udp => &self.udp,
            Protocol::Sctp => &self.sctp,
        };
        intervals.iter().any(|(first, last)| (*first..=*last).contains(&port))
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Span {
    /// The file's name.
    pub file: String,
    /// The first character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
}

/// Line and column, both from 1; columns in UTF-16 units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in UTF-16 units.
    pub column: u32,
}

/// What is said about a place in the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: DiagnosticSeverity,
    /// A stable name of this kind of mistake.
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
    /// The field as the API server prints it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub path: Option<String>,
    /// The object.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub object: Option<ObjectRef>,
    /// Where.
    pub span: Span,
    /// Other places that belong to it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    #[cfg_attr(test, ts(as = "Option<_>", optional))]
    pub related: Vec<Related>,
    /// How to mend it, where there is only one way to mean it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    #[cfg_attr(test, ts(as = "Option<_>", optional))]
    pub fixes: Vec<QuickFix>,
}

/// A change that mends what a diagnostic is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct QuickFix {
    /// What it does.
    pub title: String,
    /// All to be made at once.
    pub edits: Vec<TextEdit>,
}

/// A piece of a file and what to put in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TextEdit {
    /// What goes; empty to insert.
    pub span: Span,
    /// What comes.
    pub text: String,
}

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum DiagnosticSeverity {
    /// The object takes no part.
    Error,
    /// Probably not what is meant.
    Warning,
    /// Worth knowing.
    Info,
}

/// A second place of a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Related {
    /// What stands there.
    pub message: String,
    /// Where.
    pub span: Span,
}

/// An object's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ObjectRef {
    /// The API group, such as `networking.k8s.io`; absent for the core group.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub group: Option<String>,
    /// The kind.
    pub kind: String,
    /// The namespace of a namespaced object.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

/// A policy that takes part in the analysis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PolicySummary {
    /// The policy.
    pub object: ObjectRef,
    /// Where it is asked.
    pub tier: Tier,
    /// Its `priority`, where it has one: of one tier, lower ones come first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub priority: Option<u16>,
    /// Whether it has a say for its subjects in ingress: a NetworkPolicy isolates them, a cluster-scoped policy has rules.
    pub ingress: bool,
    /// Whether it has a say for its subjects in egress.
    pub egress: bool,
    /// Ids of the peers that it selects. Of an input with very many, those of the first policies: `subjectCount` says
    /// how many there are.
    pub subjects: Vec<String>,
    /// How many peers it selects.
    #[serde(default)]
    pub subject_count: u32,
    /// Where it is written.
    pub span: Span,
}

/// Something insecure or mistaken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Finding {
    /// `NP301`.
    pub code: String,
    /// `subject-matches-nothing`.
    pub rule: String,
    /// How bad it is.
    pub severity: FindingSeverity,
    /// What is wrong here.
    pub message: String,
    /// Why it matters and what to do: the same string as in `Summary.rules`.
    // Written once there, as its references are.
    #[serde(skip_serializing, skip_deserializing)]
    #[cfg_attr(test, ts(type = "string"))]
    pub help: Arc<str>,
    /// What it is about.
    pub subject: ObjectRef,
    /// The lines that make it so.
    pub spans: Vec<Span>,
    /// A connection that proves it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub witness: Option<Connection>,
    /// What the witness shows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub proof: Option<Proof>,
    /// Standards and scanners that say the same: the same array as in `Summary.rules`.
    #[serde(skip_serializing, skip_deserializing)]
    #[cfg_attr(test, ts(type = "Reference[]"))]
    pub references: Arc<[Reference]>,
    /// Whether `fix` offers a change. Of a large input this is not tried out beforehand: `fix` may find that the change
    /// would not do.
    pub fixable: bool,
    /// Where there is more than one right way to mend it: what each is called. `fix` takes their places.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<String>>"))]
    pub ways: Vec<String>,
    /// Whether an annotation of the subject (`netpol.playground/ignore: NP204`) silences it.
    #[serde(default)]
    pub silenced: bool,
    /// What follows from it: what other rules find for the same cause, the worst first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<Evidence>>"))]
    pub evidence: Vec<Evidence>,
}

/// A finding that has the same cause as the one that it is evidence of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Evidence {
    /// `NP107`.
    pub code: String,
    /// `metadata-endpoint-reachable`.
    pub rule: String,
    /// How bad it is.
    pub severity: FindingSeverity,
    /// What is wrong here.
    pub message: String,
    /// The lines that make it so.
    pub spans: Vec<Span>,
    /// A connection that proves it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub witness: Option<Connection>,
}

/// What all findings of a rule have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RuleSummary {
    /// `NP301`.
    pub code: String,
    /// Why it matters and what to do.
    #[cfg_attr(test, ts(type = "string"))]
    pub help: Arc<str>,
    /// Standards and scanners that say the same.
    #[cfg_attr(test, ts(type = "Reference[]"))]
    pub references: Arc<[Reference]>,
}

impl Summary {
    /// Gives each finding what it shares with all others of its rule, which is written once.
    pub fn share_rules(&mut self) {
        for finding in &mut self.findings {
            if let Some(rule) = self.rules.iter().find(|rule| rule.code == finding.code) {
                (finding.help, finding.references) = (Arc::clone(&rule.help), Arc::clone(&rule.references));
            }
        }
    }
}

/// What the witness of a finding shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// That this connection is allowed.
    Allowed,
    /// That this connection is cut.
    Denied,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum FindingSeverity {
    /// An attacker gains reach.
    High,
    /// A control is missing or does not do what it seems to.
    Medium,
    /// Wider than needed.
    Low,
    /// Worth knowing.
    Info,
}

/// Where else a finding is described.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Reference {
    /// `CIS Kubernetes Benchmark v1.12`, `MITRE ATT&CK`, `Kubescape`, …
    pub standard: String,
    /// `5.3.2`, `T1046`, `C-0260`, …
    pub id: String,
}

/// One concrete connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Connection {
    /// Peer id.
    pub source: String,
    /// Peer id.
    pub destination: String,
    /// The protocol.
    pub protocol: Protocol,
    /// The destination port, 1-65535.
    pub port: u16,
}
