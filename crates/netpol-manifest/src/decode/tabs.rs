//! Spaces for the tabs that YAML refuses.

use netpol_source::{Edit, Fix, TextRange, apply_edits};

use crate::fix::MOST_EDITS;
use crate::yaml;

/// How long a text may be in which every tab is replaced.
const LONGEST: usize = 128 * 1024;

/// Spaces for the tabs that indent lines, when there is only one number of spaces that makes sense.
pub(super) fn spaces(text: &str) -> Option<Fix> {
    let mut tabs = Vec::new();
    let mut only_tabs = true;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start_matches([' ', '\t']);
        let lead = line.get(..line.len() - content.len()).unwrap_or_default();
        if !content.trim().is_empty() && !lead.is_empty() {
            only_tabs &= !lead.contains(' ');
            tabs.extend(lead.bytes().enumerate().filter(|(_, byte)| *byte == b'\t').map(|(tab, _)| at + tab));
        }
        at += line.len();
    }
    if tabs.is_empty() || tabs.len() > MOST_EDITS || text.len() > LONGEST {
        return None;
    }
    let spaced = |width: usize| -> Vec<Edit> {
        let spaces = " ".repeat(width);
        let edit = |at: &usize| Edit { range: TextRange::new(*at, *at + 1), replacement: spaces.clone() };
        tabs.iter().map(edit).collect()
    };
    let reads =
        |edits: &[Edit]| apply_edits(text, edits).is_ok_and(|changed| yaml::parse(&changed).broken.is_none());
    let widths: &[usize] = if only_tabs { &[2] } else { &[2, 4, 8] };
    let mut sound = widths.iter().map(|width| (width, spaced(*width))).filter(|(_, edits)| reads(edits));
    let (width, edits) = sound.next()?;
    if sound.next().is_some() {
        return None;
    }
    Some(Fix { title: format!("write {width} spaces for each tab"), edits })
}
