//! The result of the first example, made by `build.rs`: a first visit sees it before anything that analyses is loaded.

use netpol_view::contract::{ClassMatrix, Options, SourceFile, Summary};
use serde::Deserialize;

use super::examples;

/// What the worker would answer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Prepared {
    summary: Summary,
    matrix: Matrix,
}

/// The matrix by classes, as far as it does not come of the peers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Matrix {
    class_of: Vec<u32>,
    count: usize,
    cells: Vec<u32>,
    uncertain: Vec<u8>,
    alone: Vec<u8>,
    node_of: Vec<u32>,
    on_node: Vec<u8>,
    somewhere: Vec<(u32, u32)>,
}

impl Prepared {
    /// The result.
    pub fn summary(self) -> Summary {
        let Matrix { class_of, count, cells, uncertain, alone, node_of, on_node, somewhere } = self.matrix;
        let matrix = ClassMatrix { class_of, count, cells, uncertain, alone, node_of, on_node, somewhere };
        let mut summary = Summary { matrix: matrix.into(), ..self.summary };
        summary.share_rules();
        summary
    }
}

/// A [`Prepared`] as JSON.
pub const RESULT: &str = include_str!(concat!(env!("OUT_DIR"), "/first.json"));

/// Whether it is the result of this input.
pub fn is_of(files: &[SourceFile], options: Options) -> bool {
    let first = examples::find(examples::FIRST).and_then(examples::Example::sources).unwrap_or_default();
    let same =
        |(file, (name, text)): (&SourceFile, &(String, String))| file.name == *name && file.text == *text;
    options == Options::default() && files.len() == first.len() && files.iter().zip(&first).all(same)
}

#[cfg(test)]
mod tests {
    use netpol_view::contract::Hypothetical;

    use super::*;

    fn first() -> Vec<SourceFile> {
        let sources = examples::find(examples::FIRST).unwrap().sources().unwrap();
        sources.into_iter().map(|(name, text)| SourceFile { name, text }).collect()
    }

    #[test]
    fn it_is_what_the_worker_answers() {
        let prepared: Prepared = serde_json::from_str(RESULT).unwrap();
        let prepared = prepared.summary();
        let summary = netpol_view::analyze(first(), Options::default()).summary;
        // Labels of namespaces are written once, and not with each peer.
        let answered = |summary: &Summary| serde_json::to_value(summary).unwrap();
        assert_eq!(answered(&prepared), answered(&summary));
        assert_eq!(prepared.matrix, summary.matrix);
        assert!(!prepared.findings.is_empty() && prepared.findings == summary.findings);
    }

    #[test]
    fn it_is_of_the_first_example_and_nothing_else() {
        assert!(is_of(&first(), Options::default()));
        let others = Options { hypothetical: Hypothetical::Never, ..Options::default() };
        assert!(!is_of(&first(), others));
        let mut edited = first();
        edited[0].text.push(' ');
        assert!(!is_of(&edited, Options::default()));
        assert!(!is_of(&first()[1..], Options::default()));
    }
}
