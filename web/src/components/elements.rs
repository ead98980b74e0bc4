//! Elements as values. What `html!` makes of a text of many small elements is several times as large as calls of these.

use std::rc::Rc;

use yew::html::onclick;
use yew::prelude::*;
use yew::virtual_dom::VTag;

use super::{Dispatch, press};
use crate::state::message::Message;

/// An element of a class, which may be empty.
pub fn tag(name: &'static str, class: &'static str, children: Vec<Html>) -> Html {
    with(name, &[("class", class)], children)
}

/// An element with attributes; those that are empty are left out.
pub fn with(name: &'static str, attributes: &[(&'static str, &str)], children: Vec<Html>) -> Html {
    element(name, attributes, children).into()
}

fn element(name: &'static str, attributes: &[(&'static str, &str)], children: Vec<Html>) -> VTag {
    let mut tag = VTag::new(name);
    for (attribute, value) in attributes.iter().filter(|(_, value)| !value.is_empty()) {
        tag.add_attribute(attribute, AttrValue::from((*value).to_owned()));
    }
    tag.add_children(children);
    tag
}

/// Words.
pub fn words(text: &str) -> Html {
    Html::from(AttrValue::from(text.to_owned()))
}

/// An element that holds words alone.
pub fn said(name: &'static str, class: &'static str, text: &str) -> Html {
    tag(name, class, vec![words(text)])
}

/// A button with attributes, and what a press of it means.
pub fn button(
    attributes: &[(&'static str, &str)],
    children: Vec<Html>,
    dispatch: &Dispatch,
    message: Message,
) -> Html {
    let mut tag = element("button", attributes, children);
    tag.add_attribute("type", "button");
    tag.add_listener(Rc::new(onclick::Wrapper::new(press(dispatch, message))));
    tag.into()
}

/// Whether something is as it should be: its mark, and what that means.
pub fn mark(is_good: bool, [yes, no]: [&str; 2]) -> Html {
    let (class, icon, meaning) = if is_good { ("mark yes", "✓ ", yes) } else { ("mark no", "✕ ", no) };
    with("span", &[("class", class), ("role", "img"), ("aria-label", meaning)], vec![words(icon)])
}

/// A small button with words on it.
pub fn small(text: &str, dispatch: &Dispatch, message: impl Into<Message>) -> Html {
    button(&[("class", "small")], vec![words(text)], dispatch, message.into())
}
