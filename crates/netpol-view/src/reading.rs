//! The documents of one input after another; those that did not change are not read again.
//!
//! All documents of an input share what their aliases may stand for and what it may cost to try out fixes. Each gets
//! what those before it leave, so that what is read of an input never depends on the inputs before.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use netpol_manifest::{Document, Limits, ReadOptions};
use netpol_source::{DocumentId, HashMap, Sources};

use crate::beat::Beat;
use crate::beat::Phase;

/// How much text one step reads: some milliseconds of work.
const BYTES_PER_STEP: usize = 256 * 1024;

/// How much text of before is looked through for documents that were moved.
const MOST_MOVED: usize = 4 * 1024 * 1024;

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
    sources: Arc<Sources>,
    documents: Vec<Arc<Document>>,
    /// Of each document, within what limits it was read.
    limits: Vec<Limits>,
    /// Until all is read, the inputs before: the last one that was read to its end, and the last of those that were
    /// not.
    before: Vec<Before>,
    options: ReadOptions,
    hash: RandomState,
    aliased: u64,
    tried: u64,
    said: usize,
    /// How many documents of this input were not known from before.
    read: usize,
}

/// An input of before, and what was read of it.
#[derive(Debug)]
struct Before {
    sources: Arc<Sources>,
    documents: Vec<Arc<Document>>,
    limits: Vec<Limits>,
    /// For each document of the present input one that has the same text.
    same: Vec<Option<DocumentId>>,
    /// The others by a number that their text gives.
    moved: HashMap<u64, Vec<DocumentId>>,
}

impl Before {
    /// What was read of a document of the present input.
    fn find(
        &self,
        id: DocumentId,
        sources: &Sources,
        hash: &RandomState,
    ) -> Option<(&Arc<Document>, Limits)> {
        let same = self.same.get(id.0 as usize).copied().flatten();
        let same = same.or_else(|| {
            let moved = self.moved.get(&hash.hash_one(sources.written(id)))?;
            let is_same = |other: &&DocumentId| {
                self.sources.written(**other) == sources.written(id)
                    && self.sources.is_item(**other) == sources.is_item(id)
            };
            moved.iter().find(is_same).copied()
        })?;
        let at = same.0 as usize;
        Some((self.documents.get(at)?, *self.limits.get(at)?))
    }
}

/// Whether reading a document within other limits than it was would come to the same.
fn is_same_within(document: &Document, old: Limits, new: Limits) -> bool {
    let aliased = document.aliased;
    let is_whole = aliased <= old.aliases;
    let same_aliases = if is_whole { aliased <= new.aliases } else { old.aliases == new.aliases };
    let said = document.diagnostics.len();
    let same_diagnostics =
        if said <= old.diagnostics { said <= new.diagnostics } else { old.diagnostics == new.diagnostics };
    let has_no_fixes = old.fixes && document.tried == 0;
    same_aliases && same_diagnostics && (has_no_fixes || old.fixes == new.fixes)
}

impl Reading {
    /// Begins with another input.
    pub(crate) fn begin(&mut self, sources: Arc<Sources>) {
        let before = Before {
            sources: std::mem::replace(&mut self.sources, sources),
            documents: std::mem::take(&mut self.documents),
            limits: std::mem::take(&mut self.limits),
            same: Vec::new(),
            moved: HashMap::default(),
        };
        if before.documents.len() == before.sources.document_count() {
            self.before.clear();
        }
        self.before.truncate(1);
        self.before.push(before);
        for before in &mut self.before {
            before.same = self.sources.same_documents(&before.sources);
            before.moved.clear();
            if before.same.iter().all(Option::is_some) {
                continue;
            }
            let mut is_same = vec![false; before.documents.len()];
            for id in before.same.iter().flatten() {
                if let Some(is_same) = is_same.get_mut(id.0 as usize) {
                    *is_same = true;
                }
            }
            let others = (0..).map(DocumentId).zip(is_same).filter(|(_, is_same)| !is_same);
            let mut bytes = 0;
            for (id, _) in others {
                let text = before.sources.written(id);
                bytes += text.len();
                if bytes > MOST_MOVED {
                    break;
                }
                before.moved.entry(self.hash.hash_one(text)).or_default().push(id);
            }
        }
        (self.aliased, self.tried, self.said, self.read) = (0, 0, 0, 0);
    }

    /// Reads in another way from now on: what is kept was read in the old one.
    pub(crate) fn set_options(&mut self, options: ReadOptions) {
        if self.options != options {
            self.options = options;
            self.before.clear();
            self.documents.clear();
            self.limits.clear();
            (self.aliased, self.tried, self.said, self.read) = (0, 0, 0, 0);
        }
    }

