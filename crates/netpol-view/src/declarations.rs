//! The TypeScript declarations of the JavaScript package, made from the types of the contract: compared with the file
//! that is checked in, or written to it when `NETPOL_WRITE_TYPES` is set, as `cargo xtask types` does.

mod tidy;

use std::path::Path;

use ts_rs::{Config, TS};

use self::tidy::tidy;
use crate::contract::{
    Action, CellChange, Checks, Completion, Completions, Connection, ConnectionSet, Diagnostic,
    DiagnosticSeverity, DiffKind, DiffLine, DirectionTrace, Dns, EndVerdict, Evidence, Expect,
    ExpectationResult, Explanation, FileDiff, Finding, FindingChange, FindingChanges, FindingCounts,
    FindingSeverity, Hover, Hypothetical, Incomplete, IpBlockPods, KubernetesVersion, Located, LocatedPart,
    Migration, NamespaceSummary, NotRead, ObjectRef, Options, Peer, PeerProfile, PeerType, PolicyMention,
    PolicyProfile, PolicySummary, Port, PortWanted, Position, Preview, Proof, Protocol, QuickFix, Reach,
    Reference, Refused, Related, RuleInWords, RuleMention, RuleSummary, Span, Summary, TestReport,
    TestResult, TestStatus, TextEdit, Tier, TraceStep, UnknownFields, Verdict,
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
 * Row-major: `cells[source * peers.length + destination]` is an index into `connections`. Empty where there is no memory
 * for so many, as an entry of `incomplete` then says: read `matrix`, or ask a `Playground` for windows of it.
 */
cells: Uint32Array,
/**
 * Like `cells`: 0 where the verdict is certain, 1 where it depends on the network plugin, 2 where the cell was not
 * evaluated. What else there is to say stands in the `caveats` of `explain`.
 */
uncertain: Uint8Array, }

/**
 * The matrix by classes: peers of one class are alike, so this is small however many peers there are.
 *
 * The cell of a source and a destination is `cells[classOf[source] * count + classOf[destination]]`, an index into
 * `connections`; `uncertain` says in the same place how certain it is. Three things are laid over that, as pods always
 * reach themselves and their own node:
 *
 * - a peer that is `alone` reaches itself: the cell is 1, all, and certain;
 * - two peers on the same node (`nodeOf`, other than 0), one of them a node (`onNode` 1), reach each other likewise;
 * - between a node and a peer that may be on any node (`onNode` 2), or some of which is on it (`somewhere`), a cell that is
 *   certain and is not 1 depends on where the pods are: 1 in `uncertain`.
 */
export interface ClassMatrix {
/**
 * By peer: its class, below `count`.
 */
classOf: Uint32Array,
/**
 * How many classes there are.
 */
count: number,
/**
 * By class of the source and class of the destination, row-major.
 */
cells: Uint32Array,
/**
 * Likewise: 0 where the verdict is certain, 1 where it depends on the network plugin, 2 where it was not evaluated.
 */
uncertain: Uint8Array,
/**
 * By peer: 1 where it is a single pod.
 */
alone: Uint8Array,
/**
 * By peer: the node on which all of it is, counted from 1; 0 where there is none or the input does not tell. Empty where
 * no peer is a node.
 */
nodeOf: Uint32Array,
/**
 * By peer: 1 where it is a node or on the network of one, 2 where some of its pods may be on any node, else 0. Empty where
 * no peer is a node.
 */
onNode: Uint8Array,
/**
 * A node and a peer of which some pods are there, a node and a peer, …; sorted.
 */
somewhere: Uint32Array, }
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
        Dns,
        Protocol,
        ConnectionSet,
        Span,
        Position
    );
    add!(Diagnostic, DiagnosticSeverity, Related, QuickFix, TextEdit, ObjectRef, PolicySummary);
    add!(Finding, Evidence, FindingSeverity, Proof, RuleSummary, Reference, Connection);
    add!(TestReport, TestResult, ExpectationResult, Expect, TestStatus);
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
        FindingChanges,
        FindingChange,
        PortWanted,
        Located,
        LocatedPart,
        PeerProfile,
        PolicyProfile,
        PolicyMention,
        RuleMention,
        RuleInWords,
        Reach,
        Completions,
        Completion,
        Hover
    );
    tidy(&text)
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
