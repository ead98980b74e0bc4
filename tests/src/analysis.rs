//! An analysis with its input, and the questions that tests ask of it.

use std::collections::BTreeMap;

use netpol_view::contract::{ConnectionSet, IpBlockPods, Options, Peer, SourceFile, Summary};
use serde::Deserialize;
use serde_json::Value;

use crate::oracle::{BlockReading, Cluster};

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
    /// How certain each of them is: 0 where it is.
    pub uncertain: Vec<u8>,
}

impl Analysis {
    /// Analyses files.
    pub fn of(files: Vec<SourceFile>, options: Options) -> Self {
        let netpol_view::Analysis { summary, cells, uncertain } =
            netpol_view::analyze(files.clone(), options);
        Self { files, options, summary, cells, uncertain }
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

    /// Whether a cell is marked as depending on more than the input says.
    pub fn is_uncertain(&self, source: usize, destination: usize) -> bool {
        self.uncertain[source * self.summary.peers.len() + destination] != 0
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

    /// The cluster that the oracle sees in objects: those of the input, as they are meant.
    pub fn oracle(&self, objects: &[Value]) -> Cluster {
        let reading = match self.options.ip_block_pods {
            IpBlockPods::KnownAddresses => BlockReading::KnownAddresses,
            IpBlockPods::Never => BlockReading::Never,
            IpBlockPods::AnyAddress => BlockReading::AnyAddress,
        };
        Cluster::new(objects, reading)
    }
}

/// The documents of files, read by other people's readers of YAML and JSON.
///
/// # Errors
/// When a text is nothing that they can read.
pub fn documents(files: &[SourceFile]) -> Result<Vec<Value>, String> {
    let mut values = Vec::new();
    for file in files {
        let text = file.text.trim_start_matches('\u{feff}');
        let json = serde_json::Deserializer::from_str(text).into_iter().collect::<Result<Vec<Value>, _>>();
        if let Ok(read) = json {
            values.extend(read);
            continue;
        }
        // A comment right behind a separator is one to `kubectl`.
        let text = text.replace("\n---#", "\n--- #");
        for document in serde_yaml::Deserializer::from_str(&text) {
            let read = serde_yaml::Value::deserialize(document).and_then(|mut value| {
                value.apply_merge()?;
                serde_yaml::from_value::<Value>(value)
            });
            values.push(read.map_err(|error| format!("{}: {error}", file.name))?);
        }
    }
    Ok(values)
}
