//! From an evaluation to the plain data of a [`Summary`].

use netpol_eval::{
    Cluster, Evaluation, LeftOut, Lowered, MOST_NETWORKS, MOST_WORKLOADS, Peer, PeerId, PolicyId, Workload,
    WorkloadOrigin,
};
use netpol_findings::{Checked, Context, DnsAnswer, Finding, Witness};
use netpol_manifest::{Direction, Document};
use netpol_source::{Code, Diagnostic, DocumentId, Related, Severity, Sources, order};
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::carried::{Said, Subjects};
use crate::contract;
use crate::convert::{connection_set, object_ref, protocol, span, tier};
use crate::outside::{self, Outside};
use crate::{namespaces, omitted, policy_tests, words};

/// How many names of one annotation are looked at.
const MOST_NAMES: usize = 20;

/// How many subjects of all policies together are listed at the most; of the others it is said how many there are.
const MOST_SUBJECTS: usize = 100_000;

/// How many diagnostics are handed on at the most.
const MOST_DIAGNOSTICS: usize = 1000;

/// Everything that an analysis found, in words and without the matrix.
pub(crate) fn summary(
    sources: &Sources,
    documents: &[Arc<Document>],
    context: &Context<'_>,
    checked: &Checked,
    mut said: Option<&mut Said<'_>>,
) -> contract::Summary {
    let (evaluation, findings) = (context.evaluation(), &checked.findings);
    let policies = evaluation.cluster().policy_ids();
    let mut peers = peers(sources, evaluation, said.as_deref_mut());
    say_whether_dns_works(context, &mut peers, said.as_deref_mut());
    let mut listed = MOST_SUBJECTS;
    let untouched = said.as_ref().filter(|said| said.has_same_ids(&peers)).and_then(|_| evaluation.touched());
    let mut policy = |id: PolicyId| {
        let selects_the_same = untouched.and_then(|touched| touched.get(id.0 as usize)) == Some(&false);
        policy((sources, evaluation), (&peers, selects_the_same), &mut listed, id, said.as_deref_mut())
    };
    let policies = policies.filter_map(&mut policy).collect();
    let mut rules: Vec<contract::RuleSummary> = Vec::new();
    let findings_in_words = findings.iter().map(|found| {
        let rule = rule_of(&mut rules, found);
        let make = || finding(sources, evaluation, rule, found);
        match said.as_deref_mut() {
            Some(said) => said.finding((evaluation, found), make),
            None => make(),
        }
    });
    let findings_in_words: Vec<contract::Finding> = findings_in_words.collect();
    let connections = evaluation.connections().map(|set| match said.as_deref_mut() {
        Some(said) => said.connections(set, || connection_set(set)),
        None => connection_set(set),
    });
    let connections = connections.collect();
    let mut namespaces = namespaces::namespaces(context, findings);
    namespaces::say_where_dns_works(evaluation, &mut namespaces, &peers);
    contract::Summary {
        diagnostics: diagnostics(sources, documents, evaluation.cluster())
            .iter()
            .map(|diagnostic| self::diagnostic(sources, diagnostic))
            .collect(),
        connections,
        policies,
        findings: findings_in_words,
        rules,
        matrix: Arc::clone(evaluation.matrix()),
        incomplete: incomplete(sources, documents, evaluation.cluster(), checked),
        refused: omitted::refused(sources, documents),
        tests: policy_tests::results(sources, documents, evaluation),
        not_read: omitted::not_read(documents),
        checks: omitted::checks(context),
        namespaces,
        namespace_labels: namespaces::labels(&peers),
        peers,
    }
}

/// Says of each workload of the input whether it can ask for names.
fn say_whether_dns_works(
    context: &Context<'_>,
    peers: &mut [contract::Peer],
    mut said: Option<&mut Said<'_>>,
) {
    for (id, _) in context.input_workloads() {
        let Some(peer) = peers.get_mut(id.index()) else { continue };
        let (works, why) = match context.dns_of(id) {
            DnsAnswer::Works => (true, None),
            DnsAnswer::Partly(why) => (true, Some(why)),
            DnsAnswer::Blocked(why) => (false, Some(why)),
        };
        let dns = Some(contract::Dns { works, why });
        if peer.dns != dns {
            peer.dns = dns;
            if let Some(taken) = said.as_mut().and_then(|said| said.taken.get_mut(id.index())) {
                *taken = false;
            }
        }
    }
}

