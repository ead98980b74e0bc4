//! What stands above a lab, between lines of `---`.

use std::ops::Range;

use netpol_manifest::nearest;
use serde_yaml::{Mapping, Value};

use crate::lab::{Difficulty, Else, Index, Mended, Topic};
use crate::mistakes::{Mistakes, number};
use crate::parts::{collapsed, is_https};

/// How long it may be, in bytes.
const LONGEST: usize = 16 * 1024;

/// How long a title or a sentence may be, in bytes.
const LONGEST_TEXT: usize = 400;

/// How many letters of what somebody wrote stand in a sentence.
const MOST_SHOWN: usize = 80;

/// The kinds of policy that are evaluated.
pub(crate) const KINDS: &[&str] =
    &["NetworkPolicy", "ClusterNetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy"];

const KEYS: &[&str] = &[
    "id",
    "title",
    "learn",
    "curriculum",
    "topic",
    "difficulty",
    "minutes",
    "else",
    "links",
    "kinds",
    "mend",
    "free",
];

/// What is read of it.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) index: Index,
    pub(crate) everything_else: Else,
    pub(crate) links: Vec<(String, String)>,
    pub(crate) kinds: Vec<String>,
    pub(crate) mend: Vec<Mended>,
    /// The value of `free`, and the line of its key.
    pub(crate) free: Option<(Value, u32)>,
}

/// Where it stands and where what follows begins: bytes; `None` where a text does not begin with it.
pub(crate) fn place(text: &str) -> Option<(Range<usize>, usize)> {
    let mut at = 0;
    let mut start = None;
    for line in text.split_inclusive('\n') {
        let is_mark = line.trim_end() == "---";
        match start {
            None if is_mark => start = Some(at + line.len()),
            None => return None,
            Some(start) if is_mark => return Some((start..at, at + line.len())),
            Some(_) => {}
        }
        at += line.len();
    }
    None
}

/// Reads it; `None` where it has no id or no title, or cannot be read.
pub(crate) fn read(text: &str, range: Range<usize>, mistakes: &mut Mistakes<'_>) -> Option<Front> {
    let yaml = text.get(range.clone()).unwrap_or_default();
    if yaml.len() > LONGEST {
        mistakes.error(range, format!("this is longer than {LONGEST} bytes: write it shorter"));
        return None;
    }
    let mapping = match serde_yaml::from_str::<Value>(yaml) {
        Ok(Value::Mapping(mapping)) => mapping,
        Ok(_) => {
            mistakes.error(range, "this is no mapping: write `id: …` and `title: …`");
            return None;
        }
        Err(error) => {
            let first = mistakes.position(range.start).line;
            let line = error.location().map_or(1, |place| place.line().max(1));
            let place = mistakes.line(first.saturating_add(number(line - 1)));
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            mistakes.error(place, format!("this cannot be read as YAML: {message}"));
            return None;
        }
    };
    Reader { yaml, start: range.start, mapping, mistakes }.front()
}

struct Reader<'a, 'm, 'n> {
    yaml: &'a str,
    start: usize,
    mapping: Mapping,
    mistakes: &'m mut Mistakes<'n>,
}

