//! A reader of lines that keeps only what is open: by indentation and by brackets. It never fails.

use netpol_source::TextRange;

/// Levels that are followed; the deepest field of the Kubernetes API is at about half of this.
const MOST_LEVELS: usize = 64;
/// Keys that are kept of one mapping.
const MOST_KEYS: usize = 256;

/// A list or mapping that is open.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) is_map: bool,
    pub(super) is_flow: bool,
    /// Where its keys or dashes stand in their lines; of no meaning between brackets.
    pub(super) column: usize,
    /// The key that was read last, without quotes.
    pub(super) key: Option<TextRange>,
    /// Whether something stands behind that key.
    pub(super) is_filled: bool,
    /// Where the value of the key, or the item, begins.
    pub(super) value_start: usize,
    header: Header,
}

/// What a mapping says of itself, if it is an object.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Header {
    pub(super) kind: Option<TextRange>,
    pub(super) namespace: Option<TextRange>,
}

/// What stands at the end of a piece of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// A comment, the inside of a text, or something that is complete.
    Nothing,
    /// The beginning of a key or a value, at a column.
    Word { start: usize, column: usize },
    /// The beginning of the value of the last key.
    Value { start: usize },
    /// The beginning of anything between brackets.
    Flow { start: usize },
}

/// What is to be found out about the surroundings of a place.
#[derive(Debug)]
pub(super) struct Watch {
    /// Where the word at the place begins.
    pub(super) at: usize,
    /// Where it begins within its quotes.
    letters: usize,
    /// The frame whose keys are wanted.
    pub(super) index: usize,
    /// Its keys, but for the one at the place.
    pub(super) present: Vec<TextRange>,
    /// Where the value begins of the key that is at the place.
    pub(super) value_start: Option<usize>,
    /// For each frame around, where what it holds at the place ends.
    pub(super) ends: Vec<Option<usize>>,
    /// For each frame around, its header once it is closed.
    pub(super) headers: Vec<Option<Header>>,
    closed: bool,
}

impl Watch {
    pub(super) fn new(at: usize, letters: usize, index: usize, present: Vec<TextRange>) -> Self {
        let (ends, headers) = (vec![None; index + 1], vec![None; index + 1]);
        Self { at, letters, index, present, value_start: None, ends, headers, closed: false }
    }

    /// Something of a frame changes: what it held ends here.
    fn touch(&mut self, index: usize, at: usize, is_before: bool) {
        if is_before {
            if index < self.index {
                self.present.clear();
            }
            return;
        }
        self.closed |= index < self.index;
        for end in self.ends.iter_mut().skip(index) {
            end.get_or_insert(at);
        }
    }

    fn key(&mut self, index: usize, key: TextRange, after: usize) {
        if index != self.index || self.closed {
            return;
        }
        if key.start() == self.letters {
            self.value_start = Some(after);
        } else if self.present.len() < MOST_KEYS {
            self.present.push(key);
        }
    }

    fn close(&mut self, index: usize, header: Header, at: usize) {
        if at < self.at {
            if index <= self.index {
                self.present.clear();
            }
            return;
        }
        self.touch(index, at, false);
        self.closed |= index == self.index;
        if let Some(slot) = self.headers.get_mut(index) {
            slot.get_or_insert(header);
        }
    }
}

