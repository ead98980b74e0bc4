//! The TypeScript declarations of the JavaScript package, made from the types of the contract: compared with the file
//! that is checked in, or written to it when `NETPOL_WRITE_TYPES` is set, as `cargo xtask types` does.

use std::path::Path;

use ts_rs::{Config, TS};

use crate::contract::{
    Action, CellChange, Checks, Completion, Completions, Connection, ConnectionSet, Diagnostic,
    DiagnosticSeverity, DiffKind, DiffLine, DirectionTrace, EndVerdict, Explanation, FileDiff, Finding,
    FindingCounts, FindingSeverity, Hover, Hypothetical, Incomplete, IpBlockPods, KubernetesVersion, Located,
    LocatedPart, Migration, NamespaceSummary, NotRead, ObjectRef, Options, Peer, PeerType, PolicySummary,
    Port, Position, Preview, Proof, Protocol, QuickFix, Reference, Refused, Related, Span, Summary, TextEdit,
    Tier, TraceStep, UnknownFields, Verdict,
};

const HEAD: &str = "\
// Written by `cargo xtask types` from the Rust types.

/**
 * A file of the input.
 */
export interface SourceFile {
/**
 * Shown in every place that points into it.
 */
name: string,
/**
 * The text.
 */
text: string, }

/**
 * All of an analysis.
 */
export interface Analysis extends Summary {
/**
 * Row-major: `cells[source * peers.length + destination]` is an index into `connections`. Empty where there are more
 * than 64 Mi of them, as an entry of `incomplete` then says: ask a `Playground` for windows of it.
 */
cells: Uint32Array,
/**
 * Like `cells`: 0 where the verdict is certain, 1 where it depends on the network plugin, 2 where the cell was not
 * evaluated. What else there is to say stands in the `caveats` of `explain`.
 */
uncertain: Uint8Array, }
";

fn declarations() -> String {
    let config = Config::default();
    let mut text = HEAD.to_owned();
    let mut add = |docs: Option<String>, declaration: String| {
        text.push('\n');
        text.push_str(&docs.unwrap_or_default());
        text.push_str("export ");
        text.push_str(declaration.trim_end());
        text.push('\n');
    };
    macro_rules! add {
        ($($name:ty),+ $(,)?) => { $(add(<$name>::docs(), <$name>::decl(&config));)+ };
    }
    add!(
        Options,
        Hypothetical,
        IpBlockPods,
        KubernetesVersion,
        UnknownFields,
        Summary,
        Incomplete,
        Refused,
        NotRead,
        Checks,
        NamespaceSummary,
        FindingCounts,
        Peer,
        PeerType,
        Port,
        Protocol,
        ConnectionSet,
        Span,
        Position
    );
    add!(Diagnostic, DiagnosticSeverity, Related, QuickFix, TextEdit, ObjectRef, PolicySummary);
    add!(Finding, FindingSeverity, Proof, Reference, Connection);
    add!(Explanation, DirectionTrace, TraceStep, Tier, Action);
    add!(
        Verdict,
        EndVerdict,
        Preview,
        Migration,
        FileDiff,
        DiffLine,
        DiffKind,
        CellChange,
        Located,
        LocatedPart,
        Completions,
        Completion,
        Hover
    );
    tidy(&text)
}

/// One line for a comment of one line, one line for each property, and properties two spaces in.
fn tidy(text: &str) -> String {
    let text = text.replace(", }", ",\n}");
    let mut lines = text.lines();
    let mut tidied = String::new();
    let mut inside = false;
    while let Some(line) = lines.next() {
        let mut line = line.trim_end().to_owned();
        if line == "/**" {
            let comment: Vec<&str> = lines.by_ref().take_while(|line| *line != " */").collect();
            line = match comment.as_slice() {
                [only] => format!("/**{} */", only.trim_start_matches(" *")),
                several => format!("/**\n{}\n */", several.join("\n")),
            };
        }
        inside &= !line.starts_with('}');
        let space = if inside { "  " } else { "" };
        for line in line.split('\n') {
            tidied.push_str(&format!("{}{line}\n", if line.is_empty() { "" } else { space }));
        }
        inside |= line.starts_with("export") && line.ends_with('{');
    }
    tidied
}

#[test]
fn the_declarations_of_the_package_are_those_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../netpol-wasm/types.d.ts");
    let wanted = declarations();
    if std::env::var_os("NETPOL_WRITE_TYPES").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap().replace('\r', "");
    assert!(
        found == wanted,
        "crates/netpol-wasm/types.d.ts differs from the Rust types: run `cargo xtask types`"
    );
}

#[test]
fn every_type_that_is_named_is_declared() {
    let text = declarations();
    let code = || text.lines().filter(|line| !line.trim_start().starts_with(['/', '*']));
    let declared: Vec<&str> = code()
        .filter_map(|line| line.strip_prefix("export type ").or(line.strip_prefix("export interface ")))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(declared.contains(&"Analysis") && declared.contains(&"Explanation"));
    for line in code() {
        for word in line.split(|letter: char| !letter.is_alphanumeric()) {
            let is_type = word.starts_with(char::is_uppercase) && word.contains(char::is_lowercase);
            let known = ["Array", "Uint32Array", "Uint8Array"].contains(&word) || declared.contains(&word);
            assert!(!is_type || known, "`{word}` is not declared: `{line}`");
        }
    }
}
