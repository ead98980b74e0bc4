//! Help while writing: what may stand at a place, and what stands there means.

use netpol_eval::Evaluation;

use crate::contract::{Completions, Hover, Position, SourceFile};

/// What may be written at a place; `None` where nothing is known.
pub(crate) fn complete(
    _evaluation: &Evaluation,
    _file: &SourceFile,
    _position: Position,
) -> Option<Completions> {
    None
}

/// What stands at a place and means; `None` where nothing is known of it.
pub(crate) fn hover(_evaluation: &Evaluation, _file: &SourceFile, _position: Position) -> Option<Hover> {
    None
}
