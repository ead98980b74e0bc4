//! The sheet of a policy.

use super::peer::{findings, name, subjects};
use super::{Line, Link, Part, Section, Sheet, counted};
use crate::contract::{Action, CellChange, PolicyProfile, Preview, RuleInWords, Summary, Tier};
use crate::words;

/// So many rules and changed cells are shown.
const MOST_LINES: usize = 24;

/// The heading of what a policy adds.
const ADDS: &str = "Without it";

/// What there is to say of a policy, but what it adds.
pub(crate) fn of_policy(profile: &PolicyProfile, summary: &Summary) -> Sheet {
    let object = &profile.object;
    let mut adds = Section::new(ADDS);
    adds.line(Line::of("", "working it out…"));
    let mut sections = vec![
        about(profile, summary),
        rules("Ingress rules", "ingress", profile.ingress.as_deref(), profile),
        rules("Egress rules", "egress", profile.egress.as_deref(), profile),
        adds,
        findings(&profile.findings, summary),
    ];
    sections.retain(|section| !section.lines.is_empty());
    Sheet {
        kind: object.kind.clone(),
        title: match &object.namespace {
            Some(namespace) => format!("{namespace}/{}", object.name),
            None => object.name.clone(),
        },
        place: Some(profile.span.clone()),
        sections,
        is_part: true,
    }
}

fn about(profile: &PolicyProfile, summary: &Summary) -> Section {
    let mut section = Section::new("About");
    if profile.tier == Tier::NetworkPolicy {
        let types = match profile.policy_types.as_slice() {
            [] => "none, so that it has no effect".to_owned(),
            types => types.join(", "),
        };
        let why = if profile.has_policy_types { "" } else { " (not written: this is what follows)" };
        section.line(Line::of("policyTypes", format!("{types}{why}")));
    } else {
        let tier = if profile.tier == Tier::Admin { "Admin" } else { "Baseline" };
        let priority = profile.priority.map(|priority| format!(", priority {priority}")).unwrap_or_default();
        section.line(Line::of("tier", format!("{tier}{priority}")));
    }
    section.line(Line::of("selects", profile.selects.clone()));
    let mut line = Line { term: "these are".to_owned(), ..Line::default() };
    line.parts = subjects(&profile.subjects, summary);
    if line.parts.is_empty() {
        line = Line::of("these are", "nobody: it selects nothing").marked(false);
    }
    section.line(line);
    section
}

fn rules(title: &str, direction: &str, rules: Option<&[RuleInWords]>, profile: &PolicyProfile) -> Section {
    let mut section = Section::new(title);
    let Some(rules) = rules else {
        // A cluster-scoped policy without rules of a direction is not worth a word.
        if profile.tier == Tier::NetworkPolicy {
            section.line(Line::of("", format!("it does not isolate for {direction}")));
        }
        return section;
    };
    if rules.is_empty() {
        let words = format!("isolates for {direction} and has no {direction} rule, so it allows nothing");
        section.line(Line::of("", words));
    }
    for one in rules.iter().take(MOST_LINES) {
        section.line(rule(one));
    }
    let more = rules.len().saturating_sub(MOST_LINES);
    if more > 0 {
        section.line(Line::of("", format!("and {} more", words::thousands(more))));
    }
    section
}

fn rule(rule: &RuleInWords) -> Line {
    let name = rule.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let nobody = if rule.peers == 0 && rule.action != Action::None { "; today that is nobody" } else { "" };
    let term = format!("rule {}{name}", rule.rule + 1);
    Line::of(&term, format!("{}{nobody} ", rule.text)).with(Part::lines(&rule.span))
}

/// The sheet with what a policy adds: what would change without it.
pub(crate) fn adds(sheet: Sheet, without: Option<&Preview>, summary: &Summary) -> Sheet {
    let sections = sheet.sections.into_iter();
    let sections =
        sections.map(|section| if section.title == ADDS { changes(without, summary) } else { section });
    Sheet { sections: sections.collect(), is_part: false, ..sheet }
}

fn changes(without: Option<&Preview>, summary: &Summary) -> Section {
    let mut section = Section::new(ADDS);
    let Some(preview) = without else {
        section.line(Line::of("", "what would change cannot be told of this text"));
        return section;
    };
    let count = preview.changed_cells as usize;
    if count == 0 {
        section.line(Line::of("", "every cell would stay as it is: others allow and isolate the same"));
        return section;
    }
    section.line(Line::of("", format!("{} would change", counted(count, "cell", "cells"))));
    for change in preview.changes.iter().take(MOST_LINES / 2) {
        section.line(cell(change, summary));
    }
    let more = count.saturating_sub(MOST_LINES / 2);
    if more > 0 {
        section.line(Line::of("", format!("and {} more", words::thousands(more))));
    }
    section
}

fn cell(change: &CellChange, summary: &Summary) -> Line {
    let CellChange { source, destination, before, after } = change;
    let called = |id: &str| {
        let peer = summary.peers.iter().find(|peer| peer.id == id);
        peer.map_or_else(|| id.to_owned(), name)
    };
    let words = format!("{} → {}", called(source), called(destination));
    let link = Part::link(words, Link::Cell(source.clone(), destination.clone()));
    let text = Part::text(format!(" `{}` ⇒ `{}`", before.text, after.text));
    Line { mark: None, term: String::new(), parts: vec![link, text] }
}
