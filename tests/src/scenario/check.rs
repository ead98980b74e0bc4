//! Expectations against an analysis.

use std::collections::{BTreeMap, BTreeSet};

use netpol_view::Analyzer;
use netpol_view::contract::{
    ConnectionSet, Diagnostic, DiagnosticSeverity, DiffKind, Finding, ObjectRef, PeerType, PolicySummary,
};

use super::probes::{probes, uncertain};
use super::{Block, Scenario};
use crate::analysis::{Analysis, documents};
use crate::compare::{addresses_are_divided, equals_oracle, is_well_formed};

/// Runs one scenario; each failure comes with the line of the expectation that fails, or none where no one line does.
pub fn run(scenario: &Scenario) -> Vec<(Option<usize>, String)> {
    let analysis = Analysis::of(scenario.files.clone(), scenario.options);
    let mut failures: Vec<(Option<usize>, String)> = Vec::new();
    for always in [is_well_formed, addresses_are_divided, agrees] {
        failures.extend(always(&analysis).err().map(|complaint| (None, complaint)));
    }
    for block in &scenario.expectations {
        let found = match block.kind() {
            "matrix" => matrix(block, &analysis),
            "peers" => peers(block, &analysis),
            "policies" => policies(block, &analysis),
            "problems" => problems(block, &analysis),
            "findings" => findings(block, &analysis),
            "fix" => fix(block, &analysis),
            "probes" => probes(block, &analysis),
            "tests" => tests(block, &analysis),
            "uncertain" => uncertain(block, &analysis),
            _ => caveats(block, &analysis),
        };
        failures.extend(found.into_iter().map(|(line, complaint)| (Some(line), complaint)));
    }
    if !scenario.expectations.iter().any(|block| block.kind() == "problems") {
        for problem in analysis.summary.diagnostics.iter().filter(|problem| is_trouble(problem)) {
            failures.push((None, format!("an unexpected problem: {}: {}", place(problem), problem.message)));
        }
    }
    failures
}

/// Warnings about text that other readers of YAML take another way than `kubectl` does.
const READ_OTHERWISE: [&str; 4] = ["duplicate-key", "glued-separator", "lost-document", "merge-key"];

/// Compares with the oracle, which knows nothing of what is refused, nor how text is read that readers differ about.
fn agrees(analysis: &Analysis) -> Result<(), String> {
    let is_otherwise = |found: &Diagnostic| {
        found.severity == DiagnosticSeverity::Error || READ_OTHERWISE.contains(&found.code.as_str())
    };
    match analysis.summary.diagnostics.iter().any(is_otherwise) {
        true => Ok(()),
        false => equals_oracle(analysis, &documents(&analysis.files)?),
    }
}

pub(super) type Failures = Vec<(usize, String)>;

/// Places of a source and a destination.
type Pairs = Vec<(usize, usize)>;

fn matrix(block: &Block, analysis: &Analysis) -> Failures {
    let mut failures = Failures::new();
    let mut expected: BTreeMap<(usize, usize), (usize, &str, Ports)> = BTreeMap::new();
    for (line, text) in block.lines() {
        let parsed = pairs(text, analysis).and_then(|(pairs, said)| Ok((pairs, said, parse_ports(said)?)));
        match parsed {
            Ok((pairs, said, ports)) => {
                expected.extend(pairs.into_iter().map(|pair| (pair, (line, said, ports.clone()))));
            }
            Err(complaint) => failures.push((line, complaint)),
        }
    }
    let peers = &analysis.summary.peers;
    for ((source, destination), (line, said, ports)) in &expected {
        let cell = analysis.cell(*source, *destination);
        if *ports != ports_of(cell) || *said != cell.text {
            let (from, to) = (&peers[*source].id, &peers[*destination].id);
            failures.push((*line, format!("{from} -> {to} is `{}`", cell.text)));
        }
    }
    if block.has("exact") {
        for (source, destination) in analysis.pairs() {
            let (from, to) = (&peers[source], &peers[destination]);
            let outside = from.peer_type == PeerType::External && to.peer_type == PeerType::External;
            if !outside && !expected.contains_key(&(source, destination)) {
                let cell = &analysis.cell(source, destination).text;
                failures.push((block.line, format!("nothing is said of {} -> {}: {cell}", from.id, to.id)));
            }
        }
    }
    failures
}

