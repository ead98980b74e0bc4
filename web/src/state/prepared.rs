//! The result of the first example, made by `build.rs`: a first visit sees it before anything that analyses is loaded.

use netpol_view::contract::{Options, SourceFile, Summary};
use serde::Deserialize;

use super::examples;

/// What the worker would answer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Prepared {
    /// All but the cells.
    pub summary: Summary,
    /// The matrix, row-major.
    pub cells: Vec<u32>,
    /// How certain each cell is.
    pub uncertain: Vec<u8>,
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
        let netpol_view::Analysis { summary, cells, uncertain } =
            netpol_view::analyze(first(), Options::default());
        // Labels of namespaces are written once, and not with each peer.
        let answered = |summary: &Summary| serde_json::to_value(summary).unwrap();
        assert_eq!(answered(&prepared.summary), answered(&summary));
        assert_eq!((prepared.cells, prepared.uncertain), (cells, uncertain));
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