/// Reads lines one after the other.
#[derive(Debug)]
pub(super) struct Scanner<'t> {
    text: &'t str,
    pub(super) frames: Vec<Frame>,
    /// A quote that is open over lines, and the column that its lines lie beyond.
    quote: Option<(u8, usize)>,
    /// A block scalar's lines are indented further than this.
    block: Option<Option<usize>>,
    /// Whether there are more levels than are followed.
    pub(super) is_too_deep: bool,
    pub(super) watch: Option<Watch>,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, frames: Vec::new(), quote: None, block: None, is_too_deep: false, watch: None }
    }

    /// The same state, with nothing to watch.
    pub(super) fn fork(&self) -> Self {
        let frames = self.frames.clone();
        Self { frames, quote: self.quote, block: self.block, watch: None, ..Self::new(self.text) }
    }

    /// Reads the lines of a piece of the text, which begins at the start of a line.
    pub(super) fn lines(&mut self, start: usize, end: usize) {
        let mut at = start;
        for line in self.text.get(start..end).unwrap_or_default().split_inclusive('\n') {
            self.line(at, at + line.trim_end_matches(['\n', '\r']).len(), false);
            if self.is_too_deep {
                return;
            }
            at += line.len();
        }
    }

    /// The text.
    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// Closes what a word at a column does not belong to.
    pub(super) fn close_at(&mut self, column: usize, at: usize) {
        if !self.is_flow() {
            self.close_for(column, at);
        }
    }

    /// Closes everything.
    pub(super) fn finish(&mut self, at: usize) {
        while !self.frames.is_empty() {
            self.pop(at);
        }
    }

    /// Reads one line; `cut` says that the place is at its end, and what stands there is asked.
    pub(super) fn line(&mut self, start: usize, end: usize, cut: bool) -> End {
        let content = self.skip_space(start, end);
        let column = content - start;
        let is_blank = content == end;
        if let Some((quote, beyond)) = self.quote {
            let is_flow = self.is_flow();
            if is_blank && !cut || column > beyond || is_flow {
                let Some(close) = self.closing_quote(start, end, quote) else { return End::Nothing };
                self.quote = None;
                return if is_flow { self.flow(close + 1, end, cut) } else { End::Nothing };
            }
            self.quote = None;
        }
        if let Some(beyond) = self.block {
            if beyond.is_none_or(|beyond| column > beyond) || is_blank && !cut {
                return End::Nothing;
            }
            self.block = None;
        }
        if self.is_flow() {
            let outside = self.frames.iter().rev().find(|frame| !frame.is_flow).map(|frame| frame.column);
            let goes_on = is_blank
                || outside.is_none_or(|outside| column > outside)
                || matches!(self.byte(content), Some(b'}' | b']'));
            if goes_on {
                return self.flow(content, end, cut);
            }
            // A bracket that was never closed.
            while self.is_flow() {
                self.pop(start);
            }
        }
        if is_blank {
            return if cut { End::Word { start: content, column } } else { End::Nothing };
        }
        if matches!(self.byte(content), Some(b'#' | b'%')) {
            return End::Nothing;
        }
        self.content(start, content, end, cut)
    }

    /// A line of block YAML from its first letter on.
    fn content(&mut self, line: usize, start: usize, end: usize, cut: bool) -> End {
        let mut at = start;
        while at < end && self.byte(at) == Some(b'-') && (at + 1 == end || self.is_space(at + 1)) {
            if cut && at + 1 == end {
                return End::Nothing;
            }
            self.dash(at - line, at);
            at = self.skip_space(at + 1, end);
            if let Some(list) = self.frames.last_mut() {
                list.value_start = at;
            }
            if self.is_too_deep || self.byte(at) == Some(b'#') {
                return End::Nothing;
            }
            if at == end {
                return if cut { End::Word { start: at, column: at - line } } else { End::Nothing };
            }
        }
        let column = at - line;
        let word = self.skip_properties(at, end);
        if word == end {
            return End::Nothing;
        }
        if let Some((key, after)) = self.block_key(word, end) {
            self.close_for(column, at);
            let is_open = self.frames.last().is_some_and(|top| top.is_map && top.column == column);
            if !is_open && !self.push(true, false, column, at) {
                return End::Nothing;
            }
            self.set_key(key, after);
            let value = self.skip_space(after, end);
            if value == end {
                let is_apart = value > after;
                return if cut && is_apart { End::Value { start: value } } else { End::Nothing };
            }
            return self.block_value(value, end, column, cut);
        }
        self.close_for(column, at);
        match self.byte(word) {
            Some(b'{' | b'[') => self.flow(word, end, cut),
            Some(quote @ (b'"' | b'\'')) => {
                if self.closing_quote(word + 1, end, quote).is_none() && !cut {
                    self.quote = Some((quote, self.frames.last().map_or(0, |top| top.column)));
                }
                if cut { End::Word { start: word, column } } else { End::Nothing }
            }
            Some(b'|' | b'>') => {
                self.block = Some(self.frames.last().map(|top| top.column));
                End::Nothing
            }
            _ if self.plain_end(word, end) < end => End::Nothing,
            _ if cut => End::Word { start: word, column },
            _ => End::Nothing,
        }
    }

    /// What stands behind a key.
    fn block_value(&mut self, start: usize, end: usize, column: usize, cut: bool) -> End {
        let at = self.skip_properties(start, end);
        if self.byte(at) == Some(b'#') || at == end {
            return End::Nothing;
        }
        match self.byte(at) {
            Some(b'|' | b'>') => {
                self.block = Some(Some(column));
                self.fill();
                End::Nothing
            }
            Some(b'{' | b'[') => {
                self.fill();
                self.flow(at, end, cut)
            }
            Some(quote @ (b'"' | b'\'')) => match self.closing_quote(at + 1, end, quote) {
                Some(close) => {
                    self.scalar(TextRange::new(at + 1, close));
                    if cut && close + 1 == end { End::Value { start: at } } else { End::Nothing }
                }
                None if cut => End::Value { start: at },
                None => {
                    self.fill();
                    self.quote = Some((quote, column));
                    End::Nothing
                }
            },
            _ => {
                let stop = self.plain_end(at, end);
                let value = self.text.get(at..stop).unwrap_or_default().trim_end();
                if cut {
                    return if stop == end { End::Value { start: at } } else { End::Nothing };
                }
                self.scalar(TextRange::new(at, at + value.len()));
                End::Nothing
            }
        }
    }

    /// A piece of a line between brackets, or one that begins with a bracket.
    fn flow(&mut self, start: usize, end: usize, cut: bool) -> End {
        let mut at = start;
        while at < end {
            let Some(byte) = self.byte(at) else { break };
            match byte {
                b' ' | b'\t' | b'\r' => at += 1,
                b'#' if at == 0 || self.is_space(at - 1) || at == start => return End::Nothing,
                b'{' | b'[' => {
                    self.fill();
                    if !self.push(byte == b'{', true, 0, at) {
                        return End::Nothing;
                    }
                    at += 1;
                    if let Some(top) = self.frames.last_mut() {
                        top.value_start = at;
                    }
                }
                b'}' | b']' => {
                    self.pop(at);
                    at += 1;
                    if !self.is_flow() && !self.frames.is_empty() {
                        return End::Nothing;
                    }
                }
                b',' => {
                    let index = self.frames.len().saturating_sub(1);
                    if let Some(watch) = &mut self.watch {
                        let is_before = at < watch.at;
                        watch.touch(index, at, is_before);
                    }
                    if let Some(top) = self.frames.last_mut() {
                        top.key = None;
                        top.is_filled = false;
                        top.value_start = at + 1;
                    }
                    at += 1;
                }
                b'"' | b'\'' => {
                    let Some(close) = self.closing_quote(at + 1, end, byte) else {
                        if cut {
                            return End::Flow { start: at };
                        }
                        self.fill();
                        return End::Nothing;
                    };
                    if cut && close + 1 == end {
                        return End::Flow { start: at };
                    }
                    at = self.flow_scalar(TextRange::new(at + 1, close), close + 1, end, true);
                }
                _ => {
                    let stop = self.flow_plain_end(at, end);
                    if cut && stop == end {
                        return End::Flow { start: at };
                    }
                    let word = self.text.get(at..stop).unwrap_or_default().trim_end();
                    // A colon that belongs to nothing.
                    let stop = if stop == at { at + 1 } else { stop };
                    at = self.flow_scalar(TextRange::new(at, at + word.len()), stop, end, false);
                }
            }
        }
        if cut { End::Flow { start: end } } else { End::Nothing }
    }

    /// A key, with the colon behind it, or a value; where to go on.
    fn flow_scalar(&mut self, word: TextRange, after: usize, end: usize, is_quoted: bool) -> usize {
        let colon = self.skip_space(after, end);
        let is_key = self.byte(colon) == Some(b':')
            && colon < end
            && (is_quoted || colon + 1 == end || self.is_space(colon + 1) || self.is_mark(colon + 1));
        let in_map = self.frames.last().is_some_and(|top| top.is_map && top.key.is_none());
        if is_key && in_map {
            self.set_key(word, colon + 1);
            return colon + 1;
        }
        self.scalar(word);
        after
    }

    /// A dash: the next item of a list, or the first.
    fn dash(&mut self, column: usize, at: usize) {
        while self.frames.last().is_some_and(|top| top.column > column) {
            self.pop(at);
        }
        match self.frames.last() {
            Some(top) if !top.is_map && top.column == column => {
                let index = self.frames.len() - 1;
                if let Some(watch) = &mut self.watch {
                    let is_before = at <= watch.at;
                    watch.touch(index, at, is_before);
                }
            }
            _ => {
                self.push(false, false, column, at);
            }
        }
    }

    /// Closes what a key or a word at a column does not belong to.
    fn close_for(&mut self, column: usize, at: usize) {
        while let Some(top) = self.frames.last() {
            if top.column > column || !top.is_map && top.column == column && !top.is_flow {
                self.pop(at);
            } else {
                return;
            }
        }
    }

    fn set_key(&mut self, key: TextRange, after: usize) {
        let index = self.frames.len().saturating_sub(1);
        if let Some(watch) = &mut self.watch {
            let is_before = key.start() <= watch.letters;
            watch.touch(index, key.start(), is_before);
            watch.key(index, key, after);
        }
        if let Some(top) = self.frames.last_mut() {
            top.key = Some(key);
            top.is_filled = false;
            top.value_start = after;
        }
    }

    /// The value of the last key, or an item.
    fn scalar(&mut self, value: TextRange) {
        self.fill();
        let key = self.frames.last().and_then(|top| top.key).map(|key| self.slice(key));
        match key {
            Some("kind") => {
                if let Some(top) = self.frames.last_mut() {
                    top.header.kind = Some(value);
                }
            }
            Some("namespace") => {
                let around = self.frames.len().checked_sub(2).and_then(|index| self.frames.get(index));
                let in_metadata = around.and_then(|frame| frame.key).map(|key| self.slice(key));
                if in_metadata == Some("metadata")
                    && let Some(frame) = self.frames.iter_mut().nth_back(1)
                {
                    frame.header.namespace = Some(value);
                }
            }
            _ => {}
        }
    }

    fn fill(&mut self) {
        if let Some(top) = self.frames.last_mut() {
            top.is_filled = true;
        }
    }

    fn push(&mut self, is_map: bool, is_flow: bool, column: usize, at: usize) -> bool {
        if self.frames.len() >= MOST_LEVELS {
            self.is_too_deep = true;
            return false;
        }
        self.fill();
        let (key, header) = (None, Header::default());
        self.frames.push(Frame { is_map, is_flow, column, key, is_filled: false, value_start: at, header });
        true
    }

    fn pop(&mut self, at: usize) {
        let Some(frame) = self.frames.pop() else { return };
        if let Some(watch) = &mut self.watch {
            watch.close(self.frames.len(), frame.header, at);
        }
    }

    fn is_flow(&self) -> bool {
        self.frames.last().is_some_and(|top| top.is_flow)
    }

    pub(super) fn slice(&self, range: TextRange) -> &'t str {
        self.text.get(range.start()..range.end()).unwrap_or_default()
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn is_space(&self, at: usize) -> bool {
        matches!(self.byte(at), Some(b' ' | b'\t' | b'\r' | b'\n'))
    }

    fn is_mark(&self, at: usize) -> bool {
        matches!(self.byte(at), Some(b',' | b'{' | b'}' | b'[' | b']'))
    }

    fn skip_space(&self, start: usize, end: usize) -> usize {
        (start..end).find(|at| !matches!(self.byte(*at), Some(b' ' | b'\t'))).unwrap_or(end)
    }

    /// Behind `&anchor` and `!tag`.
    fn skip_properties(&self, start: usize, end: usize) -> usize {
        let mut at = start;
        while at < end && matches!(self.byte(at), Some(b'&' | b'!')) {
            let stop = (at..end).find(|at| self.is_space(*at)).unwrap_or(end);
            at = self.skip_space(stop, end);
        }
        at
    }

    /// A key without its quotes, and the place behind its colon.
    fn block_key(&self, start: usize, end: usize) -> Option<(TextRange, usize)> {
        let is_colon = |at: usize| self.byte(at) == Some(b':') && (at + 1 == end || self.is_space(at + 1));
        match self.byte(start)? {
            quote @ (b'"' | b'\'') => {
                let close = self.closing_quote(start + 1, end, quote)?;
                let colon = self.skip_space(close + 1, end);
                (colon < end && is_colon(colon)).then(|| (TextRange::new(start + 1, close), colon + 1))
            }
            b'{' | b'[' | b'|' | b'>' | b'#' => None,
            _ => {
                let stop = self.plain_end(start, end);
                let colon = (start..stop).find(|at| is_colon(*at))?;
                let key = self.text.get(start..colon)?.trim_end();
                Some((TextRange::new(start, start + key.len()), colon + 1))
            }
        }
    }

    /// Where a comment behind a plain scalar begins, or the line ends.
    fn plain_end(&self, start: usize, end: usize) -> usize {
        let rest = self.text.as_bytes().get(start..end).unwrap_or_default();
        let mut pairs = rest.windows(2).enumerate();
        let comment = pairs.find(|(_, pair)| matches!(pair, [b' ' | b'\t', b'#']));
        comment.map_or(end, |(at, _)| start + at)
    }

    /// Where a plain scalar between brackets ends.
    fn flow_plain_end(&self, start: usize, end: usize) -> usize {
        let ends = |at: &usize| {
            let at = *at;
            match self.byte(at) {
                Some(b',' | b'[' | b']' | b'{' | b'}') => true,
                Some(b':') => at + 1 == end || self.is_space(at + 1) || self.is_mark(at + 1),
                Some(b'#') => at > start && self.is_space(at - 1),
                _ => false,
            }
        };
        (start..end).find(ends).unwrap_or(end)
    }

    /// The quote that closes, on this line.
    fn closing_quote(&self, start: usize, end: usize, quote: u8) -> Option<usize> {
        let mut at = start;
        while at < end {
            match self.byte(at) {
                Some(b'\\') if quote == b'"' => at += 1,
                Some(byte) if byte == quote => {
                    if quote == b'\'' && at + 1 < end && self.byte(at + 1) == Some(b'\'') {
                        at += 1;
                    } else {
                        return Some(at);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        None
    }
}
