//! What the model asks of the worker beside analyses, and what it does with the answers.

use netpol_session::protocol::{Command, Event};
use netpol_view::contract::{Located, Position, Preview};

use super::lines::ends_of;
use super::{EditorCommand, Effect, FileId, Files, Model, Undo};
use crate::state::files::File;
use crate::state::panel::{Answer, Mended, Origin, Proposal, QueryState, Why};
use crate::state::session::Run;
use crate::state::shared::Shared;

/// Where the cursor rests, and what the text there decides.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cursor {
    pub(super) file: FileId,
    pub(super) position: Position,
    request: Option<u32>,
}

impl Model {
    // The open cell

    pub(super) fn open_cell(&mut self, source: String, destination: String) -> Vec<Effect> {
        self.query = None;
        self.sheet = None;
        self.proposal = None;
        self.forget_cursor();
        let (request, effects) = self.session.ask(explain(&source, &destination));
        let from = Origin::Matrix;
        self.why = Some(Why { source, destination, answer: Answer::Asked, from, request, is_new: true });
        effects
    }

    pub(super) fn close_why(&mut self) -> Vec<Effect> {
        self.proposal = None;
        if self.why.take().is_none() { Vec::new() } else { self.forget_deciding() }
    }

    /// After a new analysis: asks again what is open; a cell that is gone waits for its ends.
    pub(super) fn ask_again(&mut self) -> Vec<Effect> {
        let mut effects = self.ask_about_cursor();
        // What was made for another text is of no use for this one.
        let revision = self.session.revision();
        let proposal = self.proposal.take().filter(|proposal| proposal.revision == revision);
        match proposal {
            // Perhaps there was no worker yet that could answer.
            Some(proposal) if proposal.answer == Answer::Asked => effects.extend(self.propose(proposal.of)),
            proposal => self.proposal = proposal,
        }
        effects.extend(self.ask_query_again());
        effects.extend(self.describe_again());
        if let Some((_, command)) = self.once.take() {
            effects.extend(self.ask_once(command));
        }
        let Some(why) = &self.why else { return effects };
        let known = |id: &str| self.analysis.as_ref().is_some_and(|analysis| analysis.peer(id).is_some());
        if !known(&why.source) || !known(&why.destination) {
            // Perhaps only until the text is typed: the cell comes back with its ends.
            self.proposal = None;
            effects.extend(self.forget_deciding());
            return effects;
        }
        let (request, asked) = self.session.ask(explain(&why.source, &why.destination));
        if let Some(why) = &mut self.why {
            // The old answer stays in sight until the new one is there.
            why.request = request;
        }
        effects.extend(asked);
        effects
    }

    // Changes

    /// Asks for a change, or closes the one of the same thing that is in sight.
    pub(super) fn propose(&mut self, of: Mended) -> Vec<Effect> {
        if self.proposal.take().is_some_and(|proposal| proposal.of == of) {
            return Vec::new();
        }
        let command = match of {
            Mended::Cell(ports) => {
                let Some((source, destination)) = self.open_ends() else { return Vec::new() };
                Command::Mend { source: source.to_owned(), destination: destination.to_owned(), ports }
            }
            Mended::Finding(finding) => Command::Fix { finding, way: 0 },
            Mended::Way(finding, way) => Command::Fix { finding, way },
            Mended::Silenced(finding) => Command::Silence { finding },
            Mended::Superseded => Command::Migrate,
        };
        let (request, effects) = self.session.ask(command);
        let revision = self.session.revision();
        self.proposal = Some(Proposal { of, answer: Answer::Asked, notes: Vec::new(), request, revision });
        effects
    }

    /// Makes the change that is in sight; it can be undone.
    pub(super) fn apply_proposal(&mut self) -> Vec<Effect> {
        let Some(preview) = self.proposal.take().and_then(|proposal| proposal.answer.known().cloned()) else {
            return Vec::new();
        };
        // It was made for the text of the last analysis.
        if self.session.run != Run::Settled || preview.files.len() != self.files.len() {
            return self.toast("the text has changed meanwhile: look at the change again".to_owned(), None);
        }
        let before = self.files.clone();
        if self.touches_locked(&preview) {
            let words = "this would change the cluster, which belongs to the lab: write a policy of your own";
            return self.toast(words.to_owned(), None);
        }
        // What was not analysed, as it is Markdown, has another text there.
        let is_changed = |file: &File| preview.diff.iter().any(|diff| diff.file == *file.name);
        for (file, changed) in before.iter().zip(&preview.files).filter(|(file, _)| is_changed(file)) {
            self.files.rewrite(file.id, changed.text.as_str().into());
        }
        let mut effects = self.rewrite_editor(&before);
        effects.extend(self.files_changed());
        let after = self.files.clone();
        effects.extend(self.toast(applied(&preview), Some(Undo::Change { before, after })));
        // What was changed is what one wants to see.
        effects.extend(self.show_changed(&preview));
        effects.push(Effect::FocusUndo);
        effects
    }

