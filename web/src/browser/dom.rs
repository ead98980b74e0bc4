//! Elements, events, time and media.

use js_sys::Array;
use wasm_bindgen::Clamped;
use wasm_bindgen::prelude::*;
use web_sys::{
    CanvasRenderingContext2d, Document, Element, Event, EventTarget, HtmlCanvasElement, HtmlElement,
    ImageData, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit, MediaQueryList,
    ResizeObserver, Window,
};
use yew::NodeRef;

use crate::state::matrix::spot::Spot;
use crate::state::settings::Theme;

fn window() -> Option<Window> {
    web_sys::window()
}

fn document() -> Option<Document> {
    window()?.document()
}

/// The query and the fragment of the address.
pub fn address() -> (String, String) {
    let location = window().map(|window| window.location());
    let part = |part: Option<Result<String, JsValue>>| part.and_then(Result::ok).unwrap_or_default();
    let query = part(location.as_ref().map(|location| location.search()));
    (query, part(location.as_ref().map(|location| location.hash())))
}

/// The address without query and fragment.
pub fn own_url() -> String {
    let href = window().and_then(|window| window.location().href().ok()).unwrap_or_default();
    href.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// What this tab noted with the address.
pub fn history_state() -> JsValue {
    let history = window().and_then(|window| window.history().ok());
    history.and_then(|history| history.state().ok()).unwrap_or_default()
}

/// Loads the page again; what is not written is written then.
pub fn reload() {
    if let Some(window) = window() {
        // A browser that does not has said why.
        let _ = window.location().reload();
    }
}

/// Whether the page is out of sight.
pub fn is_hidden() -> bool {
    document().is_some_and(|document| document.hidden())
}

/// Calls back once after some time. Time that has begun to run is not stopped: who asked decides whether it still
/// matters.
pub fn after(milliseconds: u32, callback: impl FnOnce() + 'static) {
    let callback = Closure::once_into_js(callback);
    if let Some(window) = window() {
        let milliseconds = i32::try_from(milliseconds).unwrap_or(i32::MAX);
        let _ = window
            .set_timeout_with_callback_and_timeout_and_arguments_0(callback.unchecked_ref(), milliseconds);
    }
}

/// A listener; it ends when this is dropped.
pub struct Listener {
    target: EventTarget,
    event: &'static str,
    closure: Closure<dyn Fn(Event)>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let callback = self.closure.as_ref().unchecked_ref();
        let _ = self.target.remove_event_listener_with_callback(self.event, callback);
    }
}

impl Listener {
    fn new(target: EventTarget, event: &'static str, callback: impl Fn(Event) + 'static) -> Self {
        let closure = Closure::<dyn Fn(Event)>::new(callback);
        let _ = target.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
        Self { target, event, closure }
    }

    /// Listens to an event of the whole window.
    pub fn on_window(event: &'static str, callback: impl Fn(Event) + 'static) -> Option<Self> {
        Some(Self::new(window()?.into(), event, callback))
    }

    /// Listens to an event of the document.
    pub fn on_document(event: &'static str, callback: impl Fn(Event) + 'static) -> Option<Self> {
        Some(Self::new(document()?.into(), event, callback))
    }

    /// Listens to changes of a media query.
    pub fn on_media(query: &str, callback: impl Fn(bool) + 'static) -> Option<Self> {
        let list = media(query)?;
        let target = list.clone().into();
        Some(Self::new(target, "change", move |_| callback(list.matches())))
    }
}

fn media(query: &str) -> Option<MediaQueryList> {
    window()?.match_media(query).ok().flatten()
}

/// Whether a media query holds.
pub fn matches_media(query: &str) -> bool {
    media(query).is_some_and(|list| list.matches())
}

/// The media query of a dark system.
pub const DARK: &str = "(prefers-color-scheme: dark)";

/// Shows a theme.
pub fn apply_theme(theme: Theme) {
    let dark = match theme {
        Theme::System => matches_media(DARK),
        Theme::Light => false,
        Theme::Dark => true,
    };
    if let Some(root) = document().and_then(|document| document.document_element()) {
        let _ = root.set_attribute("data-theme", if dark { "dark" } else { "light" });
    }
}

