//! What the commands need besides the tools of [`tools`](crate::tools): the compiler's WebAssembly target and the npm
//! packages. Each is looked for first, so that a second run says and does nothing.

use std::fs;

use crate::run::{self, Outcome, Tools};

const TARGET: &str = "wasm32-unknown-unknown";

/// The compiler can make WebAssembly.
pub fn wasm_target() -> Outcome {
    let tools = Tools::default();
    let sysroot = run::read(tools.command("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
    if std::path::Path::new(sysroot.trim()).is_dir() {
        return Ok(());
    }
    if run::find("rustup").is_none() {
        return Err(format!(
            "the compiler has no `{TARGET}` target and rustup is not installed; install Rust from https://rustup.rs"
        )
        .into());
    }
    eprintln!("Adding the compiler's {TARGET} target; this happens once");
    run::run(tools.command("rustup").args(["target", "add", TARGET]))
}

/// Node is there, and the packages of package-lock.json are installed; their programs are put on the path.
pub fn npm_packages(tools: &mut Tools) -> Outcome {
    if run::find("node").is_none() || run::find("npm").is_none() {
        return Err("Node.js 20 or newer with npm is needed; install it from https://nodejs.org".into());
    }
    let lock_path = run::root().join("package-lock.json");
    let lock = run::at(&lock_path, fs::read(&lock_path))?;
    let modules = run::root().join("node_modules");
    // npm empties the folder, so a copy of the lock in it says that the installation was finished and of what.
    let installed = modules.join(".netpol-package-lock.json");
    if fs::read(&installed).ok().as_ref() != Some(&lock) {
        eprintln!("Installing the npm packages; this happens once for each change of package-lock.json");
        run::run(tools.command("npm").args(["ci", "--loglevel=error"]))?;
        run::at(&installed, fs::write(&installed, &lock))?;
    }
    tools.add(modules.join(".bin"));
    Ok(())
}