/// The rows and columns of the matrix.
pub(crate) fn peers(
    sources: &Sources,
    evaluation: &Evaluation,
    mut said: Option<&mut Said<'_>>,
) -> Vec<contract::Peer> {
    let namespaces = &evaluation.cluster().namespaces;
    let labels: Vec<Labels> = namespaces.iter().map(|namespace| Arc::new(namespace.labels.clone())).collect();
    let peers = evaluation.peer_ids().map(|(id, peer)| {
        let said = said.as_mut().and_then(|said| said.peer(id, peer));
        said.unwrap_or_else(|| self::peer(sources, evaluation, &labels, peer))
    });
    let mut peers: Vec<contract::Peer> = peers.collect();
    for (id, except) in Outside::of(evaluation).excepts() {
        if let Some(peer) = peers.get_mut(id.index()) {
            peer.except = Some(except.iter().map(ToString::to_string).collect());
        }
    }
    peers
}

/// Labels of a namespace, shared by what is in it.
type Labels = Arc<BTreeMap<String, String>>;

/// All diagnostics of the input, in the order of the text.
fn diagnostics(sources: &Sources, documents: &[Arc<Document>], cluster: &Cluster) -> Vec<Diagnostic> {
    let mut all: Vec<Diagnostic> = Vec::new();
    for (id, document) in (0..).map(DocumentId).zip(documents) {
        let of_document = document.diagnostics.iter().map(|diagnostic| diagnostic.in_document(id));
        let first = all.len();
        all.extend(of_document);
        if sources.is_item(id) {
            all.iter_mut().skip(first).for_each(say_what_becomes_of_the_list);
        }
    }
    all.extend(omitted::diagnostics(documents));
    all.extend(
        (0..).map(DocumentId).zip(documents).flat_map(|(id, document)| silences_nothing(id, document)),
    );
    all.extend(left_out(cluster));
    all.extend(policy_tests::repeated(cluster));
    all.extend(cluster.replaced.iter().filter(|replaced| !replaced.is_same).map(|replaced| {
        let name = &replaced.object;
        let message = format!(
            "this {} `{}` is replaced by a later one of the same name, as `kubectl apply` would; rename or remove one",
            name.kind, name.name
        );
        let mut diagnostic = Diagnostic::new(Severity::Warning, Code::ReplacedObject, message, replaced.earlier);
        diagnostic.object = Some(name.clone());
        diagnostic.related = vec![Related { message: "the one that counts".to_owned(), place: replaced.later }];
        diagnostic
    }));
    shortened(all)
}

/// Of an item that cannot be read, says what `kubectl` makes of the others.
fn say_what_becomes_of_the_list(diagnostic: &mut Diagnostic) {
    if diagnostic.severity == Severity::Error && diagnostic.code.as_str().starts_with("yaml-") {
        let sentence =
            ". `kubectl` refuses the whole list for it; the other items are shown as if it did not";
        diagnostic.message.push_str(sentence);
    }
}

/// What is written to silence findings and names no rule.
fn silences_nothing(id: DocumentId, document: &Document) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for object in &document.objects {
        let annotations = object.metadata.annotations.iter();
        for annotation in annotations.filter(|one| one.key.value == netpol_findings::ANNOTATION) {
            for name in netpol_findings::unknown_rules(&annotation.value.value).take(MOST_NAMES) {
                let codes = netpol_findings::rules().map(|rule| rule.code.as_str());
                let advice = match netpol_manifest::nearest(name, codes) {
                    Some(code) => format!("did you mean `{code}`?"),
                    None => "write a code such as `NP204`".to_owned(),
                };
                let name = words::quoted(name);
                let message = format!("no rule is called {name}, so this silences nothing; {advice}");
                let place = annotation.value.range.in_document(id);
                let mut diagnostic = Diagnostic::new(Severity::Warning, Code::UnknownRule, message, place);
                diagnostic.object = Some(object.reference());
                found.push(diagnostic);
            }
        }
    }
    found
}

