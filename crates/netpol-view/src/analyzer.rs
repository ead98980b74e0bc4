//! One input under analysis, and what is kept from one edit to the next.

mod profiles;

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

use netpol_assert::Missing;
use netpol_eval::{Cluster, Evaluation, PeerId};
use netpol_findings::{Code, Finding, Fix, Kept};
use netpol_manifest::{Document, ReadOptions};
use netpol_source::{ChangedFile, DocumentId, HashMap, Sources};

use crate::beat::Phase;
use crate::beat::{Beat, UNHEARD};
use crate::carried::{Said, Stamps};
use crate::contract::{
    Completions, Connection, Explanation, Hover, Hypothetical, Incomplete, IpBlockPods, KubernetesVersion,
    Located, Migration, Options, PortWanted, PortsWanted, Preview, SourceFile, Summary, TestReport,
    UnknownFields, Verdict,
};
use crate::elsewhere::{self, Elsewhere};
use crate::mend::Mending;
use crate::policy_tests::Format as TestFormat;
use crate::preview::{Change, Identified};
use crate::query::Reach;
use crate::reading::Reading;
use crate::resolve::UnknownPeer;
use crate::{
    certainty, contract, editor, example_pods, explain, fixes, locate, mend, migrate, policy_tests, preview,
    promise, query, summary,
};

/// How much is spent on trying out fixes before the rest is taken to be as good as it looks, counted in peers and thousands
/// of bytes: a trial reads what changes, evaluates all and looks for findings, some 40 microseconds for each of these.
const MOST_SPENT_ON_TRIALS: usize = 600;

/// How far an analysis is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Call [`Analyzer::step`] again.
    Working {
        /// What is being done.
        phase: Phase,
        /// How much of it is done, 0 to 1.
        done: f64,
    },
    /// The analysis is there: [`Analyzer::found`] has it. Which of the fixes keep their word is still to be tried out.
    Found,
    /// A fix was tried out; some are left.
    Trying,
    /// Nothing is left to do.
    Done,
}

/// Analyses one set of files after another and keeps the documents that did not change, and of the last analysis what holds
/// for the next.
///
/// Work is done by [`step`](Self::step) in pieces of some milliseconds, so that a worker can look for newer messages
/// in between; every method that needs the result has it done first.
#[derive(Debug, Default)]
pub struct Analyzer {
    options: Options,
    sources: Arc<Sources>,
    /// What is read of `sources` already.
    reading: Reading,
    stage: Stage,
    result: Analysed,
}

#[derive(Debug, Default)]
enum Stage {
    #[default]
    Reading,
    Evaluating,
    Finding(Box<Evaluation>, Box<Model>),
    /// Tries out the fixes of what was found, one after the other.
    Trying(Box<Trying>),
    Done,
}

#[derive(Debug, Default)]
struct Trying {
    /// The next one to look at.
    next: usize,
    spent: usize,
    /// What is found after each fix of a rule that was tried and keeps its promise: several findings may have the same.
    tried: Vec<(Code, Fix, Vec<Finding>)>,
}

/// The last finished analysis.
#[derive(Debug, Default)]
struct Analysed {
    sources: Arc<Sources>,
    model: Model,
    evaluation: Option<Box<Evaluation>>,
    findings: Vec<Finding>,
    summary: Summary,
    stamps: Stamps,
    /// What the rules found out, for the next analysis.
    kept: Kept,
    /// How many times what a rule found of a policy is that of the analysis before.
    taken: usize,
    /// The peers by their ids, once one is asked for.
    by_id: OnceCell<HashMap<String, PeerId>>,
    withdrawn: Vec<u32>,
    /// Whether there were more fixes than were tried out.
    untried: bool,
}

impl Analysed {
    /// The peer with an id.
    fn peer(&self, id: &str) -> Option<PeerId> {
        let by_id = self.by_id.get_or_init(|| {
            let peers = self.summary.peers.iter().zip((0..).map(PeerId));
            peers.map(|(peer, id)| (peer.id.clone(), id)).collect()
        });
        by_id.get(id).copied()
    }
}

