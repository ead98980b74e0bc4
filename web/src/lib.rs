//! The playground's page.
//!
//! [`state`] is everything that the page knows and decides, as a reducer without a browser; it compiles and is
//! tested natively. `browser` is the only module that touches the browser beyond what Yew renders. `components`
//! turns the state into elements, one component a file. The last two exist in WebAssembly only.

pub mod state;

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod components;

/// Mounts the playground in an element, in the place of what is in it, once it is read what it starts with.
///
/// `config` is `{ worker, openOrigins }`: the address of the worker's script, relative to the page, and the origins whose files
/// `?url=` may open, with blanks between them.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn mount(root: web_sys::Element, config: wasm_bindgen::JsValue) {
    // Its style holds in there, and its width counts.
    let _ = root.class_list().add_1("playground");
    wasm_bindgen_futures::spawn_local(async move {
        let config = browser::Config::new(&config);
        let start = browser::keep::start(&config).await;
        yew::Renderer::<components::App>::with_root_and_props(root, components::AppProps { start, config })
            .render();
    });
}
