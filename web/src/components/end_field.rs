//! A field for an end of a question, with the names that go with what is typed below it: a combobox with a listbox.

use std::rc::Rc;

use web_sys::KeyboardEvent;
use yew::prelude::*;

use crate::browser::dom;
use crate::state::ends::Ends;

/// What the field takes.
#[derive(Properties, PartialEq)]
pub struct EndFieldProps {
    /// What it is for: `Source`.
    pub label: &'static str,
    /// What is shown while it is empty.
    pub placeholder: &'static str,
    /// What is typed.
    pub value: String,
    /// The names that are offered.
    pub ends: Rc<Ends>,
    /// The input.
    pub field: NodeRef,
    /// Where what is typed or taken goes.
    pub on_change: Callback<String>,
}

/// The field. Arrows go through the names, Enter takes one, Escape puts them away.
#[component]
pub fn EndField(props: &EndFieldProps) -> Html {
    let EndFieldProps { label, placeholder, value, ends, field, on_change } = props;
    let open = use_state_eq(|| false);
    let active = use_state_eq(|| None::<usize>);
    let offered: Vec<String> =
        if *open { ends.offered(value).into_iter().map(str::to_owned).collect() } else { Vec::new() };
    let take = {
        let (open, active, on_change) = (open.clone(), active.clone(), on_change.clone());
        move |name: String| {
            open.set(false);
            active.set(None);
            on_change.emit(name);
        }
    };
    let oninput = {
        let (open, active, on_change) = (open.clone(), active.clone(), on_change.clone());
        Callback::from(move |event: InputEvent| {
            open.set(true);
            active.set(None);
            on_change.emit(dom::value_of(&event));
        })
    };
    let onkeydown = {
        let (open, active, take, offered) = (open.clone(), active.clone(), take.clone(), offered.clone());
        Callback::from(move |event: KeyboardEvent| {
            let count = offered.len();
            match (event.key().as_str(), *active) {
                ("ArrowDown", _) if !*open => open.set(true),
                ("ArrowDown", at) if count > 0 => active.set(Some(at.map_or(0, |at| (at + 1) % count))),
                ("ArrowUp", at) if count > 0 => {
                    active.set(Some(at.map_or(count - 1, |at| (at + count - 1) % count)));
                }
                ("Enter", Some(at)) => match offered.get(at) {
                    Some(name) => take(name.clone()),
                    None => return,
                },
                // The list goes first, then the panel.
                ("Escape", _) if count > 0 => {
                    open.set(false);
                    active.set(None);
                    event.stop_propagation();
                }
                _ => return,
            }
            event.prevent_default();
        })
    };
    let onblur = {
        let (open, active) = (open.clone(), active.clone());
        Callback::from(move |_: FocusEvent| {
            open.set(false);
            active.set(None);
        })
    };
    let id = label.to_ascii_lowercase();
    let list = format!("{id}-names");
    let option = |at: usize| format!("{id}-name-{at}");
    html! {
        <span class="end-field">
            <input ref={field} type="text" role="combobox" aria-label={*label} placeholder={*placeholder}
                aria-autocomplete="list" aria-expanded={(!offered.is_empty()).to_string()} aria-controls={list.clone()}
                aria-activedescendant={active.filter(|at| *at < offered.len()).map(option)}
                autocomplete="off" spellcheck="false" value={value.clone()} {oninput} {onkeydown} {onblur} />
            <ul id={list} role="listbox" aria-label={format!("{label} names")} hidden={offered.is_empty()}>
                { for offered.iter().enumerate().map(|(at, name)| {
                    let (take, taken) = (take.clone(), name.clone());
                    // Before the field loses the keyboard.
                    let onmousedown = Callback::from(move |event: MouseEvent| {
                        event.prevent_default();
                        take(taken.clone());
                    });
                    html! {
                        <li id={option(at)} role="option" aria-selected={(*active == Some(at)).to_string()} {onmousedown}>
                            { name }
                        </li>
                    }
                }) }
            </ul>
        </span>
    }
}
