//! The documents of one input after another; those that did not change are not read again.
//!
//! All documents of an input share what their aliases may stand for and what it may cost to try out fixes. Each gets
//! what those before it leave, so that what is read of an input never depends on the inputs before.

use std::collections::HashMap;
use std::sync::Arc;

use netpol_manifest::{Document, Limits, ReadOptions};
use netpol_source::Sources;

use crate::beat::Beat;
use crate::protocol::Phase;

/// How much text one step reads: some milliseconds of work.
const BYTES_PER_STEP: usize = 256 * 1024;

/// How many values all aliases of an input may stand for, in memory some hundred bytes each.
const MOST_ALIASED: u64 = 600_000;

/// What it may cost to try out the fixes of an input, in bytes that are read. What the last one takes that is tried is
/// besides.
const MOST_TRIED: u64 = 1024 * 1024;

/// How many diagnostics are kept before each document gets only [`FEWEST_SAID`].
const MOST_SAID: usize = 20_000;

/// How many diagnostics are kept of each document in any case.
const FEWEST_SAID: usize = 10;

/// What is read of the present input, and what is kept of it for the next.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    documents: Vec<Arc<Document>>,
    /// Every document of this input and, until all of it is read, of the last one, by its text.
    kept: HashMap<String, Kept>,
    options: ReadOptions,
    /// Counts the inputs.
    generation: u64,
    aliased: u64,
    tried: u64,
    said: usize,
}

#[derive(Debug)]
struct Kept {
    document: Arc<Document>,
    limits: Limits,
    generation: u64,
}

impl Kept {
    /// Whether reading it within these limits would come to the same.
    fn is_same_within(&self, limits: Limits) -> bool {
        let aliased = self.document.aliased;
        let is_whole = aliased <= self.limits.aliases;
        let same_aliases =
            if is_whole { aliased <= limits.aliases } else { self.limits.aliases == limits.aliases };
        let said = self.document.diagnostics.len();
        let same_diagnostics = if said <= self.limits.diagnostics {
            said <= limits.diagnostics
        } else {
            self.limits.diagnostics == limits.diagnostics
        };
        let has_no_fixes = self.limits.fixes && self.document.tried == 0;
        same_aliases && same_diagnostics && (has_no_fixes || self.limits.fixes == limits.fixes)
    }
}

impl Reading {
    /// Begins with another input.
    pub(crate) fn begin(&mut self) {
        self.documents.clear();
        self.generation += 1;
        (self.aliased, self.tried, self.said) = (0, 0, 0);
    }

    /// Reads in another way from now on: what is kept was read in the old one.
    pub(crate) fn set_options(&mut self, options: ReadOptions) {
        if self.options != options {
            self.options = options;
            self.kept.clear();
            self.begin();
        }
    }

    /// What is read so far, in the order of the input.
    pub(crate) fn documents(&self) -> &[Arc<Document>] {
        &self.documents
    }

    /// What was read of a text that is a document of the input.
    pub(crate) fn known(&self, text: &str) -> Option<Arc<Document>> {
        self.kept.get(text).map(|kept| Arc::clone(&kept.document))
    }

    /// Reads documents for one step; the number that are read, and of all.
    pub(crate) fn read_some(&mut self, sources: &Sources, beat: Beat<'_>) -> (usize, usize) {
        let all = sources.documents().count();
        let mut budget = BYTES_PER_STEP;
        for (_, text) in sources.documents().skip(self.documents.len()) {
            let limits = self.limits();
            let generation = self.generation;
            let document = match self.kept.get_mut(text).filter(|kept| kept.is_same_within(limits)) {
                Some(kept) => {
                    kept.generation = generation;
                    Arc::clone(&kept.document)
                }
                None => {
                    if budget == 0 {
                        return (self.documents.len(), all);
                    }
                    beat(Phase::Reading, self.documents.len() as f64 / all.max(1) as f64);
                    budget = budget.saturating_sub(text.len());
                    let document = Arc::new(netpol_manifest::read_within(text, self.options, limits));
                    let kept = Kept { document: Arc::clone(&document), limits, generation };
                    self.kept.insert(text.to_owned(), kept);
                    document
                }
            };
            // One that is left out for its aliases takes nothing from those behind it.
            if document.aliased <= limits.aliases {
                self.aliased += document.aliased;
            }
            self.tried += document.tried;
            self.said += document.diagnostics.len();
            self.documents.push(document);
        }
        self.kept.retain(|_, kept| kept.generation == self.generation);
        (self.documents.len(), self.documents.len())
    }