/// A cluster, without what the evaluation adds to it, and the documents that it was built from.
#[derive(Debug, Default)]
struct Model {
    documents: Vec<Arc<Document>>,
    cluster: Cluster,
}

impl Analyzer {
    /// An analyser of no files.
    pub fn new(options: Options) -> Self {
        let mut reading = Reading::default();
        reading.set_options(read_options(options));
        Self { options, reading, ..Self::default() }
    }

    /// Changes the options; the files stay.
    pub fn set_options(&mut self, options: Options) {
        if self.options != options {
            self.reading.set_options(read_options(options));
            self.options = options;
            self.stage = Stage::Reading;
        }
    }

    /// Changes the files; documents whose text is among those of before are not read again.
    pub fn set_files(&mut self, files: Vec<SourceFile>) {
        self.set_changed_files(files.into_iter().map(Err).collect());
    }

    /// The same, where it is known of some files which of before they are.
    pub fn set_changed_files(&mut self, files: Vec<ChangedFile>) {
        self.sources = Arc::new(self.sources.with_changed_files(files));
        self.reading.begin(Arc::clone(&self.sources));
        self.stage = Stage::Reading;
    }

    /// Does the next piece of work.
    pub fn step(&mut self) -> Step {
        self.step_with(UNHEARD)
    }

    /// The same, with a beat from within.
    pub fn step_with(&mut self, beat: Beat<'_>) -> Step {
        match std::mem::take(&mut self.stage) {
            Stage::Reading => {
                let (read, all) = self.reading.read_some(beat);
                if read < all {
                    return Step::Working { phase: Phase::Reading, done: read as f64 / all as f64 };
                }
                self.stage = Stage::Evaluating;
                Step::Working { phase: Phase::Evaluating, done: 0.0 }
            }
            Stage::Evaluating => {
                let (evaluation, model) = self.evaluate(self.reading.documents().to_vec(), beat);
                self.stage = Stage::Finding(Box::new(evaluation), Box::new(model));
                Step::Working { phase: Phase::Finding, done: 0.0 }
            }
            Stage::Finding(evaluation, model) => {
                let kept = std::mem::take(&mut self.result.kept);
                let mut context = netpol_findings::Context::after(&evaluation, Some(&kept));
                let mut checked = netpol_findings::check(&context, &|done| beat(Phase::Finding, done));
                if context.takes_from_before() && !context.is_far_from_limit(&checked.unfinished) {
                    // What is left out must not depend on what was known.
                    context = netpol_findings::Context::new(&evaluation);
                    checked = netpol_findings::check(&context, &|done| beat(Phase::Finding, done));
                }
                let documents = self.reading.documents();
                let Analysed { sources, evaluation: old, summary: before, stamps, findings: found, .. } =
                    &mut self.result;
                let old = old.as_deref().map(|old| (&**sources, old, found.as_slice()));
                let mut said = old.and_then(|old| Said::new(old, before, (&self.sources, &evaluation)));
                let summary = summary::summary(&self.sources, documents, &context, &checked, said.as_mut());
                let taken = context.taken();
                let kept = context.kept(&checked.unfinished);
                let findings = checked.findings;
                let same = said.map(|said| said.same(&summary));
                let stamps = stamps.after(before, &summary, same.as_ref());
                self.result = Analysed {
                    sources: Arc::clone(&self.sources),
                    model: *model,
                    by_id: OnceCell::new(),
                    findings,
                    summary,
                    stamps,
                    kept,
                    taken,
                    evaluation: Some(evaluation),
                    withdrawn: Vec::new(),
                    untried: false,
                };
                self.stage = Stage::Trying(Box::default());
                Step::Found
            }
            Stage::Trying(mut trying) => {
                if self.try_next(&mut trying, beat) {
                    self.stage = Stage::Trying(trying);
                    return Step::Trying;
                }
                self.stage = Stage::Done;
                Step::Done
            }
            Stage::Done => {
                self.stage = Stage::Done;
                Step::Done
            }
        }
    }