    /// Takes back a change, unless something was typed since.
    pub(super) fn undo_change(&mut self, before: Files, after: &Files) -> Vec<Effect> {
        if !self.files.has_texts_of(after) {
            let words = "the text has changed since; undo in the editor with Ctrl Z instead";
            return self.toast(words.to_owned(), None);
        }
        self.files.take_texts_of(&before);
        let mut effects = self.rewrite_editor(after);
        effects.extend(self.files_changed());
        effects
    }

    /// Hands the editor the texts, as changes of those before that it can undo.
    pub(super) fn rewrite_editor(&self, before: &Files) -> Vec<Effect> {
        let rewrite = |file: &File| {
            let (after, before) = (file.text.clone(), before.get(file.id)?.text.clone());
            let name = file.name.clone();
            (before != after).then_some(Effect::Editor(EditorCommand::Rewrite {
                file: file.id,
                name,
                before,
                after,
            }))
        };
        self.files.iter().filter_map(rewrite).collect()
    }

    /// Makes a quick fix of a problem, by their places in the lists.
    pub(super) fn quick_fix(&mut self, problem: usize, fix: usize) -> Vec<Effect> {
        let Some(analysis) = self.analysis.clone().filter(|_| self.session.run == Run::Settled) else {
            return Vec::new();
        };
        let Some(problem) = analysis.summary.diagnostics.get(problem) else { return Vec::new() };
        let Some(fix) = problem.fixes.get(fix) else { return Vec::new() };
        let mut effects = self.show_span(&problem.span);
        let file = self.files.active();
        if self.is_locked(file) {
            return effects;
        }
        effects.push(Effect::Editor(EditorCommand::Edit(file, fix.edits.clone())));
        effects
    }

    /// Asks for pods that the policies select.
    pub(super) fn ask_for_pods(&mut self) -> Vec<Effect> {
        self.ask_once(Command::ExamplePods)
    }

    /// Asks for what is done with as soon as it is there.
    pub(super) fn ask_once(&mut self, command: Command) -> Vec<Effect> {
        let (request, effects) = self.session.ask(command.clone());
        self.once = Some((request, command));
        effects
    }

    /// Whether this is what was asked last for once.
    pub(super) fn is_asked(&mut self, request: u32) -> bool {
        self.once.take_if(|(asked, _)| *asked == request).is_some()
    }

    // The cursor

    /// The cursor rests at a place of a file.
    pub(super) fn cursor_rests(&mut self, file: FileId, position: Position) -> Vec<Effect> {
        self.cursor = Some(Cursor { file, position, request: None });
        // A text that is not analysed yet is asked about after its analysis.
        if self.session.run == Run::Settled { self.ask_about_cursor() } else { Vec::new() }
    }

    fn ask_about_cursor(&mut self) -> Vec<Effect> {
        let Some(cursor) = &mut self.cursor else { return Vec::new() };
        let Some(file) = self.files.iter().position(|file| file.id == cursor.file) else { return Vec::new() };
        let file = u32::try_from(file).unwrap_or(u32::MAX);
        let (request, effects) = self.session.ask(Command::Locate { file, position: cursor.position });
        cursor.request = Some(request);
        effects
    }

    /// What the cursor points at no longer stands out in the matrix.
    pub(super) fn forget_cursor(&mut self) {
        self.cursor = None;
        self.located = None;
    }

    /// The ends of the cell that is open, or of the question that is answered.
    pub(super) fn open_ends(&self) -> Option<(&str, &str)> {
        let why = self.why.as_ref().map(|why| (&why.source[..], &why.destination[..]));
        why.or_else(|| self.query.as_ref()?.ends())
    }

    /// Lights up what decides the open cell on the port that is chosen.
    pub(super) fn light_cell(&mut self) -> Vec<Effect> {
        let explanation = self.why.as_ref().and_then(|why| why.answer.known().cloned());
        let port = self.settings.port;
        explanation.map_or_else(Vec::new, |known| self.decided(ends_of(&known, port), port, false))
    }

    // Answers