    /// What is read so far, in the order of the input.
    pub(crate) fn documents(&self) -> &[Arc<Document>] {
        &self.documents
    }

    /// How many documents of this input were read, as they were not known from before.
    #[cfg(test)]
    pub(crate) fn read(&self) -> usize {
        self.read
    }

    /// The documents of the same input with some changes: those that did not change are not read again.
    pub(crate) fn changed<'a>(&'a self, sources: &'a Sources) -> impl Iterator<Item = Arc<Document>> + 'a {
        let same = sources.same_documents(&self.sources);
        (0..).map(DocumentId).zip(same).map(|(id, same)| {
            let known = same.and_then(|same| self.documents.get(same.0 as usize)).cloned();
            let read = || Arc::new(netpol_manifest::read_with(&sources.document_text(id), self.options));
            known.unwrap_or_else(read)
        })
    }

    /// Reads documents for one step; the number that are read, and of all.
    pub(crate) fn read_some(&mut self, beat: Beat<'_>) -> (usize, usize) {
        let all = self.sources.document_count();
        let mut budget = BYTES_PER_STEP;
        for at in self.documents.len()..all {
            let id = DocumentId(at as u32);
            let limits = self.limits();
            let mut before = self.before.iter().rev();
            let known = before.find_map(|before| {
                let (document, old) = before.find(id, &self.sources, &self.hash)?;
                is_same_within(document, old, limits).then(|| Arc::clone(document))
            });
            let document = match known {
                Some(known) => known,
                None => {
                    if budget == 0 {
                        return (self.documents.len(), all);
                    }
                    beat(Phase::Reading, self.documents.len() as f64 / all.max(1) as f64);
                    let text = self.sources.document_text(id);
                    budget = budget.saturating_sub(text.len());
                    self.read += 1;
                    Arc::new(netpol_manifest::read_within(&text, self.options, limits))
                }
            };
            // One that is left out for its aliases takes nothing from those behind it.
            if document.aliased <= limits.aliases {
                self.aliased += document.aliased;
            }
            self.tried += document.tried;
            self.said += document.diagnostics.len();
            self.documents.push(document);
            self.limits.push(limits);
        }
        self.before.clear();
        (all, all)
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
        reading.begin(Arc::new(sources(texts)));
        loop {
            let (read, all) = reading.read_some(&|_, _| ());
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
            let newly = if edit == 0 { 61 } else { 1 };
            assert_eq!((reading.documents().len(), reading.read(), reading.before.len()), (61, newly, 0));
        }
    }

    #[test]
    fn what_moved_or_was_begun_is_not_read_again() {
        let mut reading = Reading::default();
        let large = format!("{{podSelector: {{matchLabels: {{a: {}}}}}}}", "b".repeat(2000));
        let mut texts: Vec<String> = (0..300).map(|at| policy(&format!("p{at}"), &large)).collect();
        reading.begin(Arc::new(sources(&texts)));
        let (begun, all) = reading.read_some(&|_, _| ());
        assert!(begun > 100 && begun < all, "{begun}");
        texts.push(policy("new", &large));
        read(&mut reading, &texts);
        assert_eq!(reading.read(), 301 - begun);
        texts.swap(3, 250);
        let moved = texts.remove(20);
        texts.push(moved);
        read(&mut reading, &texts);
        assert_eq!(reading.read(), 0);
        texts.truncate(1);
        read(&mut reading, &texts);
        assert_eq!((reading.read(), reading.documents().len(), reading.before.len()), (0, 1, 0));
    }

    #[test]
    fn an_item_of_a_list_is_read_alone() {
        let item = |name: &str| {
            format!(
                "- apiVersion: networking.k8s.io/v1\n  kind: NetworkPolicy\n  metadata: {{name: {name}}}\n  spec: {{podSelector: {{}}}}\n"
            )
        };
        let list = |names: [&str; 3]| {
            vec![format!("apiVersion: v1\nkind: List\nitems:\n{}", names.map(item).concat())]
        };
        let mut reading = Reading::default();
        read(&mut reading, &list(["a", "b", "c"]));
        assert_eq!((reading.read(), reading.documents().len()), (3, 3));
        read(&mut reading, &list(["a", "d", "c"]));
        assert_eq!((reading.read(), reading.documents().len()), (1, 3));
        let names = reading.documents().iter().flat_map(|document| &document.objects);
        let names: Vec<&str> = names.map(|object| object.metadata.name.value.as_str()).collect();
        assert_eq!(names, ["a", "d", "c"]);
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
