//! A button with a panel below it, which closes on Escape, on a click elsewhere, and when something in it is chosen. Arrow
//! keys go from one button of a list in it to the next.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};
use yew::prelude::*;

use crate::browser::dom;

/// What a popover takes.
#[derive(Properties, PartialEq)]
pub struct PopoverProps {
    /// What the button says.
    pub label: AttrValue,
    /// The panel's identity.
    pub id: AttrValue,
    /// Told whenever the panel opens.
    #[prop_or_default]
    pub on_open: Callback<()>,
    /// Further classes of the panel.
    #[prop_or_default]
    pub class: Classes,
    /// What the panel holds. A click on an element with `data-closes` closes it.
    pub children: Html,
}

/// The popover.
#[component]
pub fn Popover(props: &PopoverProps) -> Html {
    let open = use_state(|| false);
    let whole = use_node_ref();
    let button = use_node_ref();
    let panel = use_node_ref();
    {
        let panel = panel.clone();
        use_effect_with(*open, move |open| {
            if let (true, Some(panel)) = (*open, dom::element(&panel)) {
                dom::focus(&panel);
            }
        });
    }
    let toggle = {
        let (open, on_open) = (open.clone(), props.on_open.clone());
        Callback::from(move |_: MouseEvent| {
            if !*open {
                on_open.emit(());
            }
            open.set(!*open);
        })
    };
    let back = {
        let (open, button) = (open.clone(), button.clone());
        move || {
            open.set(false);
            if let Some(button) = dom::element(&button) {
                dom::focus(&button);
            }
        }
    };
    let onkeydown = {
        let (back, within) = (back.clone(), panel.clone());
        Callback::from(move |event: KeyboardEvent| {
            let key = event.key();
            if key == "Escape" {
                event.stop_propagation();
                back();
            } else if let Some(panel) = dom::element(&within)
                && dom::move_among(&panel, "button", &key)
            {
                event.prevent_default();
            }
        })
    };
    let onfocusout = {
        let (open, whole) = (open.clone(), whole.clone());
        Callback::from(move |event: FocusEvent| {
            if whole.cast::<HtmlElement>().is_some_and(|whole| !dom::stays_within(&event, &whole)) {
                open.set(false);
            }
        })
    };
    let onclick = Callback::from(move |event: MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if target.is_some_and(|target| target.closest("[data-closes]").ok().flatten().is_some()) {
            back();
        }
    });
    html! {
        <div class="popover" ref={whole} {onfocusout} {onkeydown}>
            <button
                type="button"
                ref={button}
                aria-expanded={open.to_string()}
                aria-controls={open.then(|| props.id.clone())}
                onclick={toggle}
            >
                { &props.label }<span class="caret" aria-hidden="true">{ "▾" }</span>
            </button>
            if *open {
                <div id={&props.id} class={classes!("popover-panel", props.class.clone())} tabindex="-1" role="group"
                    aria-label={&props.label} ref={panel} {onclick}>
                    { props.children.clone() }
                </div>
            }
        </div>
    }
}
