//! `cargo xtask test`: everything that has to hold, in the order that fails fastest.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::run::{self, Outcome, Tools};
use crate::{build, bundle, chromium, embed, package, setup, size, tools};

const WASM: &str = "wasm32-unknown-unknown";

/// One thing that has to hold.
struct Step {
    name: &'static str,
    about: &'static str,
    needs: &'static [Need],
    run: fn(&Tools, &mut Count) -> Outcome,
}

/// What is set up before a step, once for all steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Rustfmt,
    Clippy,
    WasmTarget,
    Npm,
    Bundle,
    Trunk,
    WasmBindgen,
    WasmPack,
    Chromium,
}

const STEPS: &[Step] = &[
    Step {
        name: "format",
        about: "every file is as rustfmt writes it",
        needs: &[Need::Rustfmt],
        run: format,
    },
    Step {
        name: "lints",
        about: "clippy, but for what is there in WebAssembly only",
        needs: &[Need::Clippy],
        run: lints,
    },
    Step { name: "native", about: "unit tests, scenarios and properties", needs: &[], run: native },
    Step {
        name: "lints-wasm",
        about: "clippy for the page and the engine",
        needs: &[Need::Clippy, Need::WasmTarget, Need::Npm, Need::Bundle],
        run: lints_wasm,
    },
    Step {
        name: "wasm-node",
        about: "tests of the package in WebAssembly under Node",
        needs: &[Need::WasmTarget, Need::Npm, Need::WasmBindgen],
        run: wasm_node,
    },
    Step {
        name: "wasm-browser",
        about: "the same in a browser, in a page and in a worker",
        needs: &[Need::WasmTarget, Need::WasmBindgen, Need::Chromium],
        run: wasm_browser,
    },
    Step {
        name: "wasm-pack",
        about: "the same as wasm-pack runs them",
        needs: &[Need::WasmTarget, Need::Npm, Need::WasmBindgen, Need::WasmPack],
        run: wasm_pack,
    },
    Step {
        name: "package",
        about: "the built package keeps its contract under Node",
        needs: &[Need::WasmTarget, Need::Npm, Need::WasmBindgen, Need::WasmPack],
        run: package,
    },
    Step {
        name: "page",
        about: "the page builds for release and is small",
        needs: &[Need::WasmTarget, Need::Npm, Need::Trunk, Need::WasmBindgen],
        run: page,
    },
    Step {
        name: "embed",
        about: "the example site of Docusaurus builds",
        needs: &[Need::Npm],
        run: embedding,
    },
    Step {
        name: "e2e",
        about: "the built page in a browser",
        needs: &[Need::Npm, Need::Chromium],
        run: end_to_end,
    },
];

/// Runs all steps, or those that are asked for; stops at the first that fails.
pub fn test(arguments: &[String]) -> Outcome {
    let Some(steps) = chosen(arguments)? else {
        STEPS.iter().for_each(|step| println!("{:<13} {}", step.name, step.about));
        return Ok(());
    };
    let started = Instant::now();
    let mut path = Tools::default();
    let mut done = Vec::new();
    let mut count = Count::default();
    let mut outcome = Ok(());
    for step in &steps {
        println!("== {}: {}", step.name, step.about);
        let began = Instant::now();
        let before = count.failed;
        outcome = provide(step.needs, &mut done, &mut path).and_then(|()| (step.run)(&path, &mut count));
        let verdict = if outcome.is_ok() { "ok" } else { "failed" };
        println!("== {}: {verdict} after {:.1} s\n", step.name, began.elapsed().as_secs_f64());
        if let Err(failure) = &outcome {
            // A step that is not made of tests counts as one.
            count.failed = count.failed.max(before + 1);
            println!("{failure}");
            break;
        }
    }
    println!("{} steps in {:.0} s", steps.len(), started.elapsed().as_secs_f64());
    println!("{} passed, {} failed", count.passed, count.failed);
    outcome.map_err(|_| "the tests failed".into())
}