/// `source -> destination: rest`, as the places of all peers that are meant, and the rest.
fn pairs<'a>(text: &'a str, analysis: &Analysis) -> Result<(Pairs, &'a str), String> {
    let (source, rest) = text.split_once(" -> ").ok_or("a line is `source -> destination: …`")?;
    let (destination, rest) = rest.rsplit_once(": ").ok_or("a line is `source -> destination: …`")?;
    let (sources, destinations) = (places(source.trim(), analysis)?, places(destination.trim(), analysis)?);
    let pairs = sources.iter().flat_map(|from| destinations.iter().map(move |to| (*from, *to)));
    Ok((pairs.collect(), rest.trim()))
}

fn places(meant: &str, analysis: &Analysis) -> Result<Vec<usize>, String> {
    if let Some(place) = analysis.place_of(meant) {
        return Ok(vec![place]);
    }
    let namespace = meant.strip_suffix("/*");
    let found: Vec<usize> = (0..)
        .zip(&analysis.summary.peers)
        .filter(|(_, peer)| match peer.peer_type {
            PeerType::External => meant == "*" || (meant == "external:*" && peer.id.starts_with("external:")),
            PeerType::Hypothetical => meant == "*",
            PeerType::Workload => {
                meant == "*"
                    || (namespace.is_some() && namespace == peer.namespace.as_deref())
                    || peer.id.split_once('[').is_some_and(|(name, _)| name == meant)
            }
        })
        .map(|(place, _)| place)
        .collect();
    let several = meant == "*" || meant == "external:*" || namespace.is_some();
    match found.len() {
        0 => {
            let ids: Vec<&str> = analysis.summary.peers.iter().map(|peer| peer.id.as_str()).collect();
            Err(format!("`{meant}` is no peer; there are {}", ids.join(", ")))
        }
        1 => Ok(found),
        _ if several => Ok(found),
        _ => Err(format!("`{meant}` may be several peers; name the kind")),
    }
}

/// Intervals of TCP, UDP and SCTP.
type Ports = [Vec<(u16, u16)>; 3];

fn ports_of(set: &ConnectionSet) -> Ports {
    [set.tcp.clone(), set.udp.clone(), set.sctp.clone()]
}

fn parse_ports(text: &str) -> Result<Ports, String> {
    let everything = vec![(1, u16::MAX)];
    match text {
        "none" => return Ok([vec![], vec![], vec![]]),
        "all" => return Ok([everything.clone(), everything.clone(), everything]),
        _ => {}
    }
    let mut ports = Ports::default();
    for part in text.split(';') {
        let (protocol, list) = part.trim().split_once(' ').ok_or_else(|| format!("`{part}` has no ports"))?;
        let index = ["TCP", "UDP", "SCTP"].iter().position(|name| *name == protocol);
        let intervals = &mut ports[index.ok_or_else(|| format!("`{protocol}` is no protocol"))?];
        for item in list.split(',').map(str::trim) {
            let (first, last) = match item {
                "all ports" => ("1", "65535"),
                _ => item.split_once('-').unwrap_or((item, item)),
            };
            let number = |text: &str| text.parse::<u16>().map_err(|_| format!("`{item}` is no port"));
            intervals.push((number(first)?, number(last)?));
        }
    }
    Ok(ports)
}

fn peers(block: &Block, analysis: &Analysis) -> Failures {
    let mut failures = Failures::new();
    let mut named = BTreeSet::new();
    for (line, text) in block.lines() {
        let (id, cidrs) = match text.split_once(" = ") {
            Some((id, cidrs)) => (id.trim(), Some(cidrs.split(',').map(str::trim).collect::<Vec<_>>())),
            None => (text, None),
        };
        named.insert(id);
        match analysis.summary.peers.iter().find(|peer| peer.id == id) {
            None => failures.push((line, format!("`{id}` is no peer"))),
            Some(peer) => {
                if let Some(cidrs) = cidrs
                    && peer.cidrs.as_deref().unwrap_or_default() != cidrs
                {
                    failures.push((line, format!("`{id}` is {:?}", peer.cidrs)));
                }
            }
        }
    }
    if !block.has("includes") {
        for peer in analysis.summary.peers.iter().filter(|peer| !named.contains(peer.id.as_str())) {
            failures.push((block.line, format!("an unexpected peer: {}", peer.id)));
        }
    }
    failures
}

