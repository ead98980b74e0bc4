//! `cargo xtask serve`: the page, rebuilt on every change.

use crate::run::{self, Outcome, Tools};
use crate::{setup, tools};

/// Serves until it is interrupted. `--no-open` is ours, everything else is Trunk's.
pub fn serve(arguments: &[String]) -> Outcome {
    let mut path = Tools::default();
    setup::wasm_target()?;
    setup::npm_packages(&mut path)?;
    tools::TRUNK.provide(&mut path)?;
    tools::WASM_BINDGEN.provide(&mut path)?;
    crate::bundle::bundle()?;
    crate::build::forget_snippets()?;

    let mut trunk = path.command("trunk");
    // Not into `dist/`, which is for the release, nor into the folder of the profile, which Trunk would empty.
    trunk.arg("serve").arg("--dist").arg(run::target().join("served-page"));
    // Unoptimised, the engine is slow to use; for release, slow to build.
    if !arguments.iter().any(|argument| argument == "--release" || argument.starts_with("--cargo-profile")) {
        trunk.args(["--cargo-profile", "serve"]);
    }
    let asked_not_to = arguments.iter().any(|argument| argument == "--no-open");
    if !asked_not_to && a_browser_can_open() {
        trunk.arg("--open");
    }
    trunk.args(arguments.iter().filter(|argument| *argument != "--no-open"));
    eprintln!("Building the page; it is at http://127.0.0.1:8080/ then, unless another port is asked for");
    run::become_it(&mut trunk)
}

/// Whether there is a screen; without one, Trunk would report that nothing opens.
fn a_browser_can_open() -> bool {
    let screens = ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME"];
    cfg!(any(windows, target_os = "macos")) || screens.iter().any(|name| std::env::var_os(name).is_some())
}
