//! No input runs long or takes all memory: what is done for it is counted, and what is cut short is named.

use std::collections::BTreeSet;
use std::sync::Arc;

use netpol_eval::{Cluster, Evaluation};
use netpol_findings::Context;
use netpol_manifest::Document;
use netpol_source::Sources;
use netpol_tests::hostile;
use netpol_view::Analyzer;
use netpol_view::contract::{Options, SourceFile, Summary};

fn files(text: &str) -> Vec<SourceFile> {
    vec![SourceFile { name: "a.yaml".to_owned(), text: text.to_owned() }]
}

fn analyzer(text: &str) -> Analyzer {
    let mut analyzer = Analyzer::new(Options::default());
    analyzer.set_files(files(text));
    analyzer
}

fn summary(text: &str) -> Summary {
    analyzer(text).summary()
}

fn documents(text: &str) -> Vec<Document> {
    let sources = Sources::new(files(text));
    sources.documents().map(|(_, text)| netpol_manifest::read(&text)).collect()
}

/// The steps that looking for findings takes.
fn worked(text: &str) -> u64 {
    let sources = Sources::new(files(text));
    let documents = sources.documents().map(|(id, text)| (id, Arc::new(netpol_manifest::read(&text))));
    let evaluation = Evaluation::new(Cluster::build(documents), netpol_eval::Options::default());
    let context = Context::new(&evaluation);
    netpol_findings::check(&context, &|_| ());
    context.worked()
}

/// The bytes that cross to the page.
fn size(summary: &Summary) -> usize {
    serde_json::to_string(summary).unwrap().len()
}

fn says(summary: &Summary, what: &str) -> bool {
    summary.incomplete.iter().any(|one| one.message.contains(what))
}

#[test]
fn fixes_are_tried_together() {
    let text = hostile::bare_ports(32, 400);
    let documents = documents(&text);
    let tried: u64 = documents.iter().map(|document| document.tried).sum();
    assert!(tried < 20 * text.len() as u64, "{tried} bytes were read for {}", text.len());
    let diagnostics = documents.iter().flat_map(|document| &document.diagnostics);
    assert_eq!(diagnostics.filter(|diagnostic| diagnostic.fixes.len() == 1).count(), 32 * 400);
}

#[test]
fn places_on_one_long_line() {
    let text = hostile::minified_dump(500);
    let summary = summary(&text);
    let workloads: Vec<_> = summary.peers.iter().filter(|peer| peer.namespace.is_some()).collect();
    assert_eq!(workloads.len(), 500);
    for peer in workloads {
        let name = format!("\"name\":\"{}\"", peer.name.as_deref().unwrap());
        let at = text.find(&name).unwrap();
        let span = peer.span.as_ref().unwrap();
        let (start, end) = (span.start.column as usize - 1, span.end.column as usize - 1);
        assert!(span.start.line == 1 && start < at && at < end && text[start..end].starts_with('{'));
    }
}

#[test]
fn mistakes_on_one_long_line() {
    let text = hostile::minified_ports(20_000);
    let documents = documents(&text);
    assert_eq!((documents.len(), documents[0].diagnostics.len(), documents[0].tried), (1, 501, 0));
    let last = documents[0].diagnostics.last().unwrap();
    assert_eq!(last.message, "19500 more problems in this document are not shown");
}

#[test]
fn mistakes_in_many_documents() {
    let text = hostile::bare_ports(200, 400);
    let summary = summary(&text);
    assert_eq!(summary.diagnostics.len(), 1001);
    assert!(size(&summary) < 4 * text.len(), "{}", size(&summary));
}

#[test]
fn nodes_are_evaluated_or_said_not_to_be() {
    let mut analyzer = analyzer(&hostile::nodes(1000));
    let summary = analyzer.summary();
    assert_eq!(summary.peers[0].id, "shop/web[Pod]");
    let peers = summary.peers.len();
    let (column, uncertain) = (analyzer.cells(0..peers, 0..1), analyzer.uncertain(0..peers, 0..1));
    let open =
        column.iter().zip(&uncertain).skip(1).filter(|(cell, uncertain)| **cell != 0 && **uncertain == 0);
    assert_eq!(open.count(), 0, "nobody gets in");
}

#[test]
fn names_of_ports() {
    for text in [hostile::port_names(1000), hostile::port_names_and_pods(500, 50)] {
        let (names, worked) = (text.matches("port: n-").count() as u64, worked(&text));
        assert!(worked < 1000 * names, "{worked} steps for {names} names");
    }
}

#[test]
fn rules_of_one_policy() {
    let mut analyzer = analyzer(&hostile::rules_of_a_port(1500));
    let summary = analyzer.summary();
    let web = summary.peers.iter().position(|peer| peer.id == "shop/web[Pod]").unwrap();
    let outside = summary.peers.iter().position(|peer| peer.id == "external:0.0.0.0/0").unwrap();
    let cell = analyzer.cells(outside..outside + 1, web..web + 1)[0];
    let is_sure = analyzer.uncertain(outside..outside + 1, web..web + 1)[0] == 0;
    assert!(!is_sure || summary.connections[cell as usize].tcp.len() == 1500);
}

