//! What is not wanted of a text: it must be well-formed and hold no key twice, and nothing else is kept of it.

use netpol_source::TextRange;

/// So many keys of one mapping are compared with each other; where there are more, everything is read.
const MOST_KEYS: usize = 200;

/// A value that is stepped over.
#[derive(Debug, Default)]
pub(super) struct Skim<'t> {
    levels: Vec<Level>,
    /// The keys of all mappings that are open.
    keys: Vec<&'t str>,
    range: TextRange,
}

#[derive(Debug)]
struct Level {
    is_map: bool,
    at_key: bool,
    first_key: usize,
}

/// Something that can only be told when everything is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unclear;

impl<'t> Skim<'t> {
    /// Whether a list or mapping is being stepped over.
    pub(super) fn is_open(&self) -> bool {
        !self.levels.is_empty()
    }

    /// A list or mapping begins.
    pub(super) fn begin(&mut self, start: usize, is_map: bool, most_levels: usize) -> Result<(), Unclear> {
        match self.levels.last_mut() {
            None => self.range = TextRange::new(start, start),
            Some(level) if level.is_map && level.at_key => return Err(Unclear),
            Some(level) => level.at_key = true,
        }
        if self.levels.len() >= most_levels {
            return Err(Unclear);
        }
        self.levels.push(Level { is_map, at_key: true, first_key: self.keys.len() });
        Ok(())
    }

    /// The innermost list or mapping ends; all of the value's range when it was the outermost.
    pub(super) fn end(&mut self, bracket: Option<TextRange>) -> Option<TextRange> {
        let level = self.levels.pop()?;
        self.keys.truncate(level.first_key);
        if let Some(bracket) = bracket {
            self.range = self.range.cover(bracket);
        }
        self.levels.is_empty().then_some(self.range)
    }

    /// A key, which is no merge key, or a value.
    pub(super) fn scalar(&mut self, range: TextRange, key: Option<&'t str>) -> Result<(), Unclear> {
        self.range = self.range.cover(range);
        let Some(level) = self.levels.last_mut().filter(|level| level.is_map) else { return Ok(()) };
        if !level.at_key {
            level.at_key = true;
            return Ok(());
        }
        level.at_key = false;
        let key = key.ok_or(Unclear)?;
        let known = self.keys.get(level.first_key..).unwrap_or_default();
        if known.len() >= MOST_KEYS || known.contains(&key) {
            return Err(Unclear);
        }
        self.keys.push(key);
        Ok(())
    }

    /// Whether the next scalar is a key.
    pub(super) fn at_key(&self) -> bool {
        self.levels.last().is_some_and(|level| level.is_map && level.at_key)
    }
}