    /// All of the analysis, the cells by classes.
    pub fn summary(&mut self) -> Summary {
        self.finished().clone()
    }

    /// The same, lent.
    pub fn finished(&mut self) -> &Summary {
        while self.step() != Step::Done {}
        &self.result.summary
    }

    /// The same, lent as soon as it is there: fixes may still be withdrawn.
    pub fn found(&mut self) -> &Summary {
        self.analyse();
        &self.result.summary
    }

    /// The evaluation of the last finished analysis.
    pub fn evaluation(&self) -> Option<&Evaluation> {
        self.result.evaluation.as_deref()
    }

    /// How many times the last analysis took what a rule had found of a policy from the one before.
    pub fn taken_findings(&self) -> usize {
        self.result.taken
    }

    /// What is to be said where there is no memory for a cell for each pair.
    pub fn without_cells(&self) -> Incomplete {
        summary::without_cells(&self.result.sources, self.result.summary.peers.len())
    }

    /// [`finished`](Self::finished), and what it has in common with the summaries before.
    pub fn stamped(&mut self) -> (&Summary, &Stamps) {
        self.finished();
        (&self.result.summary, &self.result.stamps)
    }

    /// The findings, by their places in the list, whose fix was tried out and would not do.
    pub fn withdrawn(&self) -> &[u32] {
        &self.result.withdrawn
    }

    /// Whether fixes are offered that were not tried out: [`fix`](Self::fix) may find that one would not do.
    pub fn has_untried(&self) -> bool {
        self.result.untried
    }

    /// A window of the matrix, row-major: indices into `Summary::connections`. Ranges beyond the matrix are cut.
    pub fn cells(&mut self, rows: Range<usize>, columns: Range<usize>) -> Vec<u32> {
        self.analyse();
        self.result.summary.matrix.cells(rows, columns)
    }

    /// The same window: how certain the cells are, as in [`crate::certainty`].
    pub fn uncertain(&mut self, rows: Range<usize>, columns: Range<usize>) -> Vec<u8> {
        self.analyse();
        self.result.summary.matrix.certainties(rows, columns)
    }

    /// Why a cell is what it is; `None` when a peer id is not in the matrix.
    pub fn explain(&mut self, source: &str, destination: &str) -> Option<Explanation> {
        self.analyse();
        let result = &self.result;
        let (source, destination) = (result.peer(source)?, result.peer(destination)?);
        explain::explain(&result.sources, result.evaluation.as_deref()?, source, destination)
    }

    /// Whether one connection is allowed; its ends may be ids, `namespace/name`, names or IP addresses.
    ///
    /// # Errors
    /// When an end names no peer, or more than one.
    pub fn query(&mut self, connection: &Connection) -> Result<Verdict, UnknownPeer> {
        self.analyse();
        let unknown = || UnknownPeer::Unknown(connection.source.clone(), Vec::new());
        let evaluation = self.result.evaluation.as_deref().ok_or_else(unknown)?;
        query::query(&self.result.sources, evaluation, connection)
    }

    /// All that is allowed between two ends, which may be ids, `namespace/name`, names or IP addresses.
    ///
    /// # Errors
    /// When an end names no peer, or more than one.
    pub fn reach(&mut self, source: &str, destination: &str) -> Result<Reach, UnknownPeer> {
        self.analyse();
        let unknown = || UnknownPeer::Unknown(source.to_owned(), Vec::new());
        let evaluation = self.result.evaluation.as_deref().ok_or_else(unknown)?;
        query::reach(&self.result.sources, evaluation, source, destination)
    }

    /// The smallest change that would allow a cell in which nothing is allowed, and what else it changes; `None`
    /// where there is nothing to mend, or policies cannot.
    ///
    /// With a port it opens this one alone, whatever else is allowed; without one, what the destination declares.
    pub fn mend(&mut self, source: &str, destination: &str, port: Option<PortWanted>) -> Option<Preview> {
        let ports = port.map_or(PortsWanted::Declared, PortsWanted::One);
        self.mend_with(source, destination, ports, UNHEARD)
    }

