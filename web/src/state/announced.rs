//! A new result in one sentence, for who does not see it come.

use netpol_view::contract::{DiagnosticSeverity, PeerType};

use super::analysis::Analysis;
use super::matrix::certainty::Certainty;
use super::words::counted;

/// Among more rows than this, changed cells are not counted.
const MOST_ROWS: usize = 300;

/// What there is to say of a result that takes the place of another: how much there is, and how many cells have changed.
pub fn announced(before: Option<&Analysis>, now: &Analysis) -> String {
    let findings = now.summary.findings.iter().filter(|finding| !finding.silenced).count();
    let mut words = vec![
        counted(now.count(PeerType::Workload), "workload", "workloads"),
        counted(findings, "finding", "findings"),
    ];
    let errors = now.problem_count(DiagnosticSeverity::Error);
    if errors > 0 {
        words.push(counted(errors, "error", "errors"));
    }
    let changes = match before.and_then(|before| changed(before, now)) {
        Some(0) => "; no cell changed".to_owned(),
        Some(count) => format!("; {} changed", counted(count, "cell", "cells")),
        None => String::new(),
    };
    format!("{}{changes}", words.join(", "))
}

/// How many cells of the same rows and columns say something else than before.
fn changed(before: &Analysis, now: &Analysis) -> Option<usize> {
    let rows = now.peer_count();
    let same = |row: usize| {
        before.summary.peers.get(row).map(|peer| &peer.id) == now.summary.peers.get(row).map(|peer| &peer.id)
    };
    if rows > MOST_ROWS || rows != before.peer_count() || !(0..rows).all(same) {
        return None;
    }
    let cells = (0..rows).flat_map(|row| (0..rows).map(move |column| (row, column)));
    Some(cells.filter(|(row, column)| says(before, *row, *column) != says(now, *row, *column)).count())
}

fn says(analysis: &Analysis, row: usize, column: usize) -> (Option<&str>, Certainty) {
    let words = analysis.connections(row, column).map(|set| set.text.as_str());
    (words, analysis.certainty(row, column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixture;

    #[test]
    fn a_result_is_said_in_one_sentence() {
        let peers = || vec![fixture::workload("a", "x"), fixture::workload("a", "y")];
        let closed = fixture::analysis(peers(), |_, _| 0);
        let open = fixture::analysis(peers(), |source, _| if source == 0 { 2 } else { 0 });
        assert_eq!(announced(None, &closed), "2 workloads, 0 findings");
        assert_eq!(announced(Some(&closed), &closed), "2 workloads, 0 findings; no cell changed");
        assert_eq!(announced(Some(&closed), &open), "2 workloads, 0 findings; 2 cells changed");
        let other = fixture::analysis(vec![fixture::workload("a", "x")], |_, _| 0);
        assert_eq!(announced(Some(&closed), &other), "1 workload, 0 findings", "other rows");
    }
}