impl Reader<'_, '_, '_> {
    fn front(mut self) -> Option<Front> {
        self.refuse_unknown_keys();
        let (id, title) = (self.id(), self.required("title"));
        let topic = self.word("topic", &TOPICS);
        let everything_else = self.word("else", &ELSE);
        let difficulty = self.value("difficulty").cloned();
        let difficulty = difficulty.and_then(|value| match serde_yaml::from_value::<Difficulty>(value) {
            Ok(difficulty) => Some(difficulty),
            Err(_) => self.error("difficulty", "write 1, 2 or 3"),
        });
        let minutes = self.value("minutes").cloned();
        let minutes = minutes.and_then(|value| match value.as_u64() {
            Some(minutes @ 1..=240) => u16::try_from(minutes).ok(),
            _ => self.error("minutes", "write how many minutes it takes, 1 to 240"),
        });
        let (learn, curriculum) = (self.text("learn"), self.text("curriculum"));
        let (links, kinds, mend) = (self.links(), self.kinds(), self.mend());
        let free = self.free();
        Some(Front {
            index: Index {
                id: id?,
                title: title?,
                learn: learn.unwrap_or_default(),
                curriculum: curriculum.unwrap_or_default(),
                topic: topic.unwrap_or(Topic::Practices),
                difficulty: difficulty.unwrap_or(Difficulty::Easy),
                minutes: minutes.unwrap_or(5),
            },
            everything_else: everything_else.unwrap_or_default(),
            links,
            kinds,
            mend,
            free,
        })
    }

    fn refuse_unknown_keys(&mut self) {
        let keys: Vec<Value> = self.mapping.keys().cloned().collect();
        for key in keys {
            let Some(key) = key.as_str() else {
                self.mistakes
                    .error(self.start..self.start, "a key is no word: write `title: …` and the like");
                continue;
            };
            if KEYS.contains(&key) {
                continue;
            }
            let instead = match nearest(key, KEYS.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the keys are {}", list(KEYS)),
            };
            let _: Option<()> = self.error(key, format!("there is no key `{}`: {instead}", shown(key)));
        }
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.mapping.get(key).filter(|value| !value.is_null())
    }

    /// Says it at a key; its line where it is written as usual.
    fn error<T>(&mut self, key: &str, message: impl Into<String>) -> Option<T> {
        let (at, length) = self.find(key);
        self.mistakes.error(at..at + length, message);
        None
    }

    fn find(&self, key: &str) -> (usize, usize) {
        let mut at = self.start;
        for line in self.yaml.split_inclusive('\n') {
            let rest = line.strip_prefix(key).map(str::trim_start);
            if rest.is_some_and(|rest| rest.starts_with(':')) {
                return (at, line.trim_end().len());
            }
            at += line.len();
        }
        (self.start, 0)
    }

    /// A text that is there; an error where it is something else.
    fn text(&mut self, key: &str) -> Option<String> {
        let text = match self.value(key)? {
            Value::String(text) => collapsed(text),
            Value::Number(number) => number.to_string(),
            _ => return self.error(key, format!("`{key}` is no text: put it between quotes")),
        };
        if text.len() > LONGEST_TEXT {
            return self.error(key, format!("`{key}` is longer than {LONGEST_TEXT} bytes: write it shorter"));
        }
        Some(text)
    }

    fn required(&mut self, key: &str) -> Option<String> {
        if self.value(key).is_none() {
            return self.error(key, format!("there is no `{key}`: write one between the lines of `---`"));
        }
        let text = self.text(key)?;
        if text.is_empty() { self.error(key, format!("`{key}` is empty: write one")) } else { Some(text) }
    }

    fn id(&mut self) -> Option<String> {
        let id = self.required("id")?;
        if is_kebab(&id) {
            return Some(id);
        }
        self.error(
            "id",
            format!(
                "`{}` is no id: write small letters and digits, parted by single `-`, at most 64",
                shown(&id)
            ),
        )
    }

    fn word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let word = self.text(key)?;
        let found = words.iter().find(|(known, _)| *known == word);
        if let Some((_, value)) = found {
            return Some(*value);
        }
        let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
        self.error(key, format!("`{}` is none of {}", shown(&word), list(&known)))
    }

    fn items(&mut self, key: &str) -> Vec<Value> {
        match self.value(key) {
            None => Vec::new(),
            Some(Value::Sequence(items)) => items.clone(),
            Some(_) => self.error(key, format!("`{key}` is no list: write `- …`")).unwrap_or_default(),
        }
    }

    fn links(&mut self) -> Vec<(String, String)> {
        let mut links = Vec::new();
        for item in self.items("links") {
            let field = |name: &str| item.get(name).and_then(Value::as_str).map(collapsed);
            let is_pair = item.as_mapping().is_some_and(|mapping| mapping.len() == 2);
            match (field("title"), field("url")) {
                (Some(title), Some(url)) if is_pair && is_https(&url) && !title.is_empty() => {
                    links.push((title, url));
                }
                (Some(_), Some(url)) if is_pair && !is_https(&url) => {
                    let _: Option<()> = self.error(
                        "links",
                        format!("`{}` is no link: its address begins with `https://`", shown(&url)),
                    );
                }
                _ => {
                    let _: Option<()> = self.error("links", "a link is `{title: …, url: https://…}`");
                }
            }
        }
        links
    }

    fn kinds(&mut self) -> Vec<String> {
        let mut kinds = Vec::new();
        for item in self.items("kinds") {
            match item.as_str() {
                Some(kind) if KINDS.contains(&kind) => kinds.push(kind.to_owned()),
                other => {
                    let kind = shown(other.unwrap_or_default());
                    let _: Option<()> = self
                        .error("kinds", format!("`{kind}` is no kind of policy: they are {}", list(KINDS)));
                }
            }
        }
        if kinds.is_empty() { KINDS.iter().map(|kind| (*kind).to_owned()).collect() } else { kinds }
    }

    fn mend(&mut self) -> Vec<Mended> {
        let mut mend = Vec::new();
        for item in self.items("mend") {
            let parts: Vec<&str> = item.as_str().unwrap_or_default().split('/').collect();
            let is_whole = parts.iter().all(|part| !part.is_empty());
            let mended = match parts.as_slice() {
                [kind, name] if is_whole => Some((*kind, None, *name)),
                [kind, namespace, name] if is_whole => Some((*kind, Some((*namespace).to_owned()), *name)),
                _ => None,
            };
            let mended = mended.map(|(kind, namespace, name)| Mended {
                kind: kind.to_owned(),
                namespace,
                name: name.to_owned(),
            });
            let or = || self.error("mend", "write objects as `Deployment/shop/web` or `Namespace/shop`");
            mend.extend(mended.or_else(or));
        }
        mend
    }

    fn free(&mut self) -> Option<(Value, u32)> {
        let value = self.value("free")?.clone();
        let (at, length) = self.find("free");
        if self.value("else").and_then(Value::as_str) != Some("unchanged") {
            self.mistakes
                .warning(at..at + length, "everything is free already: `free` goes with `else: unchanged`");
        }
        Some((value, self.mistakes.position(at).line))
    }
}

const TOPICS: [(&str, Topic); 4] = [
    ("practices", Topic::Practices),
    ("exam", Topic::Exam),
    ("mistakes", Topic::Mistakes),
    ("cluster", Topic::Cluster),
];

const ELSE: [(&str, Else); 2] = [("free", Else::Free), ("unchanged", Else::Unchanged)];

/// Whether it is small letters and digits, parted by single `-`.
fn is_kebab(id: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    id.len() <= 64 && id.split('-').all(is_word)
}

/// `a`, `b` and `c`.
pub(crate) fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// As much of what somebody wrote as a sentence holds.
pub(crate) fn shown(text: &str) -> String {
    let all = netpol_view::shown(text);
    match all.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", all.get(..end).unwrap_or_default()),
        None => all,
    }
}