/// The steps to run; `None` when they are to be listed.
fn chosen(arguments: &[String]) -> Outcome<Option<Vec<&'static Step>>> {
    let mut only = Vec::new();
    let mut from = None;
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == "--list" {
            return Ok(None);
        }
        let name = words.next().map_or("", String::as_str);
        let place = STEPS.iter().position(|step| step.name == name);
        let place = place.ok_or_else(|| {
            let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
            format!("`{word} {name}`: give `--only` or `--from` and one of {}", names.join(", "))
        })?;
        match word.as_str() {
            "--only" => only.push(place),
            "--from" => from = Some(place),
            other => {
                return Err(format!("`{other}` is not an option; there are --only, --from and --list").into());
            }
        }
    }
    let wanted = |place: usize| match from {
        Some(first) => place >= first || only.contains(&place),
        None => only.is_empty() || only.contains(&place),
    };
    Ok(Some(STEPS.iter().enumerate().filter(|(place, _)| wanted(*place)).map(|(_, step)| step).collect()))
}

fn provide(needs: &[Need], done: &mut Vec<Need>, path: &mut Tools) -> Outcome {
    for need in needs {
        if done.contains(need) {
            continue;
        }
        match need {
            Need::Rustfmt => setup::component("rustfmt", "cargo-fmt"),
            Need::Clippy => setup::component("clippy", "cargo-clippy"),
            Need::WasmTarget => setup::wasm_target(),
            Need::Npm => setup::npm_packages(path),
            Need::Bundle => bundle::bundle(),
            Need::Trunk => tools::TRUNK.provide(path),
            Need::WasmBindgen => tools::WASM_BINDGEN.provide(path),
            Need::WasmPack => tools::WASM_PACK.provide(path),
            Need::Chromium => chromium::provide(path),
        }?;
        done.push(*need);
    }
    Ok(())
}

fn format(path: &Tools, _: &mut Count) -> Outcome {
    run::run(path.command("cargo").args(["fmt", "--all", "--check"]))
}

fn lints(path: &Tools, _: &mut Count) -> Outcome {
    let mut cargo = path.command("cargo");
    cargo.args(["clippy", "--quiet", "--workspace", "--exclude", "netpol-wasm"]);
    run::run(cargo.args(["--all-targets", "--", "-D", "warnings"]))
}

fn native(path: &Tools, count: &mut Count) -> Outcome {
    let mut cargo = path.command("cargo");
    cargo.args(["test", "--quiet", "--workspace", "--exclude", "netpol-wasm"]);
    count.run(&mut cargo)
}

fn lints_wasm(path: &Tools, _: &mut Count) -> Outcome {
    let mut cargo = path.command("cargo");
    cargo.args(["clippy", "--quiet", "--target", WASM, "-p", "netpol-web", "-p", "netpol-wasm"]);
    run::run(cargo.args(["--all-targets", "--", "-D", "warnings"]))
}

fn wasm_tests(path: &Tools) -> Command {
    let mut cargo = path.command("cargo");
    // Not `--quiet`: cargo hands that on to the runner, which does not know it.
    cargo.args(["test", "--target", WASM, "-p", "netpol-wasm"]);
    cargo
}

fn wasm_node(path: &Tools, count: &mut Count) -> Outcome {
    count.run(&mut wasm_tests(path))
}

fn wasm_browser(path: &Tools, count: &mut Count) -> Outcome {
    count.run(wasm_tests(path).env("WASM_BINDGEN_USE_BROWSER", "1"))?;
    count.run(wasm_tests(path).env("WASM_BINDGEN_USE_DEDICATED_WORKER", "1"))
}

fn wasm_pack(path: &Tools, count: &mut Count) -> Outcome {
    count.run(path.command("wasm-pack").args([
        "test",
        "--node",
        "--mode",
        "no-install",
        "crates/netpol-wasm",
    ]))
}

fn package(path: &Tools, count: &mut Count) -> Outcome {
    for kind in ["nodejs", "web"] {
        package::build(path, kind)?;
    }
    node_tests(path, "tests/package", &[], count)
}

