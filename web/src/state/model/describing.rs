//! The peer or the policy that is described: asked of the worker, asked again of each new analysis, and where the keyboard
//! goes when it is closed.

use netpol_session::protocol::Command;
use netpol_view::contract::{ObjectRef, Refused};
use netpol_view::sheet::Sheet;

use super::{Effect, FindingsFilter, Model, Pane, View};
use crate::state::panel::{Answer, Described, Origin};
use crate::state::shared::Shared;

/// Up to so many findings all are in the page, so that the keyboard can go to any.
const WHOLE_LIST: usize = 200;

impl Described {
    /// Whether somebody sees nothing of it, or only a part, until it is answered.
    pub(super) fn is_waited_for(&self) -> bool {
        match &self.answer {
            Answer::Known(sheet) => sheet.is_part,
            Answer::Asked => true,
            Answer::Unknown => false,
        }
    }
}

impl Model {
    /// Describes a peer or a policy in the place of what is open.
    pub(super) fn describe(&mut self, id: String, from: Origin) -> Vec<Effect> {
        let mut effects = self.close_why();
        effects.extend(self.close_query());
        self.pane = Pane::Results;
        let (request, asked) = self.session.ask(Command::Describe { id: id.clone(), whole: false });
        self.sheet = Some(Described { id, answer: Answer::Asked, from, request });
        effects.extend(asked);
        effects
    }

    pub(super) fn describe_cursor(&mut self) -> Vec<Effect> {
        match self.located.as_ref().and_then(|located| located.id.clone()) {
            Some(id) => self.describe(id, Origin::Editor),
            None => self.toast(self.nothing_at_cursor(), None),
        }
    }

    /// Why there is nothing to tell of what stands at the cursor.
    fn nothing_at_cursor(&self) -> String {
        let named = |one: &Refused| {
            let ObjectRef { kind, namespace, name, .. } = &one.object;
            let namespace = namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
            format!("{kind} {namespace}{name} is refused, so it takes no part: the problems say why")
        };
        let otherwise = "there is no workload, node or policy at the cursor that takes part";
        self.refused_at_cursor().map_or_else(|| otherwise.to_owned(), named)
    }

    /// What is refused in the document of the cursor.
    fn refused_at_cursor(&self) -> Option<&Refused> {
        let cursor = self.cursor.as_ref()?;
        let file = self.files.get(cursor.file)?;
        let text = file.text.to_string();
        let at = cursor.position.line;
        let is_here = |one: &&Refused| {
            let error = one.span.start.line;
            let (first, last) = (at.min(error) as usize, at.max(error) as usize);
            let between = text.lines().skip(first).take(last - first);
            *one.span.file == *file.name && !between.into_iter().any(|line| line.starts_with("---"))
        };
        self.analysis.as_ref()?.summary.refused.iter().find(is_here)
    }

    /// Asks again after a new analysis; the old answer stays in sight until the new one is there.
    pub(super) fn describe_again(&mut self) -> Vec<Effect> {
        self.ask_about_sheet(false)
    }

    fn ask_about_sheet(&mut self, whole: bool) -> Vec<Effect> {
        let Some(sheet) = &mut self.sheet else { return Vec::new() };
        let (request, effects) = self.session.ask(Command::Describe { id: sheet.id.clone(), whole });
        sheet.request = request;
        effects
    }

    /// A description is there; what of it takes longer is asked for then.
    pub(super) fn is_described(&mut self, request: u32, sheet: Sheet) -> Vec<Effect> {
        let Some(described) = self.sheet.as_mut().filter(|sheet| sheet.request == request) else {
            return Vec::new();
        };
        let is_part = sheet.is_part;
        described.answer = Answer::Known(Shared::new(sheet));
        if is_part { self.ask_about_sheet(true) } else { Vec::new() }
    }

    /// What is described is not in the text any more.
    pub(super) fn is_described_no_more(&mut self, request: u32) {
        if let Some(described) = self.sheet.as_mut().filter(|sheet| sheet.request == request) {
            described.answer = Answer::Unknown;
        }
    }

    pub(super) fn open_described_cell(
        &mut self,
        source: String,
        destination: String,
        from: Origin,
    ) -> Vec<Effect> {
        let sheet = self.sheet.take();
        // Of the connection only its ends count.
        let effects = self.open_witness(source, destination);
        self.sheet = sheet;
        if let Some(why) = &mut self.why {
            why.from = from;
        }
        effects
    }

    /// Closes the description; the keyboard goes back to where it came from.
    pub(super) fn close_sheet(&mut self) -> Vec<Effect> {
        let Some(sheet) = self.sheet.take() else { return Vec::new() };
        match sheet.from {
            Origin::Finding(place) if self.view == View::Findings => {
                vec![Effect::Focus(format!("[data-finding=\"{place}\"] .subject"))]
            }
            Origin::Editor => {
                self.pane = Pane::Manifests;
                vec![Effect::Focus(".cm-content".to_owned())]
            }
            from => vec![self.back(from)],
        }
    }

    /// Brings the keyboard back to where it came from.
    pub(super) fn back(&mut self, from: Origin) -> Effect {
        match from {
            Origin::Task => {
                self.pane = Pane::Manifests;
                Effect::Focus(".task".to_owned())
            }
            Origin::Matrix | Origin::Editor | Origin::Finding(_) => Effect::FocusMatrix,
        }
    }

    /// Goes to a finding in the list, whatever narrows that.
    pub(super) fn show_finding(&mut self, place: u32) -> Vec<Effect> {
        let Some(analysis) = self.analysis.clone() else { return Vec::new() };
        let findings = &analysis.summary.findings;
        let Some(finding) = findings.get(place as usize) else { return Vec::new() };
        let mut effects = self.go_to_view(View::Findings);
        self.pane = Pane::Results;
        if findings.len() > WHOLE_LIST {
            let rule = Some(finding.code.clone());
            self.findings_filter = FindingsFilter { rule, ..FindingsFilter::default() };
        } else if !self.findings_filter.keeps(finding) {
            self.findings_filter = FindingsFilter::default();
        }
        effects.push(Effect::Focus(format!("[data-finding=\"{place}\"]")));
        effects
    }
}

#[cfg(test)]
mod tests;