/// What there was too much of.
fn left_out(cluster: &Cluster) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    // What was not read says so at its document.
    let LeftOut { policies, workloads, peers, node_addresses, hypothetical, unread: _ } = &cluster.left_out;
    if let Some(first) = workloads.first() {
        let message = format!(
            "this workload{} not in the matrix: at most {MOST_WORKLOADS} workloads are; leave out namespaces that do not matter",
            and_others(workloads.len())
        );
        found.push(Diagnostic::new(Severity::Error, Code::TooManyWorkloads, message, *first));
    }
    if let Some(first) = policies.first() {
        let message = format!(
            "this policy{} too large to evaluate: what its pods may do is not known, and cells with them are not evaluated; at most {MOST_NETWORKS} different CIDRs are told apart, so join neighbouring ones",
            and_others(policies.len())
        );
        found.push(Diagnostic::new(Severity::Error, Code::TooLargePolicy, message, *first));
    }
    let first_name = || {
        let policy = cluster.policy_handle(PolicyId(0));
        let first = policy.or_else(|| cluster.workloads.first().and_then(|workload| workload.handle()));
        first.map(|handle| handle.span(handle.object().metadata.name.range))
    };
    if let Some(place) = first_name().filter(|_| *peers > 0) {
        let message = format!(
            "{peers} workloads and networks are too many to tell apart: cells with them are not evaluated; leave out namespaces that do not matter"
        );
        found.push(Diagnostic::new(Severity::Error, Code::TooManyPeers, message, place));
    }
    if let Some(place) = first_name().filter(|_| *node_addresses > 0) {
        let message = format!(
            "{node_addresses} addresses of nodes are no rows of their own: what a node may reach on itself is not shown for them"
        );
        found.push(Diagnostic::new(Severity::Warning, Code::TooManyNodes, message, place));
    }
    if let Some(policy) = cluster.policy_handle(PolicyId(0)).filter(|_| *hypothetical) {
        let place = policy.span(policy.object().metadata.name.range);
        let message = "too many selectors match nothing: only some of them are shown with a hypothetical pod";
        found.push(Diagnostic::new(Severity::Info, Code::TooManyHypothetical, message, place));
    }
    found
}

/// What the result leaves out: the cluster may allow more or less than is shown.
fn incomplete(
    sources: &Sources,
    documents: &[Arc<Document>],
    cluster: &Cluster,
    checked: &Checked,
) -> Vec<contract::Incomplete> {
    let left_out = left_out(cluster).into_iter().filter(|diagnostic| diagnostic.severity != Severity::Info);
    let left_out = left_out.map(|diagnostic| contract::Incomplete {
        message: words::shown(&diagnostic.message),
        count: 1,
        span: span(sources, diagnostic.place),
    });
    let mut all = omitted::incomplete(sources, documents);
    all.extend(omitted::unread(sources, documents));
    all.extend(left_out);
    all.extend(unfinished(sources, checked));
    all
}

/// How a sentence goes on about the first of several things.
fn and_others(count: usize) -> String {
    match count {
        0 | 1 => " is".to_owned(),
        2 => " and another one are".to_owned(),
        _ => format!(" and {} others are", count - 1),
    }
}

/// The rules that were not finished, and those that found more than is listed.
fn unfinished(sources: &Sources, checked: &Checked) -> Vec<contract::Incomplete> {
    let mut incomplete = Vec::new();
    let mut say = |message: String, count: usize| {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        incomplete.push(contract::Incomplete { message, count, span: beginning(sources) });
    };
    let rules = |codes: Vec<&str>| match codes.as_slice() {
        [one] => format!("the rule {one}"),
        several => format!("the rules {}", several.join(", ")),
    };
    let unfinished: Vec<&str> = checked.unfinished.iter().map(|rule| rule.code.as_str()).collect();
    if !unfinished.is_empty() {
        let count = unfinished.len();
        let was = if count == 1 { "was" } else { "were" };
        let message = format!(
            "{} {was} not finished, as there is too much to look at: more may be wrong",
            rules(unfinished)
        );
        say(message, count);
    }
    let more: usize = checked.cut.iter().map(|(_, more)| more).sum();
    if more > 0 {
        let codes = rules(checked.cut.iter().map(|(rule, _)| rule.code.as_str()).collect());
        say(format!("{more} more findings of {codes} are not listed: mend those that are first"), more);
    }
    incomplete
}

/// That there is no memory for a cell for each pair of peers.
pub(crate) fn without_cells(sources: &Sources, peers: usize) -> contract::Incomplete {
    let message = format!(
        "the matrix of {peers} peers is too large to be handed over cell by cell: read `matrix`, or ask for windows of it with `cells`"
    );
    let count = u32::try_from(peers).unwrap_or(u32::MAX);
    contract::Incomplete { message, count, span: beginning(sources) }
}

/// The beginning of the input, for what is said of all of it.
pub(crate) fn beginning(sources: &Sources) -> contract::Span {
    let file = sources.files().next().map(|file| file.name.clone()).unwrap_or_default();
    let start = contract::Position { line: 1, column: 1 };
    contract::Span { file, start, end: start }
}

