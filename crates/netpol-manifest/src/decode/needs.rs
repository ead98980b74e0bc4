//! What of an object the decoders look at: of the rest no tree is built.
//!
//! The tables of fields say it: what is opaque there is not looked into, but for the annotations and some of `status`.

use super::kinds::{self, Kind, Lookup};
use crate::schema::{self, Level, Type};
use crate::yaml::{Part, Shape, Value};

/// The object of the document, or the list; the first number that is not the reader's own.
const OBJECT: Part = Part(2);
/// An item of a list.
const ITEM: Part = Part(3);
const KIND: Part = Part(4);
const API_VERSION: Part = Part(5);
const STATUS: Part = Part(6);
/// From here on, the levels that were met.
const FIRST_LEVEL: u32 = 7;

/// What is wanted of the text of one document.
#[derive(Debug, Default)]
pub(super) struct Needs {
    header: Header,
    /// Whether the header is that of an item, and not that of the list around it.
    has_items: bool,
    levels: Vec<&'static Level>,
}

/// What an object says of itself, as far as it was read.
#[derive(Debug, Default)]
struct Header {
    kind: Option<String>,
    api_version: Option<String>,
    /// What the two mean, once it was asked for.
    known: Option<Known>,
}

#[derive(Clone, Copy, Debug)]
enum Known {
    /// A kind that is read.
    Read(&'static Kind),
    /// One that is not: nothing is said of it but its name.
    Ignored,
    /// A mistake, or an object that holds others.
    Unclear,
}

impl Needs {
    fn known(&mut self) -> Known {
        let Header { kind: Some(kind), api_version: Some(api_version), known } = &mut self.header else {
            return Known::Unclear;
        };
        *known.get_or_insert_with(|| match kinds::lookup(kind, api_version) {
            _ if kind.ends_with("List") => Known::Unclear,
            Lookup::Known(known) => Known::Read(known),
            Lookup::Other if !kinds::is_template(kind, api_version) => Known::Ignored,
            Lookup::Other | Lookup::Misspelled(_) | Lookup::WrongVersion(_) => Known::Unclear,
        })
    }

    fn level(&mut self, level: &'static Level) -> Part {
        let known = self.levels.iter().position(|known| std::ptr::eq(*known, level));
        let at = known.unwrap_or_else(|| {
            self.levels.push(level);
            self.levels.len() - 1
        });
        Part(FIRST_LEVEL + at as u32)
    }

    fn of_object(&mut self, key: &str) -> Part {
        match key {
            "kind" => KIND,
            "apiVersion" => API_VERSION,
            "metadata" => self.level(&schema::METADATA),
            "spec" => match self.known() {
                Known::Read(known) if known.spec.fields.is_empty() => Part::NONE,
                Known::Read(known) => self.level(known.spec),
                Known::Ignored => Part::NONE,
                Known::Unclear => Part::ALL,
            },
            "status" => match self.known() {
                Known::Read(_) => STATUS,
                Known::Ignored => Part::NONE,
                Known::Unclear => Part::ALL,
            },
            _ => match self.known() {
                Known::Ignored => Part::NONE,
                Known::Read(known) => self.of_level(known.object, key),
                Known::Unclear => Part::ALL,
            },
        }
    }

    /// `status`, of which addresses of pods and nodes are read, and whether pods and Jobs are done.
    fn of_status(&mut self, key: &str) -> Part {
        let Known::Read(Kind { name, .. }) = self.known() else { return Part::ALL };
        let is_read = match *name {
            "Pod" => ["phase", "podIP", "podIPs", "hostIP", "hostIPs"].contains(&key),
            "Job" => ["conditions", "completionTime"].contains(&key),
            "Node" => key == "addresses",
            _ => false,
        };
        if is_read { Part::ALL } else { Part::NONE }
    }

    fn of_level(&mut self, level: &'static Level, key: &str) -> Part {
        let mut found = level.field(key).map(|field| field.value);
        while let Some(Type::List(item) | Type::Either(_, item)) = found {
            found = Some(*item);
        }
        match found {
            Some(Type::Structure(level)) => self.level(level),
            Some(Type::Opaque) if key != "annotations" => Part::NONE,
            _ => Part::ALL,
        }
    }
}

impl Shape for Needs {
    fn root(&self) -> Part {
        OBJECT
    }

    fn begin(&mut self, of: Part) {
        if of == ITEM {
            self.header = Header::default();
        }
    }

    fn field(&mut self, of: Part, key: &str) -> Part {
        match of {
            // Nothing is certain of what stands behind the items, as the header is theirs.
            OBJECT if self.has_items => Part::ALL,
            // They may come before the kind of the list.
            OBJECT if key == "items" && !matches!(self.known(), Known::Read(_) | Known::Ignored) => {
                self.has_items = true;
                ITEM
            }
            OBJECT | ITEM => self.of_object(key),
            STATUS => self.of_status(key),
            Part(number) => {
                let level = number.checked_sub(FIRST_LEVEL).and_then(|at| self.levels.get(at as usize));
                level.copied().map_or(Part::ALL, |level| self.of_level(level, key))
            }
        }
    }

    fn note(&mut self, of: Part, value: &Value<'_>) -> bool {
        let Header { kind, api_version, .. } = &mut self.header;
        let (place, text) = match (of, value) {
            (KIND, Value::Text(text)) => (kind, text),
            (API_VERSION, Value::Text(text)) => (api_version, text),
            _ => return true,
        };
        // Of two, the later one counts.
        place.replace(text.to_string()).is_none()
    }
}

#[cfg(test)]
mod tests;
