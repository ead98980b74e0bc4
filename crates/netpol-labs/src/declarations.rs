//! The TypeScript declarations of what the JavaScript package says of labs, made from the types: compared with the file that
//! is checked in, or written to it when `NETPOL_WRITE_TYPES` is set, as `cargo xtask types` does.

use std::path::Path;

use ts_rs::{Config, TS};

use crate::grade::{Goal, Grade};

fn declarations() -> String {
    let config = Config::default();
    let mut text = "// Written by `cargo xtask types` from the Rust types.\n".to_owned();
    for (docs, declaration) in [(Grade::docs(), Grade::decl(&config)), (Goal::docs(), Goal::decl(&config))] {
        let docs = docs.unwrap_or_default();
        let declaration = declaration.replace(", }", ",\n}");
        text.push_str(&format!("\n{docs}export {declaration}\n"));
    }
    tidy(&text)
}

/// One line for a comment of one line, and properties two spaces in.
fn tidy(text: &str) -> String {
    let (mut tidied, mut comment, mut inside) = (String::new(), None::<Vec<&str>>, false);
    for line in text.lines().map(str::trim_end) {
        let mut lines = vec![line.to_owned()];
        match (line, comment.as_mut()) {
            ("/**", None) => {
                comment = Some(Vec::new());
                continue;
            }
            (" */", Some(said)) => {
                lines = match said.as_slice() {
                    [only] => vec![format!("/**{} */", only.trim_start_matches(" *"))],
                    several => {
                        ["/**"].iter().chain(several).chain(&[" */"]).map(|line| (*line).to_owned()).collect()
                    }
                };
                comment = None;
            }
            (_, Some(said)) => {
                said.push(line);
                continue;
            }
            (_, None) => {}
        }
        inside &= !line.starts_with('}');
        let space = if inside && !line.is_empty() { "  " } else { "" };
        lines.iter().for_each(|line| tidied.push_str(&format!("{space}{line}\n")));
        inside |= line.starts_with("export") && line.ends_with('{');
    }
    tidied
}

#[test]
fn the_declarations_of_labs_are_those_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../netpol-wasm/labs.d.ts");
    let wanted = declarations();
    if std::env::var_os("NETPOL_WRITE_TYPES").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default().replace('\r', "");
    assert!(
        found == wanted,
        "crates/netpol-wasm/labs.d.ts differs from the Rust types: run `cargo xtask types`"
    );
}
