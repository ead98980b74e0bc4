//! Labs as the worker tells them: read by hand, as what serde derives for trees is larger than that.

use js_sys::{Array, Object};
use netpol_labs::{Block, Difficulty, Else, Index, Inline, Shown, Topic};
use wasm_bindgen::prelude::*;

use super::worker::{list, number, property, text};

/// What a person is shown of a lab; `None` where there is none.
pub fn shown(value: &JsValue) -> Option<Shown> {
    if !value.is_object() {
        return None;
    }
    Some(Shown {
        index: index(&property(value, "index")),
        everything_else: if text(value, "everythingElse") == "unchanged" {
            Else::Unchanged
        } else {
            Else::Free
        },
        task: blocks(&property(value, "task")),
        cluster: pairs(value, "cluster"),
        start: pairs(value, "start"),
        goals: list(value, "goals").filter_map(|goal| goal.as_string()).collect(),
        hints: list(value, "hints").map(|hint| blocks(&hint)).collect(),
        solution: pairs(value, "solution"),
        explanation: blocks(&property(value, "explanation")),
        fewest_lines: number(value, "fewestLines"),
        links: pairs(value, "links"),
    })
}

fn index(value: &JsValue) -> Index {
    Index {
        id: text(value, "id"),
        title: text(value, "title"),
        learn: text(value, "learn"),
        curriculum: text(value, "curriculum"),
        topic: match text(value, "topic").as_str() {
            "practices" => Topic::Practices,
            "mistakes" => Topic::Mistakes,
            "cluster" => Topic::Cluster,
            _ => Topic::Exam,
        },
        difficulty: Difficulty::try_from(number(value, "difficulty") as u8).unwrap_or(Difficulty::Medium),
        minutes: number(value, "minutes") as u16,
    }
}

/// Two texts each.
fn pairs(of: &JsValue, name: &str) -> Vec<(String, String)> {
    list(of, name).map(|pair| (text(&pair, "0"), text(&pair, "1"))).collect()
}

/// The one key of an object, and what stands there.
fn tagged(value: &JsValue) -> (String, JsValue) {
    let entry = value.dyn_ref::<Object>().map(|object| Object::entries(object).get(0)).unwrap_or_default();
    (text(&entry, "0"), property(&entry, "1"))
}

fn blocks(value: &JsValue) -> Vec<Block> {
    Array::from(value).iter().map(|one| block(&one)).collect()
}

fn block(value: &JsValue) -> Block {
    let (tag, content) = tagged(value);
    match tag.as_str() {
        "heading" => Block::Heading(inlines(&content)),
        "list" => Block::List {
            ordered: property(&content, "ordered").is_truthy(),
            items: list(&content, "items").map(|item| blocks(&item)).collect(),
        },
        "code" => Block::Code { language: text(&content, "language"), text: text(&content, "text") },
        "quote" => Block::Quote(blocks(&content)),
        _ => Block::Paragraph(inlines(&content)),
    }
}

fn inlines(value: &JsValue) -> Vec<Inline> {
    Array::from(value).iter().map(|one| inline(&one)).collect()
}

fn inline(value: &JsValue) -> Inline {
    let (tag, content) = tagged(value);
    let words = || content.as_string().unwrap_or_default();
    match tag.as_str() {
        "code" => Inline::Code(words()),
        "strong" => Inline::Strong(inlines(&content)),
        "emphasis" => Inline::Emphasis(inlines(&content)),
        "link" => Inline::Link(text(&content, "0"), inlines(&property(&content, "1"))),
        _ => Inline::Text(words()),
    }
}