/// Not more than a person can read: the worst, in the order of the text, and how many there are besides.
fn shortened(mut all: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if all.len() > MOST_DIAGNOSTICS {
        order::sort_by_key(&mut all, |diagnostic| diagnostic.severity);
        let more = all.split_off(MOST_DIAGNOSTICS);
        if let Some(first) = more.first() {
            let message = format!("there are {} more problems: mend these first", more.len());
            all.push(Diagnostic::new(Severity::Info, Code::MoreProblems, message, first.place));
        }
    }
    order::sort_by_key(&mut all, |diagnostic| (diagnostic.place, diagnostic.severity));
    all
}

fn diagnostic(sources: &Sources, diagnostic: &Diagnostic) -> contract::Diagnostic {
    contract::Diagnostic {
        severity: match diagnostic.severity {
            Severity::Error => contract::DiagnosticSeverity::Error,
            Severity::Warning => contract::DiagnosticSeverity::Warning,
            Severity::Info => contract::DiagnosticSeverity::Info,
        },
        code: diagnostic.code.to_string(),
        message: words::shown(&diagnostic.message),
        path: diagnostic.path.clone(),
        object: diagnostic.object.as_ref().map(object_ref),
        span: span(sources, diagnostic.place),
        related: diagnostic
            .related
            .iter()
            .map(|related| contract::Related {
                message: words::shown(&related.message),
                span: span(sources, related.place),
            })
            .collect(),
        fixes: diagnostic
            .fixes
            .iter()
            .map(|fix| contract::QuickFix {
                title: fix.title.clone(),
                edits: fix
                    .edits
                    .iter()
                    .map(|edit| contract::TextEdit {
                        span: span(sources, edit.range.in_document(diagnostic.place.document)),
                        text: edit.replacement.clone(),
                    })
                    .collect(),
            })
            .collect(),
    }
}

fn peer(sources: &Sources, evaluation: &Evaluation, labels: &[Labels], peer: &Peer) -> contract::Peer {
    let id = words::peer_id(evaluation, peer);
    match peer {
        Peer::Workload(one) => {
            let labels = labels.get(one.namespace.0 as usize).cloned();
            contract::Peer { namespace_labels: labels, ..workload(sources, evaluation, one, id) }
        }
        Peer::External { range, host } => {
            let node = host.and_then(|id| evaluation.cluster().hosts.get(id.0 as usize));
            let note = if range.is_any_other() {
                Some(words::peer_name(evaluation, peer))
            } else if range.is_metadata_endpoint() {
                Some("cloud metadata endpoint".to_owned())
            } else {
                node.map(|node| node.name.as_ref().map_or("node".to_owned(), |name| format!("node {name}")))
            };
            contract::Peer {
                cidrs: outside::cidrs(range),
                network: Some(range.network.to_string()),
                except: Some(Vec::new()),
                note,
                ..contract::Peer::outsider(id)
            }
        }
        Peer::Domain(name) => contract::Peer {
            name: Some(name.to_string()),
            note: Some("domain name".to_owned()),
            ..contract::Peer::outsider(id)
        },
    }
}

fn workload(sources: &Sources, evaluation: &Evaluation, workload: &Workload, id: String) -> contract::Peer {
    let namespace = evaluation.cluster().namespace(workload.namespace);
    let place = workload.handle().map(|handle| handle.span(handle.object().range));
    let ports = workload.declared_ports().into_iter().map(|port| contract::Port {
        name: port.name.clone(),
        port: port.port,
        protocol: protocol(port.protocol),
    });
    let hypothetical = workload.is_hypothetical();
    contract::Peer {
        id,
        peer_type: if hypothetical { contract::PeerType::Hypothetical } else { contract::PeerType::Workload },
        namespace: namespace.map(|namespace| match namespace.name.as_str() {
            "*" => "any other namespace".to_owned(),
            name => name.to_owned(),
        }),
        name: Some(match (&workload.origin, workload.name.as_str()) {
            (WorkloadOrigin::AnyOther, _) => "any other pod".to_owned(),
            (_, name) => name.to_owned(),
        }),
        kind: (!hypothetical).then(|| workload.kind.clone()),
        labels: Some(workload.labels.clone()),
        namespace_labels: None,
        ports: Some(ports.collect()),
        host_network: Some(workload.host_network),
        variant: workload.variant.clone(),
        replicas: workload.replicas,
        dns: None,
        cidrs: None,
        network: None,
        except: None,
        note: None,
        span: place.map(|place| span(sources, place)),
    }
}

