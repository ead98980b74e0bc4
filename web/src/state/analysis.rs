//! A finished analysis as the page keeps it.

use netpol_view::certainty::CERTAIN;
use netpol_view::contract::{
    ConnectionSet, Diagnostic, DiagnosticSeverity, Finding, FindingSeverity, PeerType, Span, Summary,
};

use super::index::Index;
use super::matrix::certainty::Certainty;
use super::matrix::names::{self, PeerName};
use super::message::Matrix;

/// An analysis with the names and look-ups that the page needs of it.
#[derive(Debug, Default)]
pub struct Analysis {
    /// All but the cells.
    pub summary: Summary,
    /// How long it took in the worker; `None` where it was made when the page was built.
    pub milliseconds: Option<f64>,
    /// How each peer is called, in the order of the peers.
    pub names: Vec<PeerName>,
    /// Namespaces and other groups of peers, in the order of the matrix.
    pub groups: Vec<String>,
    cells: Option<Vec<u32>>,
    /// Empty where all cells are certain.
    uncertain: Vec<u8>,
    by_id: Index,
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
    /// Takes what the worker answered; there is no matrix when it is too large.
    pub fn new(summary: Summary, matrix: Option<Matrix>, milliseconds: Option<f64>) -> Self {
        let (names, groups) = names::of(&summary.peers, &summary.namespace_labels);
        let by_id = Index::of(summary.peers.iter().map(|peer| peer.id.clone()));
        let count = summary.peers.len() * summary.peers.len();
        let (cells, uncertain) = match matrix.filter(|matrix| matrix.cells.len() == count) {
            Some(Matrix { cells, uncertain }) => (Some(cells), uncertain),
            None => (None, Vec::new()),
        };
        let uncertain = if uncertain.iter().all(|code| *code == CERTAIN) { Vec::new() } else { uncertain };
        Self { summary, milliseconds, names, groups, cells, uncertain, by_id }
    }

    /// How many rows the whole matrix has.
    pub fn peer_count(&self) -> usize {
        self.summary.peers.len()
    }

    /// Whether the matrix was too large to be handed over.
    pub fn is_too_large(&self) -> bool {
        self.cells.is_none()
    }

    /// The index of a peer.
    pub fn peer(&self, id: &str) -> Option<usize> {
        self.by_id.find(id)
    }

    /// The cells of one source, an index into the connections for each destination.
    pub fn row(&self, source: usize) -> &[u32] {
        let count = self.peer_count();
        let cells = self.cells.as_deref().unwrap_or_default();
        cells.get(source * count..(source + 1) * count).unwrap_or_default()
    }

    /// The connections from a source to a destination; `None` out of range.
    pub fn connections(&self, source: usize, destination: usize) -> Option<&ConnectionSet> {
        let index = *self.row(source).get(destination)?;
        self.summary.connections.get(index as usize)
    }

    /// Whether there are cells that are not certain.
    pub fn is_uncertain(&self) -> bool {
        !self.uncertain.is_empty()
    }

    /// How certain the connections from a source to a destination are. What is never judged is certain.
    pub fn certainty(&self, source: usize, destination: usize) -> Certainty {
        let code = self.uncertain.get(source * self.peer_count() + destination);
        let certainty = Certainty::of(code.copied().unwrap_or(CERTAIN));
        let outside = self.is(source, PeerType::External) && self.is(destination, PeerType::External);
        let itself = source == destination && self.is_single(source);
        if outside || itself { Certainty::Certain } else { certainty }
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
        self.summary.peers.iter().filter(|peer| peer.peer_type == peer_type).count()
    }

    /// Whether there is nothing but addresses.
    pub fn has_no_pods(&self) -> bool {
        self.summary.peers.iter().all(|peer| peer.peer_type == PeerType::External)
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
        let counts = |finding: &&Finding| finding.severity == severity && !finding.silenced;
        self.summary.findings.iter().filter(counts).count()
    }

    /// The documents that cannot be read and do not say what they are: the places of their errors. What is too much says
    /// so by itself.
    pub fn unreadable(&self) -> impl Iterator<Item = &Span> {
        let is_of_a_document = |problem: &&Diagnostic| {
            problem.severity == DiagnosticSeverity::Error
                && problem.object.is_none()
                && !problem.code.starts_with("too-many-")
        };
        self.summary.diagnostics.iter().filter(is_of_a_document).map(|problem| &problem.span)
    }

    /// The diagnostics that point into a file.
    pub fn problems_of<'a>(&'a self, file: &'a str) -> impl Iterator<Item = &'a Diagnostic> {
        self.summary.diagnostics.iter().filter(move |diagnostic| diagnostic.span.file == file)
    }
}

#[cfg(test)]
mod tests {
    use netpol_view::certainty::DEPENDS_ON_PLUGIN;
    use netpol_view::contract::{ObjectRef, PolicySummary, Tier};

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
            Analysis::new(summary, None, None).judged()
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
