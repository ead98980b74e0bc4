//! The project's commands: `cargo xtask serve | build | package | test | bench`, one module each.
//!
//! Everything here runs on the developer's machine only. What the commands need is set up by [`setup`] and [`tools`],
//! once, in a folder outside the checkout.

mod bench;
mod build;
mod bundle;
mod chromium;
mod embed;
mod lab;
mod package;
mod page;
mod rules;
mod run;
mod serve;
mod setup;
mod size;
mod test;
mod tools;
mod types;

#[cfg(test)]
mod layering;
#[cfg(test)]
mod words;

use std::process::ExitCode;

const HELP: &str = "\
The commands of Netpol Playground; what they need is installed when it is missing, once.

cargo xtask serve [--no-open] [trunk's options]
    Builds the page, serves it at http://127.0.0.1:8080/ and opens a browser; rebuilds on every change.
cargo xtask build
    Builds the page for release into `dist/`, for any path of any static host, and checks its size.
cargo xtask package [--target nodejs|web|bundler]
    The evaluator as a JavaScript package, into `target/netpol-wasm-nodejs` (or -web, -bundler).
cargo xtask test [--only STEP]... [--from STEP]
    Everything that has to hold: format, lints, native, WebAssembly and browser tests. `--list` prints the steps.
cargo xtask bench [--size WORKLOADS] [--form manifests|list|json|kinds] [--compare FILE] [--out FILE]
    How long an analysis takes in WebAssembly under Node and natively, beside js-yaml; `--compare` sets it against a
    kept `target/bench/latest.json`.
cargo xtask bench --page
    How many pictures a second the page shows while a large matrix is scrolled, and what a key costs at 5 MB of text.
cargo xtask types
    Writes `types.d.ts` and `labs.d.ts` in `crates/netpol-wasm` from the Rust types.
cargo xtask rules
    Writes `docs/rules.md` and `docs/diagnostics.md` from the rules and the diagnostics, and `web/labs.json` from the labs.
cargo xtask lab check FILE...
    Says what is wrong with labs, at their lines: see `docs/writing-labs.md`.

Called by Trunk: `cargo xtask bundle` before a build, `cargo xtask page` after it.

NETPOL_TOOLS       folder of the installed tools (else `netpol-playground` in the user's cache folder)
NETPOL_OPEN_ORIGINS  origins whose files a built page may open by `?url=`, parted by blanks (else none)
CHROME             the Chromium that the tests start (else one on the path)
CHROMEDRIVER       its driver (else one on the path)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", [].as_slice()),
    };
    let done = match command {
        "serve" => serve::serve(rest),
        "build" => no_arguments(rest).and_then(|()| build::build()),
        "package" => package::package(rest),
        "test" => test::test(rest),
        "bench" => bench::bench(rest),
        "types" => no_arguments(rest).and_then(|()| types::write()),
        "rules" => no_arguments(rest).and_then(|()| rules::write()),
        "lab" => lab::lab(rest),
        "bundle" => no_arguments(rest).and_then(|()| bundle::bundle()),
        "page" => no_arguments(rest).and_then(|()| page::finish()),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!("there is no command `{other}`; `cargo xtask help` lists them").into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn no_arguments(arguments: &[String]) -> run::Outcome {
    match arguments.first() {
        None => Ok(()),
        Some(argument) => Err(format!("`{argument}` is not an argument of this command").into()),
    }
}