    /// The same for these ports, with a beat from within.
    pub fn mend_with(
        &mut self,
        source: &str,
        destination: &str,
        ports: PortsWanted,
        beat: Beat<'_>,
    ) -> Option<Preview> {
        self.analyse();
        let (from, to) = (self.result.peer(source)?, self.result.peer(destination)?);
        let evaluation = self.result.evaluation.as_deref()?;
        let Mending::Possible(mend) = mend::mend(evaluation, from, to, ports) else { return None };
        if certainty::not_evaluated(evaluation, from, to) {
            return None;
        }
        let after = mend.changes().find_map(|fix| {
            let change = fixes::change(&fix, &self.result.sources)?;
            let after = self.after(&self.result.sources, change, beat)?;
            let old_id = |id: &str| self.result.peer(id);
            promise::opens_only([from, to], &mend.wanted, evaluation, old_id, after.identified())
                .then_some(after)
        })?;
        let findings = preview::finding_changes(&self.result.findings, &find(&after.evaluation, beat));
        Some(Preview { findings, ..self.preview(after)? })
    }

    /// What the fix of a finding changes, by its place in the list; `None` where there is none, and where it would not
    /// mend the finding or bring another one.
    ///
    /// `way` is the place of one of its ways, where it has several; otherwise 0.
    pub fn fix(&mut self, finding: usize, way: usize) -> Option<Preview> {
        self.fix_with(finding, way, UNHEARD)
    }

    /// The same, with a beat from within.
    pub fn fix_with(&mut self, finding: usize, way: usize, beat: Beat<'_>) -> Option<Preview> {
        self.analyse();
        let found = self.result.findings.get(finding)?;
        let only = found.fix.as_ref().filter(|_| way == 0);
        let fix = only.or_else(|| found.ways.get(way).map(|way| &way.fix))?;
        let change = fixes::change(fix, &self.result.sources)?;
        let after = self.after(&self.result.sources, change, beat)?;
        let found_after = find(&after.evaluation, beat);
        let is_sound = fixes::keeps_its_word(found, &self.result.findings, &found_after)
            && self.keeps_promise(found, &after);
        let mut preview = is_sound.then(|| self.preview(after)).flatten()?;
        preview.findings = preview::finding_changes(&self.result.findings, &found_after);
        if found.rule.code == Code::NP321 {
            migrate::say_what_becomes_of_cells(&mut preview);
        }
        Some(preview)
    }

    /// What silences a finding, by its place in the list: an annotation of the object that it is about; `None` where that
    /// cannot be written.
    pub fn silence(&mut self, finding: usize) -> Option<Preview> {
        self.silence_with(finding, UNHEARD)
    }

    /// The same, with a beat from within.
    pub fn silence_with(&mut self, finding: usize, beat: Beat<'_>) -> Option<Preview> {
        self.analyse();
        let context = netpol_findings::Context::new(self.result.evaluation.as_deref()?);
        let silencing = netpol_findings::silencing(&context, self.result.findings.get(finding)?)?;
        let change = fixes::change(&silencing, &self.result.sources)?;
        let after = self.after(&self.result.sources, change, beat)?;
        self.preview(after)
    }

    /// All AdminNetworkPolicies and the BaselineAdminNetworkPolicy, rewritten together as ClusterNetworkPolicies; `None`
    /// where there is none that can be rewritten.
    pub fn migrate(&mut self) -> Option<Migration> {
        self.migrate_with(UNHEARD)
    }

    /// The same, with a beat from within.
    pub fn migrate_with(&mut self, beat: Beat<'_>) -> Option<Migration> {
        self.analyse();
        let evaluation = self.result.evaluation.as_deref()?;
        let mut tried = self.migrate_to(evaluation, None, beat)?;
        if tried.preview.changed_cells > 0 {
            // Where the BaselineAdminNetworkPolicy comes was not defined: the place that changes nothing is the best.
            let others = netpol_findings::baseline_priorities(evaluation.cluster()).into_iter();
            let mut others = others.filter_map(|one| self.migrate_to(evaluation, Some(one), beat));
            tried = others.find(|other| other.preview.changed_cells == 0).unwrap_or(tried);
        }
        let Migration { mut preview, mut notes, policies } = tried;
        migrate::say_what_becomes_of_cells(&mut preview);
        notes.extend(migrate::changed_cells(&preview));
        Some(Migration { preview, notes, policies })
    }

