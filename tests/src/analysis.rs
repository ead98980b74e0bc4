//! An analysis with its input, and the questions that tests ask of it.

use std::collections::BTreeMap;

use netpol_manifest::Object;
use netpol_source::Sources;
use netpol_view::contract::{
    ConnectionSet, IpBlockPods, KubernetesVersion, Options, Peer, SourceFile, Summary, UnknownFields,
};

use crate::reference::{BlockReading, Cluster};

/// What `analyze` makes of an input.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// The input.
    pub files: Vec<SourceFile>,
    /// How it was analysed.
    pub options: Options,
    /// All but the cells.
    pub summary: Summary,
    /// The cells, row-major.
    pub cells: Vec<u32>,
}

impl Analysis {
    /// Analyses files.
    pub fn of(files: Vec<SourceFile>, options: Options) -> Self {
        let (summary, cells) = netpol_view::analyze(files.clone(), options);
        Self { files, options, summary, cells }
    }

    /// Analyses one text.
    pub fn of_text(text: &str, options: Options) -> Self {
        Self::of(vec![SourceFile { name: "input.yaml".to_owned(), text: text.to_owned() }], options)
    }

    /// What is allowed between two peers, by their places.
    pub fn cell(&self, source: usize, destination: usize) -> &ConnectionSet {
        let index = self.cells[source * self.summary.peers.len() + destination];
        &self.summary.connections[index as usize]
    }

    /// The place of a peer.
    pub fn place_of(&self, id: &str) -> Option<usize> {
        self.summary.peers.iter().position(|peer| peer.id == id)
    }

    /// Every pair of peers.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let peers = self.summary.peers.len();
        (0..peers).flat_map(move |source| (0..peers).map(move |destination| (source, destination)))
    }

    /// The matrix by ids, which does not depend on the order of peers.
    pub fn by_id(&self) -> BTreeMap<(&str, &str), &ConnectionSet> {
        let id = |place: usize| self.summary.peers[place].id.as_str();
        self.pairs().map(|(from, to)| ((id(from), id(to)), self.cell(from, to))).collect()
    }

    /// The peers by id, without the places where they are written.
    pub fn peers_by_id(&self) -> BTreeMap<&str, Peer> {
        let peers = self.summary.peers.iter();
        peers.map(|peer| (peer.id.as_str(), Peer { span: None, ..peer.clone() })).collect()
    }

    /// The cluster that the slow evaluator sees in the same input.
    pub fn reference(&self) -> Cluster {
        let reading = match self.options.ip_block_pods {
            IpBlockPods::KnownAddresses => BlockReading::KnownAddresses,
            IpBlockPods::Never => BlockReading::Never,
            IpBlockPods::AnyAddress => BlockReading::AnyAddress,
        };
        let Options { kubernetes, unknown_fields, .. } = self.options;
        let options = netpol_manifest::ReadOptions {
            kubernetes: match kubernetes {
                KubernetesVersion::V1_35 => netpol_manifest::KubernetesVersion::V1_35,
                KubernetesVersion::V1_36 => netpol_manifest::KubernetesVersion::V1_36,
            },
            unknown_fields: match unknown_fields {
                UnknownFields::Refuse => netpol_manifest::UnknownFields::Refuse,
                UnknownFields::Drop => netpol_manifest::UnknownFields::Drop,
            },
        };
        Cluster::new(&objects(&self.files, options), reading)
    }
}

/// Everything that the documents of the files hold, in order.
fn objects(files: &[SourceFile], options: netpol_manifest::ReadOptions) -> Vec<Object> {
    let sources = Sources::new(files.to_vec());
    sources.documents().flat_map(|(_, text)| netpol_manifest::read_with(text, options).objects).collect()
}
