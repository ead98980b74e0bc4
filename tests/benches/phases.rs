//! What an analysis does with its time, natively: `phases FOLDER RUNS EDITS`, where `node tests/bench/write.mjs` wrote the
//! folder. Prints medians in milliseconds as JSON.

use std::cell::Cell;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use netpol_eval::{Cluster, Evaluation};
use netpol_view::Phase;
use netpol_view::contract::{Options, SourceFile, Summary};
use netpol_view::{Analyzer, Step};
use serde::{Deserialize, Serialize};

/// `edits.json`: the files in order, and edits of their texts.
#[derive(Deserialize)]
struct Input {
    files: Vec<String>,
    policies: Vec<Edit>,
    pods: Vec<Edit>,
}

/// So many bytes of a file, from one on, are replaced.
#[derive(Clone, Deserialize)]
struct Edit {
    file: usize,
    at: usize,
    remove: usize,
    insert: String,
}

/// Milliseconds by phase.
#[derive(Clone, Copy, Default, Serialize)]
struct Phases {
    /// The files, cut into documents and compared with what is known.
    setting: f64,
    reading: f64,
    /// The cluster model.
    cluster: f64,
    /// The matrix by classes.
    matrix: f64,
    /// All rules but the last one.
    finding: f64,
    /// The last rule, and everything in words.
    summary: f64,
    /// Trying out fixes.
    trying: f64,
    total: f64,
}

#[derive(Serialize)]
struct Measured {
    full: Phases,
    /// After an edit of a port of a policy.
    policy: Option<Phases>,
    /// After an edit of a label of pods.
    pods: Option<Phases>,
    peers: usize,
    classes: usize,
    connections: usize,
    /// The most that the process had in memory, in bytes, where the system tells.
    memory: Option<u64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    // `cargo bench` adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [folder, runs, edits] = arguments.as_slice() else {
        // Nothing to measure is no failure: `cargo bench` and `cargo test --benches` start this without arguments.
        println!("phases FOLDER RUNS EDITS");
        return Ok(());
    };
    let (folder, runs, edits): (_, usize, usize) = (Path::new(folder), runs.parse()?, edits.parse()?);
    let input: Input = serde_json::from_str(&fs::read_to_string(folder.join("edits.json"))?)?;
    let mut files = read_all(folder, &input.files)?;

    let mut full = Vec::new();
    let mut analyzer = Analyzer::new(Options::default());
    let mut summary = Summary::default();
    for _ in 0..runs {
        drop(std::mem::replace(&mut analyzer, Analyzer::new(Options::default())));
        let (phases, found) = analyse(&mut analyzer, files.clone());
        full.push(phases);
        summary = found;
    }
    // Each edit is made to what the one before left, so that it changes one object.
    let mut after_edits = |edits_of: &[Edit]| {
        let mut measured = Vec::new();
        for edit in edits_of.iter().take(edits) {
            let Some(file) = files.get_mut(edit.file) else { continue };
            file.text.replace_range(edit.at..edit.at + edit.remove, &edit.insert);
            measured.push(analyse(&mut analyzer, files.clone()).0);
        }
        median(measured)
    };
    let policy = after_edits(&input.policies);
    let pods = after_edits(&input.pods);
    let memory = most_memory();
    drop(analyzer);
    let measured = Measured {
        full: median(full).unwrap_or_default(),
        policy,
        pods,
        peers: summary.peers.len(),
        classes: classes(read_all(folder, &input.files)?),
        connections: summary.connections.len(),
        memory,
    };
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

fn read_all(folder: &Path, names: &[String]) -> std::io::Result<Vec<SourceFile>> {
    let read = |name: &String| {
        let text = fs::read_to_string(folder.join(name))?;
        Ok(SourceFile { name: name.clone(), text })
    };
    names.iter().map(read).collect()
}

/// From files to their summary. The beats tell where one phase ends within a step.
fn analyse(analyzer: &mut Analyzer, files: Vec<SourceFile>) -> (Phases, Summary) {
    let started = Instant::now();
    let now = || started.elapsed().as_secs_f64() * 1000.0;
    let mut phases = Phases::default();
    analyzer.set_files(files);
    let mut since = now();
    phases.setting = since;
    let mut lap = |phase: &mut f64, until: f64| {
        *phase += until - since;
        since = until;
    };
    // When the cluster was there, and when the last rule began.
    let built = Cell::new(None);
    let last_rule = Cell::new(None);
    let beat = |phase, done: f64| match phase {
        Phase::Evaluating if done > 0.0 && built.get().is_none() => built.set(Some(now())),
        Phase::Finding => last_rule.set(Some(now())),
        Phase::Evaluating | Phase::Reading => {}
    };
    loop {
        match analyzer.step_with(&beat) {
            Step::Working { phase: Phase::Reading | Phase::Evaluating, .. } => {
                lap(&mut phases.reading, now())
            }
            Step::Working { phase: Phase::Finding, .. } => {
                lap(&mut phases.cluster, built.get().unwrap_or_else(now));
                lap(&mut phases.matrix, now());
            }
            Step::Found => {
                lap(&mut phases.finding, last_rule.get().unwrap_or_else(now));
                lap(&mut phases.summary, now());
            }
            Step::Trying => {}
            Step::Done => break,
        }
    }
    lap(&mut phases.trying, now());
    let summary = analyzer.found();
    lap(&mut phases.summary, now());
    phases.total = now();
    (phases, summary.clone())
}

/// The median run, by its total.
fn median(mut runs: Vec<Phases>) -> Option<Phases> {
    runs.sort_by(|one, other| one.total.total_cmp(&other.total));
    runs.get(runs.len() / 2).copied()
}

/// How many classes of peers the matrix has.
fn classes(files: Vec<SourceFile>) -> usize {
    let sources = netpol_source::Sources::new(files);
    let documents =
        sources.documents().map(|(id, text)| (id, std::sync::Arc::new(netpol_manifest::read(&text))));
    Evaluation::new(Cluster::build(documents), netpol_eval::Options::default()).class_count()
}

/// Linux tells; elsewhere nothing is known.
fn most_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
