//! The options that decide what is accepted: a change of them reads again what is there.

use netpol_view::Analyzer;
use netpol_view::contract::{KubernetesVersion, Options, SourceFile, UnknownFields};

const HOST_BITS: &str = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n\
                         spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.1.2.3/8}}]}]}\n";

/// How many policies take part, and what is said of the text.
fn policies(analyzer: &mut Analyzer) -> (usize, Vec<String>) {
    let summary = analyzer.summary();
    let said = summary.diagnostics.iter().map(|one| format!("{:?} {}", one.severity, one.code));
    (summary.policies.len(), said.collect())
}

#[test]
fn another_kubernetes_accepts_something_else() {
    let mut analyzer = Analyzer::new(Options::default());
    analyzer.set_files(vec![SourceFile { name: "a.yaml".to_owned(), text: HOST_BITS.to_owned() }]);
    let refused = (0, vec!["Error non-canonical-cidr".to_owned()]);
    assert_eq!(policies(&mut analyzer), refused);
    analyzer.set_options(Options { kubernetes: KubernetesVersion::V1_35, ..Options::default() });
    assert_eq!(policies(&mut analyzer), (1, vec!["Warning non-canonical-cidr".to_owned()]));
    analyzer.set_options(Options::default());
    assert_eq!(policies(&mut analyzer), refused);
}

#[test]
fn another_client_refuses_something_else() {
    let text = HOST_BITS.replace("10.1.2.3/8", "10.0.0.0/8").replace("spec: {", "spec: {ingres: [], ");
    let mut analyzer = Analyzer::new(Options::default());
    analyzer.set_files(vec![SourceFile { name: "a.yaml".to_owned(), text }]);
    let refused = (0, vec!["Error unknown-field".to_owned()]);
    assert_eq!(policies(&mut analyzer), refused);
    let dropping = Options { unknown_fields: UnknownFields::Drop, ..Options::default() };
    analyzer.set_options(dropping);
    assert_eq!(policies(&mut analyzer), (1, vec!["Warning unknown-field".to_owned()]));
    analyzer.set_options(Options::default());
    assert_eq!(policies(&mut analyzer), refused);
}
