//! The bar at the top.

use yew::prelude::*;

use super::examples_menu::ExamplesMenu;
use super::options_menu::options_menu;
use super::share_menu::share_menu;
use super::{Dispatch, press};
use crate::state::message::Message;
use crate::state::model::Model;
use crate::state::settings::{Settings, Theme};

/// The bar; `on_help` asks for the help.
pub fn header(model: &Model, dispatch: &Dispatch, on_help: &Callback<()>) -> Html {
    let Settings { theme, options, .. } = model.settings;
    let next = theme.next();
    let on_theme = press(dispatch, Message::SetTheme(next));
    let words = format!("Theme: {}. Switch to {}.", theme.name(), next.name());
    html! {
        <header>
            <h1 class="brand">
                <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
                    <rect x="1" y="1" width="8" height="8" rx="2" />
                    <rect x="11" y="11" width="8" height="8" rx="2" />
                    <rect class="faint" x="11" y="1" width="8" height="8" rx="2" />
                    <rect class="faint" x="1" y="11" width="8" height="8" rx="2" />
                </svg>
                <span>{ "Netpol" }<span class="rest">{ " Playground" }</span></span>
            </h1>
            <ExamplesMenu dispatch={dispatch.clone()} />
            <div class="space" />
            // In the place of the menus, which the style sheet leaves out there.
            if let Some(href) = model.way_out() {
                <a class="way-out" {href} target="_blank" rel="noopener">{ "Open in the playground" }</a>
            }
            { share_menu(model.work.link.as_ref(), dispatch) }
            { options_menu(options, dispatch) }
            <button type="button" class="icon theme" aria-label={words.clone()} title={words} onclick={on_theme}>
                { theme_icon(theme) }
            </button>
            <button type="button" class="icon" aria-label="Help and shortcuts" title="Help and shortcuts  ?"
                onclick={on_help.reform(|_: MouseEvent| ())}>
                <span aria-hidden="true">{ "?" }</span>
            </button>
        </header>
    }
}

fn theme_icon(theme: Theme) -> Html {
    let filled = match theme {
        Theme::System => "M8 2a6 6 0 0 1 0 12z",
        Theme::Light => "",
        Theme::Dark => "M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12z",
    };
    html! {
        <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
            <circle class="outline" cx="8" cy="8" r="6" />
            <path d={filled} />
        </svg>
    }
}