#[test]
fn subjects_of_many_policies() {
    let text = hostile::denies(1100, 100);
    let summary = summary(&text);
    assert_eq!(summary.policies.len(), 1100);
    assert!(summary.policies.iter().all(|policy| policy.subject_count == 100));
    assert_eq!(summary.policies.iter().map(|policy| policy.subjects.len()).sum::<usize>(), 100_000);
    assert_eq!(summary.policies[0].subjects.len(), 100);
}

#[test]
fn labels_of_a_namespace_are_there_once() {
    let text = hostile::namespace_labels(1000, 200);
    let summary = summary(&text);
    let labels: Vec<_> = summary.peers.iter().filter_map(|peer| peer.namespace_labels.as_ref()).collect();
    assert!(labels.len() >= 200 && labels[0].len() == 1001);
    assert!(labels.iter().all(|one| Arc::ptr_eq(one, labels[0])));
    assert!(size(&summary) < 4 * text.len(), "{}", size(&summary));
}

#[test]
fn aliases_of_all_documents_together() {
    let summary = summary(&hostile::aliases(20));
    assert!((2..20).contains(&summary.policies.len()), "{}", summary.policies.len());
    let left_out = 20 - summary.policies.len();
    assert!(says(&summary, "are not read, as this is too much"), "{:?}", summary.incomplete);
    assert!(summary.incomplete.iter().any(|one| one.count as usize == left_out));
    let named = summary.diagnostics.iter().filter(|one| one.code == "alias-expansion");
    let named: BTreeSet<_> = named.filter_map(|one| Some(one.object.as_ref()?.name.as_str())).collect();
    assert_eq!(named.len(), left_out, "each is named");
}

#[test]
fn blocks_pods_nodes_and_selectors() {
    for text in [
        hostile::blocks_with_holes(500, 40),
        hostile::pods_of_one_owner(200),
        hostile::pods_on_nodes(200),
        hostile::unsatisfied(60, 100),
    ] {
        let (worked, summary) = (worked(&text), summary(&text));
        assert!(worked < 20_000_000, "{worked} steps for {} bytes", text.len());
        assert!(size(&summary) < 100 * text.len(), "{} bytes for {}", size(&summary), text.len());
    }
    let one = summary(&hostile::pods_of_one_owner(200));
    assert_eq!(one.peers.iter().filter(|peer| peer.name.as_deref() == Some("web")).count(), 1);
}

#[test]
fn a_fix_beside_a_wide_mapping() {
    let mut analyzer = analyzer(&hostile::wide_mapping(20_000));
    let summary = analyzer.summary();
    let at = summary.findings.iter().position(|finding| finding.code == "NP301" && finding.fixable).unwrap();
    let preview = analyzer.fix(at, 0).unwrap();
    assert_eq!(preview.diff.len(), 1);
}

#[test]
fn what_many_addresses_leave_is_shown_as_a_network_with_holes() {
    let text = hostile::addresses(300);
    let summary = summary(&text);
    let any = summary.peers.iter().find(|peer| peer.id == "external:::/0").unwrap();
    assert_eq!((any.cidrs.as_ref(), any.network.as_deref()), (None, Some("::/0")));
    // And the metadata endpoint.
    assert_eq!(any.except.as_ref().map(Vec::len), Some(301));
    assert!(size(&summary) < 200 * text.len(), "{}", size(&summary));
}

#[test]
fn documents_that_are_all_the_same() {
    let mut analyzer = Analyzer::new(Options::default());
    for edit in 0..3 {
        let text = hostile::duplicates(60, edit);
        analyzer.set_files(files(&text));
        assert_eq!(analyzer.summary(), summary(&text));
    }
}

#[test]
fn findings_that_are_too_many_to_list_are_counted() {
    let text = hostile::rules_of_a_port(3200);
    let summary = summary(&text);
    let of_rule = summary.findings.iter().filter(|finding| finding.code == "NP202").count();
    assert_eq!(of_rule, 3000);
    let more = summary.incomplete.iter().find(|one| one.message.contains("are not listed")).unwrap();
    assert!(more.message.contains("NP202") && more.count >= 200, "{more:?}");
}

#[test]
fn a_rule_that_is_not_finished_is_named() {
    let text = hostile::everybody_names_everybody(70);
    let summary = summary(&text);
    assert!(says(&summary, "NP306"), "{:?}", summary.incomplete);
}

#[test]
fn looking_for_findings_is_bounded_however_much_there_is() {
    for pods in [40, 80] {
        let text = hostile::everybody_names_everybody(pods);
        let worked = worked(&text);
        assert!(worked < 60_000_000, "{worked}");
    }
}