    /// The same with a priority for the BaselineAdminNetworkPolicy, and without what is said of the cells.
    fn migrate_to(
        &self,
        evaluation: &Evaluation,
        baseline: Option<u16>,
        beat: Beat<'_>,
    ) -> Option<Migration> {
        let rewritings = netpol_findings::migration(evaluation.cluster(), baseline);
        let migrate::Plan { change, notes, policies } =
            migrate::plan(&rewritings, &self.result.summary.refused, &self.result.sources)?;
        let after = self.after(&self.result.sources, change, beat)?;
        Some(Migration { preview: self.preview(after)?, notes, policies })
    }

    /// Whether all connections that the policy tests of this input do not speak of are as they are in another input of the
    /// same pods and tests; both without regard to what tests take out of their ends and ports.
    pub fn changed_elsewhere(&mut self, before: &mut Self) -> Elsewhere {
        self.analyse();
        before.analyse();
        let result = &self.result;
        let evaluations = before.result.evaluation.as_deref().zip(result.evaluation.as_deref());
        let is_whole = |of: &Analysed| of.summary.incomplete.is_empty();
        match evaluations {
            Some((before_it, it)) if is_whole(result) && is_whole(&before.result) => {
                let mut found = elsewhere::changed_elsewhere(before_it, it);
                if let Elsewhere::Changed { connection, spans, .. } = &mut found
                    && let Ok(verdict) = query::query(&result.sources, it, connection)
                {
                    *spans = policy_tests::deciding_lines(verdict);
                }
                found
            }
            _ => Elsewhere::Unknown,
        }
    }

    /// What becomes of the policy tests of the input. Not passed where there is none.
    pub fn test(&mut self) -> TestReport {
        self.analyse();
        policy_tests::report(&self.result.summary)
    }

    /// The same as a text that others read.
    pub fn export_tests(&mut self, format: TestFormat) -> String {
        self.analyse();
        policy_tests::export(&self.result.summary, format)
    }

    /// What the matrix says between pods, as policy tests: they pass as it is, and fail where it becomes another. What is
    /// uncertain, or was not evaluated, is not said.
    pub fn tests_of_matrix(&mut self) -> String {
        self.analyse();
        let missing = Missing::of(self.result.model.documents.iter().map(Arc::as_ref));
        let evaluation = self.result.evaluation.as_deref();
        evaluation.map(|evaluation| policy_tests::tests_of_matrix(evaluation, &missing)).unwrap_or_default()
    }

    /// What a cell says, of one port or of all, as an expectation of the policy test `kept` in the file `tests.yaml`, which
    /// are made where they are not there. `None` where it cannot be said exactly, or would not pass.
    pub fn keep(&mut self, source: &str, destination: &str, port: Option<PortWanted>) -> Option<Preview> {
        self.analyse();
        let (from, to) = (self.result.peer(source)?, self.result.peer(destination)?);
        let missing = Missing::of(self.result.model.documents.iter().map(Arc::as_ref));
        let evaluation = self.result.evaluation.as_deref()?;
        let change = policy_tests::keep(evaluation, &missing, &self.result.sources, [from, to], port)?;
        let after = self.after(&self.result.sources, change, UNHEARD)?;
        self.preview(after)
    }

    /// Manifests of pods that satisfy the selectors for which the analysis has hypothetical ones; `None` where it has
    /// none.
    pub fn example_pods(&mut self) -> Option<String> {
        self.analyse();
        example_pods::example_pods(&self.result.summary)
    }

    /// What the text at a line and column, both from 1, says about the matrix; `None` where it says nothing.
    ///
    /// `file` counts from 0, in the order of the files.
    pub fn locate(&mut self, file: u32, position: contract::Position) -> Option<Located> {
        self.analyse();
        let evaluation = self.result.evaluation.as_deref()?;
        locate::locate(&self.result.sources, self.reading.documents(), evaluation, file, position)
    }

