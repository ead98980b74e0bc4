//! Text as people typed it: files, the documents in them, places in a document, and what is said about a place.
//!
//! Everything to the right of this crate speaks of places as [`Span`]s: a document and a byte range *relative to
//! that document's own text*. A document that did not change therefore keeps every range that was computed for it,
//! wherever in its file it has moved to. Only [`Sources::resolve`] turns a span into a file, lines and columns.
//!
//! Nothing here knows YAML or Kubernetes, but for where a document or an item of a `List` begins, or how a message is
//! shown.

mod budget;
mod code;
mod columns;
mod diagnostic;
mod diff;
mod edit;
mod hash;
mod list;
pub mod order;
mod sources;
mod span;
mod split;

pub use budget::{Budget, Exhausted};
pub use code::{Code, Severity};
pub use diagnostic::{Diagnostic, Fix, ObjectRef, Related};
pub use diff::{DiffLine, LineKind, diff};
pub use edit::{Edit, EditError, apply_edits};
pub use hash::{HashMap, HashSet};
pub use sources::{ChangedFile, FileId, FileSpan, Position, SourceFile, Sources};
pub use span::{DocumentId, Span, Spanned, TextRange};
