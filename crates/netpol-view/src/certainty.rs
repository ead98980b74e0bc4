//! How certain the cells of the matrix are: one number beside each.

use std::ops::Range;

use netpol_eval::{Evaluation, PeerId};

/// The verdict holds wherever NetworkPolicy is enforced.
pub const CERTAIN: u8 = 0;
/// Network plugins differ, or may differ, in the verdict.
pub const DEPENDS_ON_PLUGIN: u8 = 1;
/// The cell was not evaluated: that nothing is in it says nothing.
pub const NOT_EVALUATED: u8 = 2;

/// How certain the cells of a window are, row-major. Ranges beyond the matrix are cut.
pub(crate) fn codes(evaluation: &Evaluation, rows: Range<usize>, columns: Range<usize>) -> Vec<u8> {
    evaluation.uncertain(rows, columns)
}

/// Whether a cell was not evaluated.
pub(crate) fn not_evaluated(evaluation: &Evaluation, source: PeerId, destination: PeerId) -> bool {
    let only = |peer: PeerId| peer.index()..peer.index() + 1;
    codes(evaluation, only(source), only(destination)) == [NOT_EVALUATED]
}