    /// What may be written at a line and column of a text, with the labels, namespaces and port names of the last
    /// finished analysis; `None` where nothing is known. Does not wait for an analysis that is not finished.
    pub fn complete(&self, file: &SourceFile, position: contract::Position) -> Option<Completions> {
        editor::complete(self.result.evaluation.as_deref()?, file, position)
    }

    /// What stands at a line and column of a text and means. Does not wait for an analysis that is not finished.
    pub fn hover(&self, file: &SourceFile, position: contract::Position) -> Option<Hover> {
        editor::hover(self.result.evaluation.as_deref()?, file, position)
    }

    /// Tries out the next fix, and drops it where it does not keep its word; whether there is another one to try.
    fn try_next(&mut self, trying: &mut Trying, beat: Beat<'_>) -> bool {
        let findings = &self.result.findings;
        while let Some(finding) = findings.get(trying.next) {
            trying.next += 1;
            let fixes: Vec<&Fix> = finding.fixes().collect();
            if fixes.is_empty() {
                continue;
            }
            let mut is_any_sound = false;
            for fix in fixes {
                match self.try_fix(trying, finding, fix, beat) {
                    Some(is_sound) => is_any_sound |= is_sound,
                    None => {
                        self.result.untried = true;
                        return false;
                    }
                }
            }
            // Of several ways each that would not do says so when it is asked for.
            if !is_any_sound {
                self.withdraw(trying.next - 1);
            }
            return true;
        }
        false
    }

    /// Whether a fix of a finding does what it is for; `None` where enough was spent.
    fn try_fix(&self, trying: &mut Trying, finding: &Finding, fix: &Fix, beat: Beat<'_>) -> Option<bool> {
        let Analysed { sources, evaluation, findings, .. } = &self.result;
        let peers = evaluation.as_ref().map_or(0, |evaluation| evaluation.peers().len());
        let code = finding.rule.code;
        let known = trying.tried.iter().find(|(of, tried, _)| *of == code && tried == fix);
        let mut spend = |steps: usize| {
            trying.spent = trying.spent.saturating_add(steps);
            (trying.spent <= MOST_SPENT_ON_TRIALS).then_some(())
        };
        // Comparing what is found before and after takes its time, too.
        spend(findings.len() / 100)?;
        if let Some((.., after)) = known {
            return Some(fixes::keeps_its_word(finding, findings, after));
        }
        let bytes: usize = sources.files().map(|file| file.text.len()).sum();
        spend(peers.saturating_add(bytes / 1000))?;
        let after = fixes::change(fix, sources).and_then(|change| self.after(sources, change, beat));
        let Some(after) = after.filter(|after| self.keeps_promise(finding, after)) else {
            return Some(false);
        };
        let found = find(&after.evaluation, beat);
        let is_sound = fixes::keeps_its_word(finding, findings, &found);
        trying.tried.push((code, fix.clone(), found));
        Some(is_sound)
    }

    /// Offers a fix no longer.
    fn withdraw(&mut self, finding: usize) {
        if let Some(found) = self.result.findings.get_mut(finding) {
            found.fix = None;
            found.ways.clear();
        }
        if let Some(found) = self.result.summary.findings.get_mut(finding) {
            found.fixable = false;
            found.ways.clear();
        }
        self.result.stamps.finding_changed(finding);
        self.result.withdrawn.extend(u32::try_from(finding));
    }

    /// What comes of a change of the files; `None` where it cannot be made or does nothing.
    fn after(&self, sources: &Sources, change: Change, beat: Beat<'_>) -> Option<After> {
        let preview = change.texts(sources)?;
        let sources = self.sources.with_files(preview.files.clone());
        let (evaluation, _) = self.evaluate(self.reading.changed(&sources).collect(), beat);
        let peers = summary::peers(&sources, &evaluation, None);
        Some(After { preview, peers, evaluation })
    }