    /// What the next document may cost.
    fn limits(&self) -> Limits {
        let limits = Limits::default();
        let aliases = limits.aliases.min(MOST_ALIASED.saturating_sub(self.aliased));
        let diagnostics = if self.said < MOST_SAID { limits.diagnostics } else { FEWEST_SAID };
        Limits { aliases, diagnostics, fixes: self.tried < MOST_TRIED }
    }
}

#[cfg(test)]
mod tests {
    use netpol_source::SourceFile;

    use super::*;

    fn sources(texts: &[String]) -> Sources {
        Sources::new(vec![SourceFile { name: "a.yaml".to_owned(), text: texts.concat() }])
    }

    /// Reads an input to its end.
    fn read(reading: &mut Reading, texts: &[String]) {
        let sources = sources(texts);
        reading.begin();
        loop {
            let (read, all) = reading.read_some(&sources, &|_, _| ());
            if read == all {
                return;
            }
        }
    }

    fn policy(name: &str, spec: &str) -> String {
        format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}}}\nspec: {spec}\n"
        )
    }

    #[test]
    fn only_what_the_input_holds_is_kept_however_often_it_holds_it() {
        let mut reading = Reading::default();
        for edit in 0..30 {
            let mut texts = vec![policy("same", "{podSelector: {}}"); 60];
            texts.push(policy(&format!("edit-{edit}"), "{podSelector: {}}"));
            read(&mut reading, &texts);
            assert_eq!((reading.documents().len(), reading.kept.len()), (61, 2));
        }
    }

    /// A policy whose aliases stand for some 180,000 values.
    fn with_aliases(name: &str) -> String {
        let blocks = vec!["{ipBlock: {cidr: 10.0.0.0/8}}"; 100].join(", ");
        let aliases = "  - *r\n".repeat(600);
        policy(name, &format!("\n  podSelector: {{}}\n  ingress:\n  - &r {{from: [{blocks}]}}\n{aliases}"))
    }

    #[test]
    fn aliases_of_all_documents_are_bounded_and_what_does_not_fit_is_named() {
        let texts: Vec<String> = (0..20).map(|number| with_aliases(&format!("p{number}"))).collect();
        let mut reading = Reading::default();
        read(&mut reading, &texts);
        let whole = reading.documents().iter().filter(|document| !document.objects.is_empty()).count();
        let aliased: u64 = reading.documents().iter().take(whole).map(|document| document.aliased).sum();
        assert!(aliased <= MOST_ALIASED && whole > 2, "{aliased} {whole}");
        for document in reading.documents().iter().skip(whole) {
            let object = document.left_out.first().and_then(|one| one.object.as_ref());
            assert_eq!(object.and_then(|object| object.namespace.as_deref()), Some("default"));
        }
    }

    #[test]
    fn what_was_read_before_makes_no_difference() {
        let many: Vec<String> = (0..5).map(|number| with_aliases(&format!("p{number}"))).collect();
        let wrong =
            |count: usize| policy("wrong", &format!("{{podselector: {{}}, {}}}", "x: 1, ".repeat(count)));
        let wrong_ports = |name: usize, count: usize| {
            policy(
                &format!("p{name}"),
                &format!("{{ingress: [{{ports: [{}]}}]}}", vec!["80"; count].join(", ")),
            )
        };
        let said: Vec<String> = (0..45).map(|at| wrong_ports(at, [3, 30, 600][at % 3])).collect();
        let much: Vec<String> = (0..120).map(|at| wrong_ports(at, [3, 30, 600][at % 3])).collect();
        let mut inputs = vec![said, much, many.clone(), many.iter().rev().cloned().collect(), vec![wrong(3)]];
        let mut repeated = vec![wrong(10_000); 5];
        repeated.push(wrong(3));
        inputs.extend([repeated, many]);
        let mut reading = Reading::default();
        for texts in inputs {
            read(&mut reading, &texts);
            let mut alone = Reading::default();
            read(&mut alone, &texts);
            assert_eq!(format!("{:?}", reading.documents()), format!("{:?}", alone.documents()));
        }
    }

    #[test]
    fn fixes_are_tried_out_up_to_a_limit() {
        let ports = vec!["80"; 400].join(", ");
        let texts: Vec<String> = (0..32)
            .map(|at| policy(&format!("p{at}"), &format!("{{ingress: [{{ports: [{ports}]}}]}}")))
            .collect();
        let mut reading = Reading::default();
        read(&mut reading, &texts);
        let fixes: usize =
            reading.documents().iter().flat_map(|one| &one.diagnostics).map(|one| one.fixes.len()).sum();
        let bytes: usize = texts.iter().map(String::len).sum();
        assert!(fixes >= 32 * 400, "{fixes}");
        assert!(reading.tried < 40 * bytes as u64, "{} for {bytes} bytes", reading.tried);
    }
}