fn page(path: &Tools, _: &mut Count) -> Outcome {
    build::page(path)?;
    size::check(path)
}

fn embedding(path: &Tools, _: &mut Count) -> Outcome {
    embed::site(path)
}

fn end_to_end(path: &Tools, count: &mut Count) -> Outcome {
    let files = size::first_load(&run::root().join("dist"))?;
    let files = files.into_iter().collect::<Vec<_>>().join("\n");
    let variables = [("NETPOL_FIRST_LOAD", size::MOST.to_string()), ("NETPOL_FIRST_FILES", files)];
    node_tests(path, "tests/e2e", &variables, count)
}

/// Runs every `*.test.mjs` of a folder.
fn node_tests(path: &Tools, folder: &str, variables: &[(&str, String)], count: &mut Count) -> Outcome {
    let at = run::root().join(folder);
    let mut files = Vec::new();
    for entry in run::at(&at, std::fs::read_dir(&at))? {
        let file = run::at(&at, entry)?.path();
        if file.to_string_lossy().ends_with(".test.mjs") {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(format!("`{folder}` holds no tests").into());
    }
    let mut node = path.command("node");
    // The files share the two cores of a small machine with the browser.
    node.args(["--test", "--test-reporter=spec", "--test-concurrency=2"]).args(files);
    node.env("NETPOL_TARGET", run::target());
    node.envs(variables.iter().map(|(name, value)| (name, value)));
    count.run(&mut node)
}

/// Tests that ran, read from what the runners print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
}

impl Count {
    /// Runs tests and shows what they print. A runner that fails has failed tests, or never came to them.
    fn run(&mut self, command: &mut Command) -> Outcome {
        let name = run::shown(command);
        let started = command.stdout(Stdio::piped()).spawn();
        let mut child = started.map_err(|error| format!("`{name}` could not be started: {error}"))?;
        if let Some(output) = child.stdout.take() {
            let mut shown = std::io::stdout().lock();
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                self.read(&String::from_utf8_lossy(&line));
                // Nobody reading our output is no reason to stop.
                let _ = shown.write_all(&line).and_then(|()| shown.write_all(b"\n"));
            }
        }
        let status = child.wait().map_err(|error| format!("`{name}`: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("`{name}` failed ({status})").into()) }
    }

    /// Reads `test result: ok. 3 passed; 0 failed; …` of cargo and `ℹ pass 3` of Node.
    fn read(&mut self, line: &str) {
        let words: Vec<&str> = line.split([' ', ';']).filter(|word| !word.is_empty()).collect();
        let number = |word: &str| word.parse::<u64>().unwrap_or(0);
        match words.as_slice() {
            ["test", "result:", _, passed, "passed", failed, "failed", ..] => {
                self.passed += number(passed);
                self.failed += number(failed);
            }
            ["ℹ", "pass", passed] => self.passed += number(passed),
            ["ℹ", "fail" | "cancelled", failed] => self.failed += number(failed),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(arguments: &[&str]) -> Vec<&'static str> {
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        chosen(&arguments).unwrap().unwrap().iter().map(|step| step.name).collect()
    }

    #[test]
    fn steps_are_chosen_by_name() {
        assert_eq!(names(&[]).len(), STEPS.len());
        assert_eq!(names(&["--only", "e2e", "--only", "page"]), ["page", "e2e"]);
        assert_eq!(names(&["--from", "page"]), ["page", "embed", "e2e"]);
        assert!(chosen(&["--only".to_owned(), "nothing".to_owned()]).is_err());
        assert!(chosen(&["--all".to_owned(), "e2e".to_owned()]).is_err());
    }

    #[test]
    fn the_runners_are_understood() {
        let mut count = Count::default();
        let printed = [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 filtered out; finished in 0.00s",
            "ℹ tests 7",
            "ℹ pass 4",
            "ℹ fail 3",
            "ℹ cancelled 0",
            "12 passed",
        ];
        printed.iter().for_each(|line| count.read(line));
        assert_eq!(count, Count { passed: 17, failed: 5 });
    }
}