fn policies(block: &Block, analysis: &Analysis) -> Failures {
    let mut failures = Failures::new();
    let said = |policy: &PolicySummary| {
        let mut text = name(&policy.object);
        for (there, word) in [(policy.ingress, " ingress"), (policy.egress, " egress")] {
            text.push_str(if there { word } else { "" });
        }
        let mut subjects: Vec<&str> = policy.subjects.iter().map(|id| without_kind(id)).collect();
        subjects.sort_unstable();
        format!("{text}: {}", if subjects.is_empty() { "none".to_owned() } else { subjects.join(", ") })
    };
    let found: Vec<String> = analysis.summary.policies.iter().map(said).collect();
    let mut named = BTreeSet::new();
    for (line, text) in block.lines() {
        named.insert(text);
        if !found.iter().any(|said| said == text) {
            let policy = text.split([' ', ':']).next().unwrap_or_default();
            let instead = found.iter().find(|said| said.split([' ', ':']).next() == Some(policy));
            failures.push((
                line,
                instead.map_or("there is no such policy".to_owned(), |said| format!("`{said}`")),
            ));
        }
    }
    for said in found.iter().filter(|said| !named.contains(said.as_str())) {
        failures.push((block.line, format!("nothing is said of `{said}`")));
    }
    failures
}

/// `default/web` for `default/web[Deployment]`; a hypothetical workload keeps its mark.
fn without_kind(id: &str) -> &str {
    match id.split_once('[') {
        Some((name, kind)) if kind != "hypothetical]" => name,
        _ => id,
    }
}

fn is_trouble(problem: &Diagnostic) -> bool {
    problem.severity != DiagnosticSeverity::Info
}

fn place(problem: &Diagnostic) -> String {
    format!("{} @ {}:{}", problem.code, problem.span.file, problem.span.start.line)
}

fn problems(block: &Block, analysis: &Analysis) -> Failures {
    let mut failures = Failures::new();
    let mut rest: Vec<&Diagnostic> = analysis.summary.diagnostics.iter().collect();
    for (line, text) in block.lines() {
        if let Some(code) = text.strip_prefix("no ") {
            if let Some(problem) = rest.iter().find(|problem| problem.code == code) {
                failures.push((line, format!("there is {}: {}", place(problem), problem.message)));
            }
            continue;
        }
        let is_meant = |problem: &&Diagnostic| match text.split_once(" @ ") {
            None => problem.code == text,
            Some((code, at)) => {
                let (file, number) = match at.rsplit_once(':') {
                    Some((file, number)) => (Some(file), number),
                    None => (None, at),
                };
                problem.code == code
                    && file.is_none_or(|file| file == problem.span.file)
                    && number == problem.span.start.line.to_string()
            }
        };
        match rest.iter().position(is_meant) {
            Some(at) => drop(rest.remove(at)),
            None => {
                let all: Vec<String> = analysis.summary.diagnostics.iter().map(place).collect();
                failures.push((line, format!("no such problem; there are: {}", all.join(", "))));
            }
        }
    }
    if !block.has("includes") {
        for problem in rest.into_iter().filter(|problem| is_trouble(problem)) {
            failures.push((
                block.line,
                format!("an unexpected problem: {}: {}", place(problem), problem.message),
            ));
        }
    }
    failures
}

/// `default/name`, or the name alone of an object that is in no namespace.
fn name(object: &ObjectRef) -> String {
    match &object.namespace {
        Some(namespace) => format!("{namespace}/{}", object.name),
        None => object.name.clone(),
    }
}

/// A finding, or one that is evidence of it.
struct Said<'a> {
    code: &'a str,
    subject: &'a ObjectRef,
    message: &'a str,
    is_evidence: bool,
}

impl<'a> Said<'a> {
    /// What a finding says.
    fn itself(finding: &'a Finding) -> Self {
        let Finding { code, subject, message, .. } = finding;
        Self { code, subject, message, is_evidence: false }
    }

    /// What a finding and its evidence say.
    fn all(finding: &'a Finding) -> impl Iterator<Item = Self> {
        let evidence = finding.evidence.iter().map(|one| Self {
            code: &one.code,
            subject: &finding.subject,
            message: &one.message,
            is_evidence: true,
        });
        std::iter::once(Self::itself(finding)).chain(evidence)
    }

    /// `NP301`, `NP301 default/name`, or `NP301 in default`; behind `: `, words of the message.
    fn is(&self, text: &str) -> bool {
        let (text, words) = text.split_once(": ").unwrap_or((text, ""));
        let (code, subject) = text.split_once(' ').unwrap_or((text, ""));
        let is_subject = match subject.strip_prefix("in ") {
            Some(namespace) => self.subject.namespace.as_deref().unwrap_or(&self.subject.name) == namespace,
            None => subject.is_empty() || name(self.subject) == subject,
        };
        self.code == code && is_subject && self.message.contains(words)
    }
}

