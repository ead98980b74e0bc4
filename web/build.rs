//! Writes the table of examples from `examples/index.json`, with the texts of the first and the result of it, so that a
//! first visit sees that before anything that analyses is loaded.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

#[derive(Deserialize)]
struct Index {
    first: String,
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    title: String,
    examples: Vec<Example>,
}

#[derive(Deserialize)]
struct Example {
    id: String,
    title: String,
    summary: String,
    files: Vec<String>,
}

/// As `examples::digest`, which a test holds it to.
fn digest(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn main() -> Result<(), Box<dyn Error>> {
    let web = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let examples = web.join("../examples");
    let index = examples.join("index.json");
    println!("cargo::rerun-if-changed={}", index.display());
    let index: Index = serde_json::from_str(&std::fs::read_to_string(&index)?)?;

    let mut table = String::new();
    let mut texts = Vec::new();
    writeln!(table, "/// The example of a first visit.\npub const FIRST: &str = {:?};", index.first)?;
    writeln!(table, "/// All examples.\npub const GROUPS: &[Group] = &[")?;
    for group in &index.groups {
        writeln!(table, "    Group {{ title: {:?}, examples: &[", group.title)?;
        for example in &group.examples {
            let Example { id, title, summary, files } = example;
            writeln!(
                table,
                "        Example {{ id: {id:?}, title: {title:?}, summary: {summary:?}, files: &["
            )?;
            for file in files {
                let path = examples.join(file);
                println!("cargo::rerun-if-changed={}", path.display());
                let name = Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or(file);
                let text = std::fs::read_to_string(&path)?;
                texts.push(digest(&text));
                // Blank texts too: an empty page needs nothing of the network.
                let is_here = *id == index.first || text.trim().is_empty();
                let place =
                    if is_here { format!("Text::Here({text:?})") } else { format!("Text::At({file:?})") };
                writeln!(table, "            ({name:?}, {place}),")?;
            }
            writeln!(table, "        ] }},")?;
        }
        writeln!(table, "    ] }},")?;
    }
    writeln!(table, "];")?;
    writeln!(table, "/// The digests of all their texts.\npub const TEXTS: &[u64] = &{texts:?};")?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("examples.rs"), table)?;

    // As it is downloaded: without the blanks that make it legible.
    let result = web.join("first.json");
    println!("cargo::rerun-if-changed={}", result.display());
    let result: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&result)?)?;
    std::fs::write(out.join("first.json"), result.to_string())?;
    Ok(())
}
