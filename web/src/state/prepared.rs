//! The result of the first example (`web/first.json`, which `cargo xtask rules` writes): a first visit sees it before anything
//! that analyses is loaded.

use netpol_view::contract::{Options, SourceFile};

use super::examples;

/// What the worker would answer, as JSON: a summary, and the parts of its matrix as the worker calls them.
pub const RESULT: &str = include_str!(concat!(env!("OUT_DIR"), "/first.json"));

/// Whether it is the result of this input.
pub fn is_of(files: &[SourceFile], options: Options) -> bool {
    let first = examples::find(examples::FIRST).and_then(examples::Example::sources).unwrap_or_default();
    let same =
        |(file, (name, text)): (&SourceFile, &(String, String))| file.name == *name && file.text == *text;
    options == Options::default() && files.len() == first.len() && files.iter().zip(&first).all(same)
}

/// The same, read.
#[cfg(test)]
pub fn first_result() -> netpol_view::contract::Summary {
    use netpol_view::contract::{ClassMatrix, Summary};

    let value: serde_json::Value = serde_json::from_str(RESULT).unwrap();
    let mut summary: Summary = serde_json::from_value(value["summary"].clone()).unwrap();
    let part = |name: &str| value["matrix"][name].clone();
    let numbers = |name: &str| serde_json::from_value(part(name)).unwrap();
    let bytes = |name: &str| serde_json::from_value(part(name)).unwrap();
    let matrix = ClassMatrix {
        class_of: numbers("classOf"),
        count: serde_json::from_value(part("count")).unwrap(),
        cells: numbers("cells"),
        uncertain: bytes("uncertain"),
        alone: bytes("alone"),
        node_of: numbers("nodeOf"),
        on_node: bytes("onNode"),
        somewhere: Vec::new(),
    };
    summary.matrix = matrix.into();
    summary.share_rules();
    summary
}

#[cfg(test)]
mod tests {
    use netpol_view::contract::{ClassMatrix, Hypothetical, Summary};

    use super::*;

    fn first() -> Vec<SourceFile> {
        let sources = examples::find(examples::FIRST).unwrap().sources().unwrap();
        sources.into_iter().map(|(name, text)| SourceFile { name, text }).collect()
    }

    #[test]
    fn it_is_what_the_worker_answers() {
        let summary = netpol_view::analyze(first(), Options::default()).summary;
        if std::env::var_os("NETPOL_WRITE_RULES").is_some() {
            return write(&summary);
        }
        let prepared = first_result();
        // Labels of namespaces are written once, and not with each peer.
        let answered = |summary: &Summary| serde_json::to_value(summary).unwrap();
        assert!(answered(&prepared) == answered(&summary), "{STALE}");
        assert!(prepared.matrix == summary.matrix, "{STALE}");
        assert!(!prepared.findings.is_empty() && prepared.findings == summary.findings, "{STALE}");
    }

    const STALE: &str = "the first example has another result now; `cargo xtask rules` writes web/first.json";

    fn write(summary: &Summary) {
        let ClassMatrix { class_of, count, cells, uncertain, alone, node_of, on_node, somewhere } =
            &*summary.matrix;
        let matrix = serde_json::json!({
            "classOf": class_of, "count": count, "cells": cells, "uncertain": uncertain,
            "alone": alone, "nodeOf": node_of, "onNode": on_node, "somewhere": somewhere,
        });
        let result = serde_json::json!({ "summary": summary, "matrix": matrix });
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/first.json");
        std::fs::write(path, serde_json::to_string_pretty(&result).unwrap() + "\n").unwrap();
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
