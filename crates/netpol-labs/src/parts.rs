//! The text of a lab as blocks of plain data, each with its place.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, OffsetIter, Options, Parser, Tag};

use crate::markdown::{Block, Inline};
use crate::mistakes::Mistakes;

/// How deep blocks may stand in blocks, and emphasis in emphasis.
const DEEPEST: usize = 8;

/// A block that stands in no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) kind: PartKind,
    pub(crate) range: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PartKind {
    /// A heading of this level, from 1.
    Heading(u8, Vec<Inline>),
    /// A block of code between fences.
    Fence {
        /// What stands behind the opening fence.
        info: String,
        text: String,
        /// Where the text begins.
        start: usize,
    },
    /// Anything else.
    Block(Block),
}

impl Part {
    /// The block that is shown of it.
    pub(crate) fn into_block(self) -> Block {
        match self.kind {
            PartKind::Heading(_, inlines) => Block::Heading(inlines),
            PartKind::Fence { info, text, .. } => {
                let language = info.split_whitespace().next().unwrap_or_default().to_owned();
                Block::Code { language, text }
            }
            PartKind::Block(block) => block,
        }
    }
}

/// The blocks of a text from `from` on.
pub(crate) fn parts(text: &str, from: usize, mistakes: &mut Mistakes<'_>) -> Vec<Part> {
    let body = text.get(from..).unwrap_or_default();
    let events = Parser::new_ext(body, Options::empty()).into_offset_iter();
    let mut reader = Reader { events, from, mistakes };
    reader.blocks(0)
}

/// The words of it, without anything that marks them, each run of white space as a blank.
pub(crate) fn plain(blocks: &[Block]) -> String {
    let mut text = String::new();
    plain_blocks(blocks, &mut text);
    collapsed(&text)
}

/// The words of a heading.
pub(crate) fn plain_inlines(inlines: &[Inline]) -> String {
    let mut text = String::new();
    plain_into(inlines, &mut text);
    collapsed(&text)
}

/// Each run of white space as a blank.
pub(crate) fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn plain_blocks(blocks: &[Block], text: &mut String) {
    for block in blocks {
        match block {
            Block::Paragraph(inlines) | Block::Heading(inlines) => plain_into(inlines, text),
            Block::List { items, .. } => items.iter().for_each(|item| plain_blocks(item, text)),
            Block::Code { text: code, .. } => text.push_str(code),
            Block::Quote(blocks) => plain_blocks(blocks, text),
        }
        text.push(' ');
    }
}

fn plain_into(inlines: &[Inline], text: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text(words) | Inline::Code(words) => text.push_str(words),
            Inline::Strong(inner) | Inline::Emphasis(inner) | Inline::Link(_, inner) => {
                plain_into(inner, text);
            }
        }
    }
}

struct Reader<'a, 'm, 'n> {
    events: OffsetIter<'a>,
    from: usize,
    mistakes: &'m mut Mistakes<'n>,
}

impl<'a> Reader<'a, '_, '_> {
    fn next(&mut self) -> Option<(Event<'a>, Range<usize>)> {
        let (event, range) = self.events.next()?;
        Some((event, range.start + self.from..range.end + self.from))
    }

    /// The blocks up to the end of what holds them.
    fn blocks(&mut self, depth: usize) -> Vec<Part> {
        let mut parts = Vec::new();
        // The words of an item of a tight list stand there without a paragraph.
        let mut loose: (Vec<Inline>, Option<Range<usize>>) = (Vec::new(), None);
        loop {
            let next = self.next();
            let inline = matches!(
                next,
                Some((
                    Event::Text(_)
                        | Event::Code(_)
                        | Event::InlineHtml(_)
                        | Event::SoftBreak
                        | Event::HardBreak
                        | Event::Start(Tag::Emphasis | Tag::Strong | Tag::Link { .. } | Tag::Image { .. }),
                    _
                ))
            );
            if !inline && let (inlines, Some(range)) = std::mem::take(&mut loose) {
                parts.push(Part { kind: PartKind::Block(Block::Paragraph(inlines)), range });
            }
            let Some((event, range)) = next else { return parts };
            if inline {
                let start = loose.1.as_ref().map_or(range.start, |before| before.start);
                loose.1 = Some(start..range.end);
                self.inline(event, range, &mut loose.0, depth);
                continue;
            }
            match event {
                Event::End(_) => return parts,
                Event::Start(tag) => {
                    let kind = self.block(tag, range.clone(), depth + 1);
                    parts.extend(kind.map(|kind| Part { kind, range }));
                }
                _ => {}
            }
        }
    }

