//! Policies of a superseded kind, rewritten together: which of them go, and what is said of it.

use netpol_findings::{Fix, Rewriting};
use netpol_source::Sources;

use crate::contract::{CellChange, Preview, Refused};
use crate::fixes;
use crate::preview::Change;

/// How much text is read for it: each policy is tried out in its document.
const MOST_READ: usize = 64 * 1024 * 1024;

/// How many changed cells a note names.
const MOST_NAMED: usize = 10;

/// What can be rewritten.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Of all of it.
    pub(crate) change: Change,
    pub(crate) notes: Vec<String>,
    pub(crate) policies: u32,
}

/// Rewrites all that can be, and notes what cannot; `None` where nothing can.
pub(crate) fn plan(rewritings: &[Rewriting], refused: &[Refused], sources: &Sources) -> Option<Plan> {
    let mut plan = Plan {
        change: Change { message: String::new(), edits: Vec::new(), added: Vec::new() },
        notes: Vec::new(),
        policies: 0,
    };
    let mut read = 0_usize;
    for rewriting in rewritings {
        let name = &rewriting.reference.name;
        let fix = match &rewriting.fix {
            Ok(fix) => fix,
            Err(why) => {
                plan.notes.push(format!("left as it is: {why}"));
                continue;
            }
        };
        read = documents_of(fix, sources).fold(read, usize::saturating_add);
        let made = if read > MOST_READ { None } else { fixes::change(fix, sources) };
        let Some(made) = made else {
            let why = match read > MOST_READ {
                true => "there is too much to rewrite at once",
                false => "its text cannot be changed for certain, as with anchors, or in a list of its kind",
            };
            plan.notes.push(format!("left as it is: `{name}`, as {why}"));
            continue;
        };
        plan.change.edits.extend(made.edits);
        plan.notes.extend(rewriting.notes.iter().map(|note| format!("`{name}`: {note}")));
        plan.policies += 1;
    }
    let refused = refused.iter().filter(|refused| {
        ["AdminNetworkPolicy", "BaselineAdminNetworkPolicy"].contains(&refused.object.kind.as_str())
    });
    plan.notes.extend(
        refused.map(|refused| {
            format!("left as it is: `{}`, which is refused as it stands", refused.object.name)
        }),
    );
    plan.change.message = match plan.policies {
        0 => return None,
        1 => "rewrite 1 policy as a ClusterNetworkPolicy".to_owned(),
        count => format!("rewrite {count} policies as ClusterNetworkPolicies"),
    };
    Some(plan)
}

fn documents_of<'a>(fix: &'a Fix, sources: &'a Sources) -> impl Iterator<Item = usize> + 'a {
    fix.changes.iter().map(|(place, _)| sources.document_text(place.document).len())
}

/// Says in the message of a change what becomes of the cells.
pub(crate) fn say_what_becomes_of_cells(preview: &mut Preview) {
    preview.message.push_str(&match preview.changed_cells {
        0 => "; every cell stays the same".to_owned(),
        1 => "; 1 cell changes".to_owned(),
        count => format!("; {count} cells change"),
    });
}

/// The cells that change.
pub(crate) fn changed_cells(preview: &Preview) -> Option<String> {
    let named = |change: &CellChange| {
        format!(
            "from `{}` to `{}`, {} becomes {}",
            change.source, change.destination, change.before.text, change.after.text
        )
    };
    let mut named: Vec<String> = preview.changes.iter().take(MOST_NAMED).map(named).collect();
    if named.is_empty() {
        return None;
    }
    let all = usize::try_from(preview.changed_cells).unwrap_or(usize::MAX);
    if all > named.len() {
        named.push(format!("and so on for {} more", all - named.len()));
    }
    Some(format!("cells change: {}", named.join("; ")))
}
