//! A finished analysis as the page keeps it.

use netpol_view::contract::{
    ConnectionSet, Diagnostic, DiagnosticSeverity, Finding, FindingSeverity, ObjectRef, PeerType, Span,
    Summary,
};

use super::index::Index;
use super::matrix::names::{self, PeerName};

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
    by_id: Index,
}

impl Analysis {
    /// Takes what the worker answered; `cells` is row-major, or `None` when there are too many.
    pub fn new(summary: Summary, cells: Option<Vec<u32>>, milliseconds: Option<f64>) -> Self {
        let (names, groups) = names::of(&summary.peers, &summary.namespace_labels);
        let by_id = Index::of(summary.peers.iter().map(|peer| peer.id.clone()));
        let cells = cells.filter(|cells| cells.len() == summary.peers.len() * summary.peers.len());
        Self { summary, milliseconds, names, groups, cells, by_id }
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

    /// How many namespaces hold a workload of the input.
    pub fn namespace_count(&self) -> usize {
        let mut holds = vec![false; self.groups.len()];
        for (peer, name) in self.summary.peers.iter().zip(&self.names) {
            if let (PeerType::Workload, Some(holds)) = (peer.peer_type, holds.get_mut(name.group)) {
                *holds = true;
            }
        }
        holds.into_iter().filter(|holds| *holds).count()
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

    /// What takes no part because of an error, each once with the place of its first: an object by its name, or a
    /// document that cannot be read.
    pub fn left_out(&self) -> Vec<(Option<&ObjectRef>, &Span)> {
        let mut found: Vec<(Option<&ObjectRef>, &Span)> = Vec::new();
        for problem in &self.summary.diagnostics {
            let object = problem.object.as_ref();
            let is_known = object.is_some() && found.iter().any(|(known, _)| *known == object);
            if problem.severity == DiagnosticSeverity::Error && !is_known {
                found.push((object, &problem.span));
            }
        }
        found
    }

    /// The diagnostics that point into a file.
    pub fn problems_of<'a>(&'a self, file: &'a str) -> impl Iterator<Item = &'a Diagnostic> {
        self.summary.diagnostics.iter().filter(move |diagnostic| diagnostic.span.file == file)
    }
}