    fn block(&mut self, tag: Tag<'_>, range: Range<usize>, depth: usize) -> Option<PartKind> {
        if depth > DEEPEST {
            self.mistakes
                .error(range, format!("more than {DEEPEST} blocks stand in each other: write it flatter"));
            self.skip();
            return None;
        }
        let block = match tag {
            Tag::Paragraph => Block::Paragraph(self.inlines(depth)),
            Tag::Heading { level, .. } => return Some(PartKind::Heading(rank(level), self.inlines(depth))),
            Tag::BlockQuote(_) => Block::Quote(self.inner(depth)),
            Tag::List(first) => {
                let mut items = Vec::new();
                while let Some((Event::Start(Tag::Item), _)) = self.next() {
                    items.push(self.inner(depth));
                }
                Block::List { ordered: first.is_some(), items }
            }
            Tag::CodeBlock(kind) => {
                let (text, start) = self.code();
                match kind {
                    CodeBlockKind::Fenced(info) => {
                        // Of an empty one, the line behind the fence.
                        let start = start.unwrap_or_else(|| self.line_behind(range.start));
                        return Some(PartKind::Fence { info: info.trim().to_owned(), text, start });
                    }
                    CodeBlockKind::Indented => Block::Code { language: String::new(), text },
                }
            }
            Tag::HtmlBlock => {
                self.html(range);
                let (text, _) = self.code();
                Block::Code { language: String::new(), text }
            }
            _ => {
                self.skip();
                return None;
            }
        };
        Some(PartKind::Block(block))
    }

    fn inner(&mut self, depth: usize) -> Vec<Block> {
        self.blocks(depth).into_iter().map(Part::into_block).collect()
    }

    /// The text up to the end of what holds it, and where it begins.
    fn code(&mut self) -> (String, Option<usize>) {
        let (mut text, mut start) = (String::new(), None);
        while let Some((event, range)) = self.next() {
            match event {
                Event::Text(piece) | Event::Html(piece) => {
                    start = start.or(Some(range.start));
                    text.push_str(&piece);
                }
                Event::End(_) => break,
                _ => {}
            }
        }
        (text, start)
    }

    fn line_behind(&self, offset: usize) -> usize {
        let line = self.mistakes.position(offset).line;
        self.mistakes.line(line.saturating_add(1)).start
    }

    fn inlines(&mut self, depth: usize) -> Vec<Inline> {
        let mut inlines = Vec::new();
        while let Some((event, range)) = self.next() {
            if matches!(event, Event::End(_)) {
                break;
            }
            self.inline(event, range, &mut inlines, depth);
        }
        inlines
    }

    fn inline(&mut self, event: Event<'_>, range: Range<usize>, inlines: &mut Vec<Inline>, depth: usize) {
        match event {
            Event::Text(words) => add_text(inlines, &words),
            Event::SoftBreak | Event::HardBreak => add_text(inlines, " "),
            Event::Code(code) => inlines.push(Inline::Code(code.into_string())),
            Event::InlineHtml(html) | Event::Html(html) => {
                self.html(range);
                add_text(inlines, &html);
            }
            Event::Start(tag) => {
                if depth > DEEPEST {
                    self.mistakes.error(range, "this stands in too much else: write it flatter");
                    self.skip();
                    return;
                }
                let inner = self.inlines(depth + 1);
                match tag {
                    Tag::Emphasis => inlines.push(Inline::Emphasis(inner)),
                    Tag::Strong => inlines.push(Inline::Strong(inner)),
                    Tag::Link { dest_url, .. } if is_https(&dest_url) => {
                        inlines.push(Inline::Link(dest_url.into_string(), inner));
                    }
                    Tag::Link { dest_url, .. } => {
                        self.mistakes.error(
                            range,
                            format!(
                                "`{dest_url}` is no link that is shown: only addresses with `https://` are"
                            ),
                        );
                        add_all(inlines, inner);
                    }
                    Tag::Image { .. } => {
                        self.mistakes.error(range, "images are not shown: say it in words");
                        add_all(inlines, inner);
                    }
                    _ => add_all(inlines, inner),
                }
            }
            _ => {}
        }
    }

    fn html(&mut self, range: Range<usize>) {
        self.mistakes.error(
            range,
            "HTML is shown as the text that it is: write Markdown, or put it between backticks",
        );
    }

    /// Passes over all up to the end of what was begun.
    fn skip(&mut self) {
        let mut open = 1_usize;
        while open > 0
            && let Some((event, _)) = self.next()
        {
            match event {
                Event::Start(_) => open += 1,
                Event::End(_) => open -= 1,
                _ => {}
            }
        }
    }
}

/// Whether an address may be linked to.
pub(crate) fn is_https(address: &str) -> bool {
    let rest = address.get(..8).filter(|scheme| scheme.eq_ignore_ascii_case("https://"));
    let rest = rest.and_then(|scheme| address.get(scheme.len()..)).unwrap_or_default();
    rest.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[')
        && !address.contains(|letter: char| letter.is_whitespace() || letter.is_control())
}

fn add_text(inlines: &mut Vec<Inline>, words: &str) {
    match inlines.last_mut() {
        Some(Inline::Text(before)) => before.push_str(words),
        _ => inlines.push(Inline::Text(words.to_owned())),
    }
}

fn add_all(inlines: &mut Vec<Inline>, inner: Vec<Inline>) {
    for inline in inner {
        match inline {
            Inline::Text(words) => add_text(inlines, &words),
            other => inlines.push(other),
        }
    }
}

fn rank(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}
