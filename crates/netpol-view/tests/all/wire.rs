//! How much goes over the wire for a large cluster: counted, so that it is the same on every machine.

use std::fmt::Write as _;

use netpol_view::Analyzer;
use netpol_view::contract::{ClassMatrix, Options, SourceFile, Summary};

/// Namespaces of 50 workloads, with policies that tell tiers and namespaces apart.
fn cluster(namespaces: usize) -> String {
    let mut text = String::new();
    for namespace in 0..namespaces {
        let _ = write!(
            text,
            "---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: team-{namespace}, labels: {{team: t{}}}}}}}\n",
            namespace % 8
        );
        for workload in 0..50 {
            let tier = match workload % 3 {
                0 => "web",
                1 => "api",
                _ => "db",
            };
            let labels = format!("{{app: app-{workload}, tier: {tier}}}");
            let _ = write!(
                text,
                "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app-{workload}, namespace: team-{namespace}}}\n\
                 spec:\n  selector: {{matchLabels: {{app: app-{workload}}}}}\n  template:\n    metadata: {{labels: {labels}}}\n\
                 \x20   spec: {{containers: [{{name: main, image: i, ports: [{{name: http, containerPort: 8080}}]}}]}}\n"
            );
        }
        for (tier, from, port) in [("api", "web", "http"), ("db", "api", "5432")] {
            let _ = write!(
                text,
                "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {tier}, namespace: team-{namespace}}}\n\
                 spec:\n  podSelector: {{matchLabels: {{tier: {tier}}}}}\n  ingress:\n  - from:\n\
                 \x20   - {{namespaceSelector: {{matchLabels: {{team: t{}}}}}, podSelector: {{matchLabels: {{tier: {from}}}}}}}\n\
                 \x20   ports: [{{port: {port}}}]\n",
                namespace % 8
            );
        }
    }
    text
}

fn analysis(text: String) -> Summary {
    let mut analyzer = Analyzer::new(Options::default());
    analyzer.set_files(vec![SourceFile { name: "cluster.yaml".to_owned(), text }]);
    analyzer.found().clone()
}

/// What a matrix takes as typed arrays.
fn bytes(matrix: &ClassMatrix) -> usize {
    let numbers =
        matrix.class_of.len() + matrix.cells.len() + matrix.node_of.len() + 2 * matrix.somewhere.len();
    4 * numbers + matrix.uncertain.len() + matrix.alone.len() + matrix.on_node.len()
}

#[test]
fn a_matrix_of_two_thousand_workloads_is_small() {
    let summary = analysis(cluster(40));
    assert_eq!(summary.namespaces.len(), 40);
    assert!(summary.peers.len() > 2000);
    let matrix = bytes(&summary.matrix);
    assert!(matrix < 60_000, "{matrix} bytes of {} classes", summary.matrix.count);
    let rest = serde_json::to_string(&summary).unwrap().len();
    assert!(rest < 1_700 * 1000, "{rest} bytes beside the matrix");
}

#[test]
fn a_matrix_grows_with_the_peers_and_not_with_the_pairs() {
    let [one, two] = [20, 80].map(|namespaces| analysis(cluster(namespaces)));
    assert_eq!(one.matrix.count, two.matrix.count, "the namespaces are of the same eight teams");
    let more = two.peers.len() - one.peers.len();
    assert_eq!(bytes(&two.matrix) - bytes(&one.matrix), 5 * more, "a class, and whether it is alone");
}

#[test]
fn what_all_findings_of_a_rule_share_goes_over_once() {
    let summary = analysis(cluster(4));
    let first = summary.findings.first().unwrap();
    assert!(!first.help.is_empty() && summary.findings.len() > summary.rules.len());
    let json = serde_json::to_string(&summary).unwrap();
    let help = serde_json::to_string(&*first.help).unwrap();
    assert_eq!(json.matches(help.as_str()).count(), 1);
    let mut read: Summary = serde_json::from_str(&json).unwrap();
    assert!(read.findings[0].help.is_empty());
    read.share_rules();
    assert_eq!(read.findings, summary.findings);
}