fn policy(
    (sources, evaluation): (&Sources, &Evaluation),
    (peers, selects_the_same): (&[contract::Peer], bool),
    listed: &mut usize,
    id: PolicyId,
    said: Option<&mut Said<'_>>,
) -> Option<contract::PolicySummary> {
    let handle = evaluation.cluster().policy_handle(id)?;
    let most = *listed;
    let subjects = || {
        let all: Vec<PeerId> = evaluation.subjects(id).collect();
        let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
        let listed = all.into_iter().take(most).filter_map(|peer| peers.get(peer.index()));
        (listed.map(|peer| &peer.id), count)
    };
    let lowered = Lowered::new(evaluation.cluster(), id)?;
    let make = || {
        let (subjects, subject_count) = subjects();
        contract::PolicySummary {
            object: object_ref(&handle.object().reference()),
            tier: tier(lowered.tier),
            priority: lowered.priority,
            ingress: lowered.rules(Direction::Ingress).is_some(),
            egress: lowered.rules(Direction::Egress).is_some(),
            subjects: subjects.cloned().collect(),
            subject_count,
            span: span(sources, handle.span(handle.object().range)),
        }
    };
    let policy = match said {
        Some(said) if selects_the_same => {
            let same: Subjects<std::iter::Empty<&String>> = Subjects::Same { most };
            said.policy(handle, same, make)
        }
        Some(said) => {
            let (ids, count) = subjects();
            said.policy(handle, Subjects::Ids(ids, count), make)
        }
        None => make(),
    };
    *listed -= policy.subjects.len();
    Some(policy)
}

/// What all findings of the rule of one have in common.
fn rule_of<'r>(
    rules: &'r mut Vec<contract::RuleSummary>,
    finding: &Finding,
) -> Option<&'r contract::RuleSummary> {
    let code = finding.rule.code.as_str();
    let known = rules.iter().position(|shared| shared.code == code);
    let at = known.unwrap_or(rules.len());
    if known.is_none() {
        rules.push(rule_summary(finding.rule));
    }
    rules.get(at)
}

fn finding(
    sources: &Sources,
    evaluation: &Evaluation,
    shared: Option<&contract::RuleSummary>,
    finding: &Finding,
) -> contract::Finding {
    let rule = finding.rule;
    let shared = shared.cloned().unwrap_or_else(|| rule_summary(rule));
    contract::Finding {
        code: rule.code.to_string(),
        rule: rule.name.to_owned(),
        severity: severity(finding.severity),
        message: words::shown(&finding.message),
        help: shared.help,
        subject: object_ref(&finding.subject),
        spans: finding.spans.iter().map(|place| span(sources, *place)).collect(),
        witness: finding.witness.map(|witness| connection(evaluation, witness)),
        proof: finding.witness.as_ref().map(|_| match finding.proof {
            netpol_findings::Proof::Denied => contract::Proof::Denied,
            netpol_findings::Proof::Allowed | netpol_findings::Proof::None => contract::Proof::Allowed,
        }),
        references: shared.references,
        fixable: finding.fixes().next().is_some(),
        ways: finding.ways.iter().map(|way| way.name.to_owned()).collect(),
        silenced: finding.silenced,
        evidence: finding.evidence.iter().map(|one| evidence(sources, evaluation, one)).collect(),
    }
}

fn evidence(sources: &Sources, evaluation: &Evaluation, finding: &Finding) -> contract::Evidence {
    contract::Evidence {
        code: finding.rule.code.to_string(),
        rule: finding.rule.name.to_owned(),
        severity: severity(finding.severity),
        message: words::shown(&finding.message),
        spans: finding.spans.iter().map(|place| span(sources, *place)).collect(),
        witness: finding.witness.map(|witness| connection(evaluation, witness)),
    }
}

fn severity(severity: netpol_findings::Severity) -> contract::FindingSeverity {
    match severity {
        netpol_findings::Severity::High => contract::FindingSeverity::High,
        netpol_findings::Severity::Medium => contract::FindingSeverity::Medium,
        netpol_findings::Severity::Low => contract::FindingSeverity::Low,
        netpol_findings::Severity::Info => contract::FindingSeverity::Info,
    }
}

fn connection(evaluation: &Evaluation, witness: Witness) -> contract::Connection {
    let peer = |id| evaluation.peer(id).map(|peer| words::peer_id(evaluation, peer)).unwrap_or_default();
    contract::Connection {
        source: peer(witness.source),
        destination: peer(witness.destination),
        protocol: protocol(witness.protocol),
        port: witness.port,
    }
}

/// What all findings of a rule have in common.
fn rule_summary(rule: &netpol_findings::Rule) -> contract::RuleSummary {
    let references = rule.references.iter().map(|reference| contract::Reference {
        standard: reference.standard.to_owned(),
        id: reference.id.to_owned(),
    });
    contract::RuleSummary {
        code: rule.code.to_string(),
        help: format!("{} {}", rule.why, rule.help).into(),
        references: references.collect(),
    }
}
