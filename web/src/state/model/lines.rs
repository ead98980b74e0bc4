//! The lines of the editor that stand out: those that decide what is open, those that somebody is led to, and those that
//! a change brought.

use netpol_view::contract::{DiffKind, DiffLine, Explanation, FileDiff, Preview, Span, TraceStep};

use super::{EditorCommand, Effect, Model, Pane, View};
use crate::state::settings::PortChoice;
use crate::state::steps::{Mark, denies, marked};

/// One end of what is decided: its steps, and whether it denies.
pub(super) type DecidedEnd<'a> = (&'a [TraceStep], bool);

impl Model {
    /// So many lines of a file decide what is open.
    pub fn deciding_lines(&self, file: &str) -> usize {
        let ranges = || self.decides().iter().filter(|span| span.file == file).map(lines_of);
        let is_new =
            |at: usize, line: u32| !ranges().take(at).any(|[first, last]| (first..=last).contains(&line));
        let new =
            |(at, [first, last]): (usize, [u32; 2])| (first..=last).filter(|line| is_new(at, *line)).count();
        ranges().enumerate().map(new).sum()
    }

    /// The lines that decide what is open, as long as that is in sight.
    fn decides(&self) -> &[Span] {
        if self.view == View::Matrix { &self.deciding } else { &[] }
    }

    /// What is open was decided: its lines light up. Who has just opened it is led to the first of them.
    pub(super) fn decided(
        &mut self,
        [egress, ingress]: [DecidedEnd<'_>; 2],
        port: Option<PortChoice>,
        is_new: bool,
    ) -> Vec<Effect> {
        // Where one end alone denies, that is why.
        let ends = if ingress.1 && !egress.1 { [ingress, egress] } else { [egress, ingress] };
        let deciding = ends.into_iter().flat_map(|(steps, denied)| {
            marked(steps, denied, port).into_iter().filter(|(_, mark)| *mark != Mark::Neither)
        });
        self.deciding = deciding.filter_map(|(step, _)| step.span.clone()).collect();
        let mut effects = self.light(None);
        if let Some(first) = self.decides().first().cloned().filter(|_| is_new) {
            effects.extend(self.look_at(&first));
        }
        effects
    }

    /// Nothing is open any more that lines decide.
    pub(super) fn forget_deciding(&mut self) -> Vec<Effect> {
        self.deciding.clear();
        self.light(None)
    }

    /// Shows other results, with the lines that decide what is open there.
    pub(super) fn go_to_view(&mut self, view: View) -> Vec<Effect> {
        let mut effects = Vec::new();
        if std::mem::replace(&mut self.view, view) != view {
            effects = self.light(None);
        }
        if view == View::Labs {
            effects.extend(self.want_labs());
        }
        effects
    }

    /// Lights up what decides, and a span more; nothing else.
    fn light(&self, more: Option<&Span>) -> Vec<Effect> {
        let spans = || self.decides().iter().chain(more);
        let of = |name: &str| spans().filter(|span| span.file == name).cloned().collect();
        self.files.iter().map(|file| Effect::Editor(EditorCommand::Light(file.id, of(&file.name)))).collect()
    }

    /// Leads to the lines of a span, with the keyboard.
    pub(super) fn show_span(&mut self, span: &Span) -> Vec<Effect> {
        let Some(file) = self.files.named(&span.file).map(|file| file.id) else { return Vec::new() };
        self.pane = Pane::Manifests;
        let mut effects = if file == self.files.active() { Vec::new() } else { self.select(file) };
        effects.extend(self.light(Some(span)));
        let (line, column) = (span.start.line, span.start.column);
        effects.push(Effect::Editor(EditorCommand::Reveal { file, line, column }));
        effects
    }

    /// Shows the first line of a span beside what is open; the keyboard and the pane of a phone stay where they are.
    fn look_at(&mut self, span: &Span) -> Vec<Effect> {
        self.look_at_line(&span.file, span.start.line)
    }

    fn look_at_line(&mut self, file: &str, line: u32) -> Vec<Effect> {
        let Some(file) = self.files.named(file).map(|file| file.id) else { return Vec::new() };
        let mut effects = if file == self.files.active() { Vec::new() } else { self.select(file) };
        effects.push(Effect::Editor(EditorCommand::Look { file, line }));
        effects
    }

    /// Shows what a change brought, and marks it for a while.
    pub(super) fn show_changed(&mut self, preview: &Preview) -> Vec<Effect> {
        let mut effects = Vec::new();
        if let Some((file, line)) = preview.diff.first().and_then(|diff| Some((&diff.file, place_of(diff)?)))
        {
            effects.extend(self.look_at_line(file, line));
        }
        let tint = |diff: &FileDiff| {
            let file = self.files.named(&diff.file)?.id;
            Some(Effect::Editor(EditorCommand::Tint(file, brought(diff))))
        };
        effects.extend(preview.diff.iter().filter_map(tint));
        effects
    }
}

/// The ends of a cell; for one port, or for any.
pub(super) fn ends_of(explanation: &Explanation, port: Option<PortChoice>) -> [DecidedEnd<'_>; 2] {
    [&explanation.egress, &explanation.ingress].map(|end| (&end.steps[..], denies(&end.allowed, port)))
}

/// The first and the last line that a span covers: one that ends at the start of a line does not cover it.
pub fn lines_of(span: &Span) -> [u32; 2] {
    let last = if span.end.column <= 1 { span.end.line.saturating_sub(1) } else { span.end.line };
    [span.start.line, last.max(span.start.line)]
}

/// The lines that come, by their numbers then.
fn brought(diff: &FileDiff) -> Vec<u32> {
    let lines = diff.hunks.iter().flatten();
    lines.filter(|line| line.kind == DiffKind::Added).map(|line| line.line).collect()
}

/// Where a changed file is to be looked at: what comes, else what stood before the lines that go.
fn place_of(diff: &FileDiff) -> Option<u32> {
    let is_gone = |line: &&DiffLine| line.kind == DiffKind::Removed;
    let gone = || diff.hunks.iter().flatten().find(is_gone).map(|line| line.line.saturating_sub(1).max(1));
    brought(diff).first().copied().or_else(gone)
}

#[cfg(test)]
mod tests;
