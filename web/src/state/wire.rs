//! What the worker says and what lies beside the page, read without serde: what serde derives for this many types would be a
//! tenth of the page.
//!
//! [`Read`] is total. All of it is of one build with the page, so what is missing or of another type than it should be is a
//! mistake of ours and not of anybody's text: it is read as the default of its type, and a name that is not known as the one
//! that promises least.

mod analysis;
mod change;
mod event;
mod kept;
mod labs;
mod sheet;
#[cfg(test)]
mod tests;
mod trace;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use event::{response, summary};
pub use kept::Kept;

/// A plain value: what JSON can say.
pub trait Wire: Sized {
    /// What an object holds under a name; nothing where it holds nothing, or this is no object.
    fn property(&self, name: &'static str) -> Self;
    /// What stands at a place of a list, counted from 0; nothing beyond its end, or where this is no list.
    fn at(&self, place: u32) -> Self;
    /// How long a list is; 0 where this is none.
    fn length(&self) -> u32;
    /// The names of an object and what it holds under each; none where this is no object.
    fn entries(&self) -> Vec<(String, Self)>;
    /// A text.
    fn text(&self) -> Option<String>;
    /// A number.
    fn number(&self) -> Option<f64>;
    /// Yes or no.
    fn truth(&self) -> Option<bool>;
    /// Whether there is anything at all.
    fn is_there(&self) -> bool;
}

/// What can be read of a plain value, whatever that is.
pub trait Read: Sized {
    /// Reads it.
    fn read(value: &impl Wire) -> Self;
}

/// What an object holds under a name.
pub(super) fn field<T: Read>(of: &impl Wire, name: &'static str) -> T {
    T::read(&of.property(name))
}

/// The only name of an object, and what it holds under it: how a choice travels that holds something.
fn chosen<W: Wire>(value: &W) -> Option<(String, W)> {
    value.entries().into_iter().next()
}

/// The name by which a field travels: its own, or the one that is given.
macro_rules! name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $name:literal) => {
        $name
    };
}

/// Reads structs field by field, each under its own name or the one beside it. What does not travel stands behind the `;`; a
/// field that is not listed at all does not compile.
macro_rules! fields {
    ($($kind:ident {
        $($field:ident $($name:literal)?),+ $(,)?
        $(; $($left:ident),+ $(,)?)?
    })+) => {
        $(impl $crate::state::wire::Read for $kind {
            fn read(value: &impl $crate::state::wire::Wire) -> Self {
                Self {
                    $($field: $crate::state::wire::field(value, name!($field $($name)?)),)+
                    $($($left: Default::default(),)+)?
                }
            }
        })+
    };
}

/// Reads enums by the names of their variants; behind `else` stands what any other name is taken for. A variant that is not
/// listed does not compile.
macro_rules! names {
    ($($kind:ident { $($variant:ident $name:literal),+ $(,)? } else $other:ident)+) => {
        $(impl $crate::state::wire::Read for $kind {
            fn read(value: &impl $crate::state::wire::Wire) -> Self {
                match value.text().as_deref() {
                    $(Some($name) => Self::$variant,)+
                    _ => Self::$other,
                }
            }
        }

        const _: fn($kind) = |one| match one {
            $($kind::$variant => (),)+
        };

        #[cfg(test)]
        impl $crate::state::wire::tests::Variants for $kind {
            const ALL: &[Self] = &[$(Self::$variant),+];
        })+
    };
}

use {fields, name, names};

impl Read for String {
    fn read(value: &impl Wire) -> Self {
        value.text().unwrap_or_default()
    }
}

impl Read for Arc<str> {
    fn read(value: &impl Wire) -> Self {
        String::read(value).into()
    }
}

impl Read for bool {
    fn read(value: &impl Wire) -> Self {
        value.truth().unwrap_or_default()
    }
}

impl Read for f64 {
    fn read(value: &impl Wire) -> Self {
        value.number().unwrap_or_default()
    }
}

impl Read for u32 {
    fn read(value: &impl Wire) -> Self {
        f64::read(value) as Self
    }
}

impl Read for u16 {
    fn read(value: &impl Wire) -> Self {
        f64::read(value) as Self
    }
}

impl Read for usize {
    fn read(value: &impl Wire) -> Self {
        f64::read(value) as Self
    }
}

impl<T: Read> Read for Option<T> {
    fn read(value: &impl Wire) -> Self {
        value.is_there().then(|| T::read(value))
    }
}

impl<T: Read> Read for Box<T> {
    fn read(value: &impl Wire) -> Self {
        Self::new(T::read(value))
    }
}

impl<T: Read> Read for Arc<T> {
    fn read(value: &impl Wire) -> Self {
        Self::new(T::read(value))
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(value: &impl Wire) -> Self {
        let length = value.length();
        let mut all = Self::with_capacity(length as usize);
        for place in 0..length {
            all.push(T::read(&value.at(place)));
        }
        all
    }
}

impl<T: Read> Read for Arc<[T]> {
    fn read(value: &impl Wire) -> Self {
        Vec::read(value).into()
    }
}

impl<A: Read, B: Read> Read for (A, B) {
    fn read(value: &impl Wire) -> Self {
        (A::read(&value.at(0)), B::read(&value.at(1)))
    }
}

impl<T: Read> Read for BTreeMap<String, T> {
    fn read(value: &impl Wire) -> Self {
        let mut all = Self::new();
        for (name, value) in value.entries() {
            all.insert(name, T::read(&value));
        }
        all
    }
}
