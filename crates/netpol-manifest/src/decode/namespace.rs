//! `Namespace`: everything that matters is in its metadata.

use crate::cursor::Fields;
use crate::object::{Metadata, Resource};
use crate::report::Report;

pub(super) fn decode(_: &Fields<'_>, _: &Metadata, _: &mut Report) -> Option<Resource> {
    Some(Resource::Namespace)
}
