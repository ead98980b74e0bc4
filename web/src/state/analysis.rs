//! A finished analysis as the page keeps it.

use netpol_view::contract::{
    ConnectionSet, Diagnostic, DiagnosticSeverity, FindingSeverity, ObjectRef, PeerType, Span, Summary,
};

use super::index::Index;
use super::matrix::certainty::Certainty;
use super::matrix::names::{self, PeerName};
use super::matrix::sums::{self, Kinds};

/// An analysis with the names and look-ups that the page needs of it.
#[derive(Debug, Default)]
pub struct Analysis {
    /// All of it, the cells by classes.
    pub summary: Summary,
    /// How long it took in the worker; `None` where it was made when the page was built.
    pub milliseconds: Option<f64>,
    /// How each peer is called, in the order of the peers.
    pub names: Vec<PeerName>,
    /// Namespaces and other groups of peers, in the order of the matrix.
    pub groups: Vec<String>,
    kinds: Kinds,
    by_id: Index,
    counts: Counts,
}

/// What is counted once, and shown at each change of the page.
#[derive(Debug, Default)]
struct Counts {
    workloads: usize,
    hypothetical: usize,
    external: usize,
    findings: [usize; 4],
}

impl Counts {
    fn of(summary: &Summary) -> Self {
        let mut counts = Self::default();
        for peer in &summary.peers {
            *match peer.peer_type {
                PeerType::Workload => &mut counts.workloads,
                PeerType::Hypothetical => &mut counts.hypothetical,
                PeerType::External => &mut counts.external,
            } += 1;
        }
        for finding in summary.findings.iter().filter(|finding| !finding.silenced) {
            if let Some(count) = counts.findings.get_mut(finding.severity as usize) {
                *count += 1;
            }
        }
        counts
    }
}

/// What there was for the rules to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// Neither policies nor workloads.
    Nothing,
    /// Policies without the workloads that they are for.
    PoliciesAlone,
    /// Workloads, with policies or without.
    Workloads,
}

impl Analysis {
    /// Takes what the worker answered.
    pub fn new(summary: Summary, milliseconds: Option<f64>) -> Self {
        let (names, groups) = names::of(&summary.peers, &summary.namespace_labels);
        let by_id = Index::of(summary.peers.iter().map(|peer| peer.id.clone()));
        let kinds = Kinds::new(&summary.matrix);
        let counts = Counts::of(&summary);
        Self { summary, milliseconds, names, groups, kinds, by_id, counts }
    }

    /// How many rows the whole matrix has.
    pub fn peer_count(&self) -> usize {
        self.summary.peers.len()
    }

    /// The peers by what the matrix cannot tell apart.
    pub fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    /// The index of a peer.
    pub fn peer(&self, id: &str) -> Option<usize> {
        self.by_id.find(id)
    }

    /// The id under which an object is described: that of a policy, or of a row of the matrix.
    pub fn described(&self, object: &ObjectRef) -> Option<String> {
        let id = id_of(object);
        (object.kind.ends_with("NetworkPolicy") || self.peer(&id).is_some()).then_some(id)
    }

    /// What is allowed from a source to a destination, an index into the connections.
    pub fn cell(&self, source: usize, destination: usize) -> u32 {
        self.summary.matrix.cell(source, destination)
    }

    /// The connections from a source to a destination; `None` out of range.
    pub fn connections(&self, source: usize, destination: usize) -> Option<&ConnectionSet> {
        let is_there = source.max(destination) < self.peer_count();
        let set = is_there.then(|| self.cell(source, destination))?;
        self.summary.connections.get(set as usize)
    }

    /// Whether there are cells that are not certain.
    pub fn is_uncertain(&self) -> bool {
        let all: Vec<usize> = (0..self.peer_count()).collect();
        sums::uncertain(self, &all, &all).0 > 0
    }

    /// How certain the connections from a source to a destination are. What is never judged is certain.
    pub fn certainty(&self, source: usize, destination: usize) -> Certainty {
        let outside = self.is(source, PeerType::External) && self.is(destination, PeerType::External);
        let itself = source == destination && self.is_single(source);
        let is_there = source.max(destination) < self.peer_count();
        if outside || itself || !is_there {
            return Certainty::Certain;
        }
        Certainty::of(self.summary.matrix.certainty(source, destination))
    }

    /// Whether a peer is of this type.
    pub fn is(&self, peer: usize, peer_type: PeerType) -> bool {
        self.summary.peers.get(peer).is_some_and(|peer| peer.peer_type == peer_type)
    }

    /// Whether a workload has one pod only, which always reaches itself.
    pub fn is_single(&self, peer: usize) -> bool {
        let replicas = self.summary.peers.get(peer).and_then(|peer| peer.replicas);
        replicas.is_some_and(|replicas| replicas <= 1)
    }

    /// How a peer is called in a sentence.
    pub fn full_name(&self, peer: usize) -> &str {
        self.names.get(peer).map_or("", |name| &name.full)
    }