    /// Whether the fix of a finding does to the cells what its rule promises.
    fn keeps_promise(&self, finding: &Finding, after: &After) -> bool {
        let Some(old) = self.result.evaluation.as_deref() else { return false };
        promise::holds(finding, old, |id| self.result.peer(id), after.identified())
    }

    /// A change with the cells that it changes in the last analysis.
    fn preview(&self, after: After) -> Option<Preview> {
        let old = self.result.evaluation.as_deref()?;
        let After { mut preview, peers, evaluation } = after;
        let new = Identified { evaluation: &evaluation, peers: &peers };
        preview::add_changes(&mut preview, old, |id| self.result.peer(id), new);
        Some(preview)
    }

    /// Evaluates documents; of the last finished analysis is kept what they do not change.
    fn evaluate(&self, documents: Vec<Arc<Document>>, beat: Beat<'_>) -> (Evaluation, Model) {
        beat(Phase::Evaluating, 0.0);
        let before = &self.result.model;
        let cluster = before
            .cluster
            .patched(&before.documents, &documents)
            .unwrap_or_else(|| Cluster::build((0..).map(DocumentId).zip(documents.iter().cloned())));
        beat(Phase::Evaluating, 0.3);
        let options = evaluation_options(self.options);
        let evaluation = Evaluation::after(cluster.clone(), options, self.result.evaluation.as_deref());
        (evaluation, Model { documents, cluster })
    }

    /// Works until the analysis is there.
    fn analyse(&mut self) {
        while !matches!(self.stage, Stage::Trying(_) | Stage::Done) {
            self.step();
        }
    }
}

/// The input as a change leaves it.
#[derive(Debug)]
struct After {
    /// Without the cells.
    preview: Preview,
    peers: Vec<contract::Peer>,
    evaluation: Evaluation,
}

impl After {
    fn identified(&self) -> Identified<'_> {
        Identified { evaluation: &self.evaluation, peers: &self.peers }
    }
}

fn find(evaluation: &Evaluation, beat: Beat<'_>) -> Vec<Finding> {
    let context = netpol_findings::Context::new(evaluation);
    netpol_findings::check(&context, &|done| beat(Phase::Finding, done)).findings
}

fn read_options(options: Options) -> ReadOptions {
    ReadOptions {
        kubernetes: match options.kubernetes {
            KubernetesVersion::V1_35 => netpol_manifest::KubernetesVersion::V1_35,
            KubernetesVersion::V1_36 => netpol_manifest::KubernetesVersion::V1_36,
        },
        unknown_fields: match options.unknown_fields {
            UnknownFields::Refuse => netpol_manifest::UnknownFields::Refuse,
            UnknownFields::Drop => netpol_manifest::UnknownFields::Drop,
        },
    }
}

fn evaluation_options(options: Options) -> netpol_eval::Options {
    netpol_eval::Options {
        hypothetical: match options.hypothetical {
            Hypothetical::Auto => netpol_eval::Hypothetical::Auto,
            Hypothetical::Never => netpol_eval::Hypothetical::Never,
        },
        ip_block_pods: match options.ip_block_pods {
            IpBlockPods::KnownAddresses => netpol_eval::IpBlockPods::KnownAddresses,
            IpBlockPods::Never => netpol_eval::IpBlockPods::Never,
            IpBlockPods::AnyAddress => netpol_eval::IpBlockPods::AnyAddress,
        },
    }
}

/// Everything that an analysis gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Analysis {
    /// All, the cells by classes.
    pub summary: Summary,
    /// All cells, row-major.
    pub cells: Vec<u32>,
    /// How certain each of them is, as in [`crate::certainty`].
    pub uncertain: Vec<u8>,
}

/// Everything in one call, with a cell for each pair.
pub fn analyze(files: Vec<SourceFile>, options: Options) -> Analysis {
    let mut analyzer = Analyzer::new(options);
    analyzer.set_files(files);
    let summary = analyzer.summary();
    let peers = summary.peers.len();
    let cells = analyzer.cells(0..peers, 0..peers);
    let uncertain = analyzer.uncertain(0..peers, 0..peers);
    Analysis { summary, cells, uncertain }
}
