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

/// Mounts the page.
#[cfg(target_arch = "wasm32")]
pub fn start() {
    yew::Renderer::<components::App>::new().render();
}
