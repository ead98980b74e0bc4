//! What a first visit loads, compressed as a host sends it.

use std::fs;

use crate::run::{self, Outcome, Tools};

/// Bytes after gzip that a first visit should load in all.
const GOAL: u64 = 450 * 1000;

/// What it may load until the goal is reached. Lower it with each gain; never raise it.
const MOST: u64 = 750 * 1000;

/// Prints the size of every file of `dist/` as Node's zlib compresses it.
const SIZES: &str = "
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
for (const entry of readdirSync('dist', { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  console.log(gzipSync(readFileSync(path), { level: 9 }).length + ' ' + path);
}
";

/// Prints the sizes, and fails when they are too much in all.
pub fn check(path: &Tools) -> Outcome {
    let dist = run::root().join("dist");
    if fs::metadata(dist.join("index.html")).is_err() {
        return Err("`dist` holds no page; `cargo xtask build` makes it".into());
    }
    let printed = run::read(path.command("node").args(["--input-type=module", "--eval", SIZES]))?;
    let mut files: Vec<(u64, &str)> = printed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(size, name)| Some((size.parse().ok()?, name)))
        .collect();
    files.sort_by_key(|(size, name)| (std::cmp::Reverse(*size), *name));
    for (size, name) in &files {
        println!("{:>9}  {name}", kilobytes(*size));
    }
    let all: u64 = files.iter().map(|(size, _)| size).sum();
    println!(
        "{:>9}  the first load in all, after gzip; at most {} is allowed, and {} is the goal",
        kilobytes(all),
        kilobytes(MOST),
        kilobytes(GOAL)
    );
    if all > MOST {
        return Err(format!("the first load is {} over its limit", kilobytes(all - MOST)).into());
    }
    Ok(())
}

fn kilobytes(bytes: u64) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}