    /// How a peer is called in a question: by its name where no other has the same, by its address, or by its id.
    pub fn query_name(&self, peer: usize) -> String {
        let Some(it) = self.summary.peers.get(peer) else { return String::new() };
        let only = |cidrs: &Vec<String>| match cidrs.as_slice() {
            [only] => only
                .split_once('/')
                .filter(|(_, bits)| matches!(*bits, "32" | "128"))
                .map(|(at, _)| at.to_owned()),
            _ => None,
        };
        let name = || Some(format!("{}/{}", it.namespace.as_ref()?, it.name.as_ref()?));
        let called = match it.peer_type {
            PeerType::Workload => name().filter(|name| {
                let same = |other: &&netpol_view::contract::Peer| {
                    other.namespace == it.namespace && other.name == it.name
                };
                !name.is_empty() && self.summary.peers.iter().filter(same).count() == 1
            }),
            PeerType::External => it.cidrs.as_ref().and_then(only),
            PeerType::Hypothetical => None,
        };
        called.unwrap_or_else(|| it.id.clone())
    }

    /// How many peers are of a type.
    pub fn count(&self, peer_type: PeerType) -> usize {
        match peer_type {
            PeerType::Workload => self.counts.workloads,
            PeerType::Hypothetical => self.counts.hypothetical,
            PeerType::External => self.counts.external,
        }
    }

    /// Whether there is nothing but addresses.
    pub fn has_no_pods(&self) -> bool {
        self.counts.workloads + self.counts.hypothetical == 0
    }

    /// What there was for the rules to judge.
    pub fn judged(&self) -> Judged {
        if self.count(PeerType::Workload) > 0 {
            Judged::Workloads
        } else if self.summary.policies.is_empty() {
            Judged::Nothing
        } else {
            Judged::PoliciesAlone
        }
    }

    /// How many diagnostics are of a severity.
    pub fn problem_count(&self, severity: DiagnosticSeverity) -> usize {
        self.summary.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }

    /// How many findings are of a severity, without those that somebody has silenced.
    pub fn finding_count(&self, severity: FindingSeverity) -> usize {
        self.counts.findings.get(severity as usize).copied().unwrap_or_default()
    }

    /// The documents that cannot be read and do not say what they are: the places of their errors. What is too much says
    /// so by itself.
    pub fn unreadable(&self) -> impl Iterator<Item = &Span> {
        let is_of_a_document = |problem: &&Diagnostic| {
            problem.severity == DiagnosticSeverity::Error
                && problem.object.is_none()
                && !problem.code.starts_with("too-many-")
                // Of a lab, which is no manifest.
                && !netpol_labs::is_markdown(&problem.span.file)
        };
        self.summary.diagnostics.iter().filter(is_of_a_document).map(|problem| &problem.span)
    }

    /// The diagnostics that point into a file.
    pub fn problems_of<'a>(&'a self, file: &'a str) -> impl Iterator<Item = &'a Diagnostic> {
        self.summary.diagnostics.iter().filter(move |diagnostic| diagnostic.span.file == file)
    }
}

/// The id of an object: `shop/deny-all[NetworkPolicy]`.
pub fn id_of(object: &ObjectRef) -> String {
    let namespace = object.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
    format!("{namespace}{}[{}]", object.name, object.kind)
}

#[cfg(test)]
mod tests {
    use netpol_view::certainty::DEPENDS_ON_PLUGIN;
    use netpol_view::contract::{PolicySummary, Tier};

    use super::*;
    use crate::state::fixture;

    fn policy() -> PolicySummary {
        let start = netpol_view::contract::Position { line: 1, column: 1 };
        PolicySummary {
            object: ObjectRef {
                group: None,
                kind: "NetworkPolicy".into(),
                namespace: None,
                name: "a".into(),
            },
            tier: Tier::NetworkPolicy,
            priority: None,
            ingress: true,
            egress: false,
            subjects: Vec::new(),
            subject_count: 0,
            span: Span { file: "a.yaml".into(), start, end: start },
        }
    }

    #[test]
    fn what_there_was_to_judge() {
        let mut hypothetical = fixture::workload("a", "x");
        hypothetical.peer_type = PeerType::Hypothetical;
        let judged = |peers, policies| {
            let summary = Summary { peers, policies, ..Summary::default() };
            Analysis::new(summary, None).judged()
        };
        assert_eq!(judged(vec![fixture::external(&["::/0"])], Vec::new()), Judged::Nothing);
        assert_eq!(judged(vec![hypothetical], vec![policy()]), Judged::PoliciesAlone);
        assert_eq!(judged(vec![fixture::workload("a", "x")], Vec::new()), Judged::Workloads);
    }

    #[test]
    fn what_is_never_judged_is_certain() {
        let mut single = fixture::workload("a", "single");
        single.replicas = Some(1);
        let peers = vec![single, fixture::workload("a", "x"), fixture::external(&["::/0"])];
        let analysis = fixture::uncertain(peers.clone(), |_, _| 0, |_, _| DEPENDS_ON_PLUGIN);
        assert!(analysis.is_uncertain());
        for (source, destination, certainty) in [
            (0, 1, Certainty::DependsOnPlugin),
            (1, 1, Certainty::DependsOnPlugin),
            (2, 0, Certainty::DependsOnPlugin),
            (0, 0, Certainty::Certain),
            (2, 2, Certainty::Certain),
            (9, 9, Certainty::Certain),
        ] {
            assert_eq!(analysis.certainty(source, destination), certainty, "{source} {destination}");
        }
        assert!(!fixture::analysis(peers, |_, _| 0).is_uncertain());
    }
}
