//! How certain the cells of the matrix are: one number beside each.

use netpol_eval::{Evaluation, PeerId};

/// The verdict holds wherever NetworkPolicy is enforced.
pub const CERTAIN: u8 = 0;
/// Network plugins differ, or may differ, in the verdict.
pub const DEPENDS_ON_PLUGIN: u8 = 1;
/// The cell was not evaluated: that nothing is in it says nothing.
pub const NOT_EVALUATED: u8 = 2;

/// Whether a cell was not evaluated.
pub(crate) fn not_evaluated(evaluation: &Evaluation, source: PeerId, destination: PeerId) -> bool {
    !evaluation.is_evaluated(source, destination)
}