/// Tells the size of an element whenever it changes; ends when this is dropped.
pub struct SizeObserver {
    observer: ResizeObserver,
    _closure: Closure<dyn Fn()>,
}

impl Drop for SizeObserver {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

impl SizeObserver {
    /// Observes an element.
    pub fn new(element: &Element, callback: impl Fn() + 'static) -> Option<Self> {
        let closure = Closure::<dyn Fn()>::new(callback);
        let observer = ResizeObserver::new(closure.as_ref().unchecked_ref()).ok()?;
        observer.observe(element);
        Some(Self { observer, _closure: closure })
    }
}

/// Watches whether an element is in sight, or near it, for as long as it lives.
pub struct SightObserver {
    observer: IntersectionObserver,
    _closure: Closure<dyn Fn(Array)>,
}

impl Drop for SightObserver {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

impl SightObserver {
    /// Watches an element; what is so many pixels away counts as in sight.
    pub fn new(element: &Element, margin: u32, callback: impl Fn(bool) + 'static) -> Option<Self> {
        let closure = Closure::<dyn Fn(Array)>::new(move |entries: Array| {
            if let Ok(last) =
                entries.get(entries.length().saturating_sub(1)).dyn_into::<IntersectionObserverEntry>()
            {
                callback(last.is_intersecting());
            }
        });
        let options = IntersectionObserverInit::new();
        // The margin counts only at what scrolls.
        options.set_root(element.closest(".findings").ok().flatten().as_ref());
        options.set_root_margin(&format!("{margin}px"));
        let function = closure.as_ref().unchecked_ref();
        let observer = IntersectionObserver::new_with_options(function, &options).ok()?;
        observer.observe(element);
        Some(Self { observer, _closure: closure })
    }
}

/// The element of a reference.
pub fn element(reference: &NodeRef) -> Option<HtmlElement> {
    reference.cast::<HtmlElement>()
}

/// Moves the keyboard to an element without scrolling.
pub fn focus(element: &HtmlElement) {
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = element.focus_with_options(&options);
}

/// Writes into the first text field that a selector finds; answers whether there is one.
pub fn fill(selector: &str, text: &str) -> bool {
    let found = document().and_then(|document| document.query_selector(selector).ok().flatten());
    let field = found.and_then(|found| found.dyn_into::<web_sys::HtmlInputElement>().ok());
    field.map(|field| field.set_value(text)).is_some()
}

/// Moves the keyboard to the first element that a selector finds.
pub fn focus_selected(selector: &str) {
    let found = document().and_then(|document| document.query_selector(selector).ok().flatten());
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Moves the keyboard among the elements of a name in a panel, with arrow keys, `Home` and `End`; answers whether the key was
/// one of these and there is such an element.
pub fn move_among(panel: &HtmlElement, tag: &str, key: &str) -> bool {
    let found = panel.get_elements_by_tag_name(tag);
    let active = document().and_then(|document| document.active_element());
    let last = found.length().saturating_sub(1);
    let at = (0..found.length()).find(|at| active.is_some() && found.item(*at) == active);
    let next = match (key, at) {
        ("ArrowDown", Some(at)) => (at + 1).min(last),
        ("ArrowDown", None) | ("Home", _) => 0,
        ("ArrowUp", Some(at)) => at.saturating_sub(1),
        ("ArrowUp", None) | ("End", _) => last,
        _ => return false,
    };
    let element = found.item(next).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    element.is_some_and(|element| element.focus().is_ok())
}

/// Scrolls a list of tabs the least that brings one of them into sight, and nothing around it: that may be a page of somebody
/// else's.
pub fn scroll_into_view(tab: &HtmlElement, list: &HtmlElement) {
    let (inner, outer) = (tab.get_bounding_client_rect(), list.get_bounding_client_rect());
    let before = (inner.left() - outer.left()).min(0.0);
    let behind = (inner.right() - outer.right()).max(0.0);
    list.set_scroll_left(list.scroll_left() + (before + behind) as i32);
}

/// The width of the window.
pub fn window_width() -> Option<f64> {
    window()?.inner_width().ok()?.as_f64()
}

/// What is typed into the field, or chosen in the list, that an event comes from.
pub fn value_of(event: &Event) -> String {
    let Some(target) = event.target() else { return String::new() };
    match target.dyn_into::<web_sys::HtmlSelectElement>() {
        Ok(select) => select.value(),
        Err(target) => {
            target.dyn_into::<web_sys::HtmlInputElement>().map(|field| field.value()).unwrap_or_default()
        }
    }
}

/// Whether the keyboard is in an element that a selector finds.
pub fn has_focus(selector: &str) -> bool {
    let active = document().and_then(|document| document.active_element());
    active.is_some_and(|active| active.matches(selector).unwrap_or_default())
}

/// Whether an event comes from where text is typed.
pub fn is_typing(event: &Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let typed = "input, textarea, select, [contenteditable=true], dialog";
    target.is_some_and(|target| target.closest(typed).ok().flatten().is_some())
}

/// Whether an event's focus goes on to something within an element.
pub fn stays_within(event: &web_sys::FocusEvent, element: &Element) -> bool {
    let next = event.related_target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
    element.contains(next.as_ref())
}

/// The finding that an event comes from, by its place, and whether it comes from a control within it.
pub fn finding_of(event: &Event) -> Option<(u32, bool)> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let finding = target.closest("[data-finding]").ok().flatten()?;
    let place = finding.get_attribute("data-finding")?.parse().ok()?;
    Some((place, finding != target))
}

/// The cell or header of the matrix that an event comes from.
pub fn spot_of(event: &Event) -> Option<Spot> {
    spot_at(&event.target()?.dyn_into().ok()?)
}

/// The cell or header that has the keyboard, where that is within the matrix.
pub fn active_spot(matrix: &Element) -> Option<Spot> {
    let active = document()?.active_element()?;
    matrix.contains(Some(&active)).then(|| spot_at(&active))?
}

fn spot_at(element: &Element) -> Option<Spot> {
    let cell = element.closest("[role=gridcell], [role=rowheader], [role=columnheader]").ok().flatten()?;
    let row = cell.closest("[role=row]").ok().flatten()?;
    // Counted from 1, the headers first.
    let index = |element: &Element, name: &str| {
        let number = element.get_attribute(name).and_then(|text| text.parse::<usize>().ok());
        number.and_then(|number| number.checked_sub(2))
    };
    let spot = Spot { row: index(&row, "aria-rowindex"), column: index(&cell, "aria-colindex") };
    (spot.row.is_some() || spot.column.is_some()).then_some(spot)
}

/// The element of a cell or header within the matrix.
pub fn spot_element(matrix: &Element, spot: Spot) -> Option<HtmlElement> {
    let number = |index: Option<usize>| index.map_or(1, |index| index + 2);
    let selector = format!(
        "[role=row][aria-rowindex=\"{}\"] [aria-colindex=\"{}\"]",
        number(spot.row),
        number(spot.column)
    );
    matrix.query_selector(&selector).ok().flatten()?.dyn_into().ok()
}

/// Paints a picture of one colour: how strong it is at each pixel, from 0 to 255.
pub fn paint(canvas: &HtmlCanvasElement, width: usize, height: usize, levels: &[u8]) {
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let pixels: Vec<u8> = levels.iter().flat_map(|level| [62, 118, 226, *level]).collect();
    let context = canvas.get_context("2d").ok().flatten();
    let context = context.and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok());
    let data = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&pixels), width as u32, height as u32);
    if let (Some(context), Ok(data)) = (context, data) {
        // A picture of the canvas's own size fits it.
        let _ = context.put_image_data(&data, 0.0, 0.0);
    }
}

/// Opens a dialog, or closes it.
pub fn set_dialog(reference: &NodeRef, open: bool) {
    let Some(dialog) = reference.cast::<web_sys::HtmlDialogElement>() else { return };
    if open && !dialog.open() {
        let _ = dialog.show_modal();
    } else if !open && dialog.open() {
        dialog.close();
    }
}
