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

/// Mounts the page, once it is read what it starts with.
#[cfg(target_arch = "wasm32")]
pub fn start() {
    wasm_bindgen_futures::spawn_local(async {
        let start = browser::keep::start().await;
        yew::Renderer::<components::App>::with_props(components::AppProps { start }).render();
    });
}