    pub(super) fn asked_and_answered(&mut self, request: u32, event: Event) -> Vec<Effect> {
        match event {
            Event::Explanation { explanation } => {
                let Some(why) = self.why.as_mut().filter(|why| why.request == request) else {
                    return Vec::new();
                };
                let explanation = Shared::new(*explanation);
                why.answer = Answer::Known(explanation.clone());
                let is_new = std::mem::take(&mut why.is_new);
                let port = self.settings.port;
                self.decided(ends_of(&explanation, port), port, is_new)
            }
            Event::Verdict { verdict } => self.is_judged(request, *verdict),
            Event::Reach { reach } => self.is_reached(request, *reach),
            Event::UnknownPeer { message } => self.is_nobodys(request, message),
            Event::Preview { preview } => self.is_proposed(request, *preview, Vec::new()),
            Event::Migration { migration } => self.is_proposed(request, migration.preview, migration.notes),
            Event::Located { located } => {
                let asked = self.cursor.as_ref().and_then(|cursor| cursor.request);
                if asked == Some(request) {
                    self.located = located.filter(speaks_of_somebody).map(Shared::new);
                }
                Vec::new()
            }
            Event::Written { name, text, replaces } => {
                let text = text.filter(|_| self.is_asked(request));
                text.map_or_else(Vec::new, |text| self.is_written(&name, &text, replaces))
            }
            Event::Quiz { questions } => self.asked_to_predict(request, questions),
            Event::Sheet { sheet } => self.is_described(request, *sheet),
            Event::Unknown => {
                self.is_described_no_more(request);
                self.is_unknown(request);
                if self.is_asked(request) {
                    return self.toast("there is nothing to write down of that".to_owned(), None);
                }
                let is_open = self.why.as_ref().is_some_and(|why| why.request == request);
                if is_open { self.forget_deciding() } else { Vec::new() }
            }
            // What is said of the text as it is typed goes to the editor, past the model.
            Event::Completions { .. }
            | Event::Hover { .. }
            | Event::Progress { .. }
            | Event::Analysis { .. }
            | Event::Withdrawn { .. }
            | Event::Lab { .. }
            | Event::Graded { .. }
            | Event::Draft { .. } => Vec::new(),
        }
    }

    /// The change that somebody wants to see is there.
    fn is_proposed(&mut self, request: u32, preview: Preview, notes: Vec<String>) -> Vec<Effect> {
        if let Some(proposal) = self.proposal.as_mut().filter(|proposal| proposal.request == request) {
            proposal.answer = Answer::Known(Shared::new(preview));
            proposal.notes = notes;
        }
        Vec::new()
    }

    /// A question had time enough to be answered: one that waits gets more when the worker was heard meanwhile.
    pub(super) fn check_answer(&mut self, request: u32, beats: u32) -> Vec<Effect> {
        if self.session.is_busy() {
            return Vec::new();
        }
        if self.is_waited_for(request) && self.session.was_heard_since(beats) {
            return vec![self.session.look_for_answer(request)];
        }
        self.is_unknown(request);
        Vec::new()
    }

    /// Whether somebody sees nothing until a question is answered.
    fn is_waited_for(&self, request: u32) -> bool {
        let why = self.why.as_ref().map(|why| (why.request, why.answer == Answer::Asked));
        let change = self.proposal.as_ref().map(|change| (change.request, change.answer == Answer::Asked));
        let query = self.query.as_ref().map(|query| (query.request, query.state == QueryState::Asked));
        let sheet = self.sheet.as_ref().map(|sheet| (sheet.request, sheet.is_waited_for()));
        [why, change, query, sheet].into_iter().flatten().any(|waiting| waiting == (request, true))
    }

    /// A question gets no answer.
    fn is_unknown(&mut self, request: u32) {
        if self.sheet.as_ref().is_some_and(|sheet| sheet.answer == Answer::Asked) {
            self.is_described_no_more(request);
        }
        if let Some(why) = &mut self.why
            && why.request == request
            && why.answer == Answer::Asked
        {
            why.answer = Answer::Unknown;
        }
        if let Some(proposal) = &mut self.proposal
            && proposal.request == request
            && proposal.answer == Answer::Asked
        {
            proposal.answer = Answer::Unknown;
        }
        if let Some(query) = &mut self.query
            && query.request == request
            && query.state == QueryState::Asked
        {
            query.state = QueryState::Failed("the question was not answered; ask again".to_owned());
        }
    }
}

fn explain(source: &str, destination: &str) -> Command {
    Command::Explain { source: source.to_owned(), destination: destination.to_owned() }
}

fn speaks_of_somebody(located: &Located) -> bool {
    !located.sources.is_empty() || !located.destinations.is_empty()
}

fn applied(preview: &Preview) -> String {
    let files: Vec<&str> = preview.diff.iter().map(|file| file.file.as_str()).collect();
    format!("Changed {}", files.join(", "))
}

#[cfg(test)]
mod tests;
