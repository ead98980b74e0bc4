//! What a first visit loads, compressed as a host sends it.
//!
//! Which files those are is read from the page: what it names itself, and what the scripts among these import from the
//! start. An end-to-end test compares that with what a browser asks for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::run::{self, Outcome, Tools};

/// Bytes after gzip that a first visit loads at most, until it sees the result of the first example and all is quiet.
pub const MOST: u64 = 400 * 1000;

/// What it may be at most today. Lower it with each gain.
const TODAY: u64 = 391 * 1000;

/// Prints the size of every file of `dist/` as Node's zlib compresses it.
const SIZES: &str = "
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
for (const entry of readdirSync('dist', { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  console.log(gzipSync(readFileSync(path), { level: 9 }).length + ' ' + relative('dist', path).replaceAll(sep, '/'));
}
";

/// Prints the sizes, and fails when a first visit loads too much.
pub fn check(path: &Tools) -> Outcome {
    let dist = run::root().join("dist");
    let first = first_load(&dist)?;
    let printed = run::read(path.command("node").args(["--input-type=module", "--eval", SIZES]))?;
    let mut files: Vec<(u64, &str)> = printed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(size, name)| Some((size.parse().ok()?, name)))
        .collect();
    // The files of the examples are many, and fetched one example at a time.
    let (examples, others): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|(_, name)| name.starts_with("examples/"));
    files = others;
    files.push((examples.iter().map(|(size, _)| size).sum(), "examples/"));
    files.sort_by_key(|(size, name)| (std::cmp::Reverse(*size), *name));
    let (at_first, later): (Vec<_>, Vec<_>) = files.iter().partition(|(_, name)| first.contains(*name));
    let all = print(&at_first, "the first load in all, after gzip");
    print(&later, "loaded when it is needed");
    println!(
        "{:>9}  is allowed for the first load today, and {} is the goal",
        kilobytes(TODAY),
        kilobytes(MOST)
    );
    if all > TODAY {
        return Err(format!("the first load is {} over its limit", kilobytes(all - TODAY)).into());
    }
    Ok(())
}

fn print(files: &[&(u64, &str)], what: &str) -> u64 {
    for (size, name) in files {
        println!("{:>9}  dist/{name}", kilobytes(*size));
    }
    let all = files.iter().map(|(size, _)| size).sum();
    println!("{:>9}  {what}\n", kilobytes(all));
    all
}

/// The files of the built page that a first visit loads, by their paths within it.
pub fn first_load(dist: &Path) -> Outcome<BTreeSet<String>> {
    let page = "index.html";
    if fs::metadata(dist.join(page)).is_err() {
        return Err("`dist` holds no page; `cargo xtask build` makes it".into());
    }
    let mut found = BTreeSet::from([page.to_owned()]);
    let mut unread = vec![page.to_owned()];
    while let Some(name) = unread.pop() {
        if !(name.ends_with(".html") || name.ends_with(".js")) {
            continue;
        }
        let path = dist.join(&name);
        let text = run::at(&path, fs::read_to_string(&path))?;
        let named = if name == page { named_by_page(&text) } else { imported(&text) };
        for named in named {
            let file = resolved(&name, named);
            if dist.join(&file).is_file() && found.insert(file.clone()) {
                unread.push(file);
            }
        }
    }
    Ok(found)
}

/// The links of the page, but for its worker, which comes later, and for what is of use to those who install it.
fn named_by_page(html: &str) -> Vec<&str> {
    let later = ["meta name=\"netpol-worker\"", "link rel=\"manifest\"", "link rel=\"apple-touch-icon\""];
    let tags = html.split('<').filter(|tag| !later.iter().any(|later| tag.starts_with(later)));
    tags.flat_map(|tag| tag.split('"').skip(1).step_by(2)).filter(|value| value.starts_with("./")).collect()
}

/// What a script imports from the start; what it imports by a call comes later.
pub fn imported(script: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for word in ["from", "import"] {
        for rest in script.split(word).skip(1) {
            let rest = rest.trim_start();
            let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''));
            let value = quote.and_then(|quote| rest.get(1..)?.split(quote).next());
            found.extend(value.filter(|value| value.starts_with("./") || value.starts_with("../")));
        }
    }
    found
}

/// A relative link of a file, as a path within the page.
pub fn resolved(file: &str, link: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

fn kilobytes(bytes: u64) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_later_is_no_part_of_the_first_load() {
        let page = "<link href=\"./a.css\"/><meta name=\"netpol-worker\" content=\"./worker.js\"><link rel=\"manifest\" href=\"./m\"><script src=\"./s.js\">";
        assert_eq!(named_by_page(page), ["./a.css", "./s.js"]);
        let script =
            "import { Editor } from './snippets/editor.js';import\"../b.js\";x=await import('./later.js')";
        assert_eq!(imported(script), ["./snippets/editor.js", "../b.js"]);
        assert_eq!(resolved("snippets/editor.js", "../b.js"), "b.js");
        assert_eq!(resolved("snippets/editor.js", "./b.js"), "snippets/b.js");
    }
}