/// Evidence may be named as if it stood by itself, and need not be.
fn findings(block: &Block, analysis: &Analysis) -> Failures {
    let mut failures = Failures::new();
    let said = |one: &Said<'_>| format!("{} {}", one.code, name(one.subject));
    let mut rest: Vec<Said<'_>> = analysis.summary.findings.iter().flat_map(Said::all).collect();
    for (line, text) in block.lines() {
        let (absent, text) = text.strip_prefix("no ").map_or((false, text), |text| (true, text));
        match rest.iter().position(|one| one.is(text)) {
            Some(at) if absent => {
                failures.push((line, format!("there is {}: {}", said(&rest[at]), rest[at].message)));
            }
            Some(at) => drop(rest.remove(at)),
            None if absent => {}
            None => {
                let all: Vec<String> =
                    analysis.summary.findings.iter().flat_map(Said::all).map(|one| said(&one)).collect();
                failures.push((line, format!("no such finding; there are: {}", all.join(", "))));
            }
        }
    }
    if !block.has("includes") {
        for one in rest.iter().filter(|one| !one.is_evidence) {
            failures.push((block.line, format!("an unexpected finding: {}: {}", said(one), one.message)));
        }
    }
    failures
}

/// What the fix of a finding takes out and adds.
fn fix(block: &Block, analysis: &Analysis) -> Failures {
    let meant = block.words().join(" ");
    let found = analysis.summary.findings.iter().position(|finding| Said::itself(finding).is(&meant));
    let Some(place) = found else { return vec![(block.line, format!("there is no {meant}"))] };
    let mut analyzer = Analyzer::new(analysis.options);
    analyzer.set_files(analysis.files.clone());
    let expected: Vec<&str> = block.text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let lines: Vec<String> = match analyzer.fix(place, 0) {
        None => vec!["none".to_owned()],
        Some(preview) => {
            let hunks = preview.diff.into_iter().flat_map(|file| file.hunks);
            let lines = hunks.flatten().filter_map(|line| match line.kind {
                DiffKind::Same => None,
                DiffKind::Removed => Some(format!("- {}", line.text)),
                DiffKind::Added => Some(format!("+ {}", line.text)),
            });
            lines.map(|line| line.trim_end().to_owned()).collect()
        }
    };
    match lines == expected {
        true => Vec::new(),
        false => vec![(block.line, format!("the fix is\n{}", lines.join("\n")))],
    }
}

/// What becomes of the policy tests, expectation by expectation in their order.
fn tests(block: &Block, analysis: &Analysis) -> Failures {
    let mut found = Vec::new();
    for test in &analysis.summary.tests {
        if test.expectations.is_empty() {
            found.push((format!("{} refused", test.name), String::new()));
        }
        for one in &test.expectations {
            let status = format!("{:?}", one.status).to_ascii_lowercase();
            found.push((format!("{} {status}", test.name), one.message.clone().unwrap_or_default()));
        }
    }
    let mut failures = Failures::new();
    let mut found = found.into_iter();
    for (line, text) in block.lines() {
        let (expected, words) = text.split_once(": ").unwrap_or((text, ""));
        match found.next() {
            Some((said, message)) if said == expected && message.contains(words) => {}
            Some((said, message)) => failures.push((line, format!("`{said}: {message}`"))),
            None => failures.push((line, "there is no further expectation".to_owned())),
        }
    }
    failures.extend(found.map(|(said, _)| (block.line, format!("nothing is said of `{said}`"))));
    failures
}

fn caveats(block: &Block, analysis: &Analysis) -> Failures {
    let mut failures = Failures::new();
    let mut analyzer = Analyzer::new(analysis.options);
    analyzer.set_files(analysis.files.clone());
    for (line, text) in block.lines() {
        let (pairs, words) = match pairs(text, analysis) {
            Ok(found) => found,
            Err(complaint) => {
                failures.push((line, complaint));
                continue;
            }
        };
        let (absent, words) = words.strip_prefix("no ").map_or((false, words), |words| (true, words));
        for (source, destination) in pairs {
            let id = |place: usize| analysis.summary.peers[place].id.as_str();
            let caveats = analyzer.explain(id(source), id(destination)).map(|found| found.caveats);
            let caveats = caveats.unwrap_or_default();
            if caveats.iter().any(|caveat| caveat.contains(words)) == absent {
                let (from, to) = (id(source), id(destination));
                failures.push((line, format!("{from} -> {to} has the caveats {caveats:?}")));
            }
        }
    }
    failures
}
