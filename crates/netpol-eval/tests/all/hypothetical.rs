//! Hypothetical workloads stay within bounds.

use std::fmt::Write as _;
use std::sync::Arc;

use netpol_eval::{Cluster, Evaluation, Options};
use netpol_source::{SourceFile, Sources};

/// `policies` policies for subjects that are not there, each with `ports` ports of its own.
fn evaluation(policies: usize, ports: usize) -> Evaluation {
    let mut text = String::new();
    for policy in 0..policies {
        let ports: Vec<String> =
            (1..=ports).map(|port| format!("{{port: {}}}", policy * ports + port)).collect();
        let _ = write!(
            text,
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p{policy}}}\nspec: {{podSelector: \
             {{matchLabels: {{app: a{policy}}}}}, ingress: [{{ports: [{}]}}]}}\n",
            ports.join(", ")
        );
    }
    let sources = Sources::new(vec![SourceFile { name: "test.yaml".to_owned(), text }]);
    let documents = sources.documents().map(|(id, text)| (id, Arc::new(netpol_manifest::read(&text))));
    Evaluation::new(Cluster::build(documents), Options::default())
}

fn declared(evaluation: &Evaluation) -> usize {
    evaluation.cluster().workloads.iter().map(|workload| workload.declared_ports().len()).sum()
}

#[test]
fn each_selector_has_one_with_all_ports() {
    let evaluation = evaluation(50, 10);
    // And any other pod, here and elsewhere.
    assert_eq!(evaluation.cluster().workloads.len(), 52);
    assert_eq!(declared(&evaluation), 52 * 500);
    assert!(!evaluation.cluster().left_out.hypothetical);
}

#[test]
fn very_many_ports_make_them_fewer() {
    let evaluation = evaluation(600, 10);
    assert!(evaluation.cluster().left_out.hypothetical);
    assert!(declared(&evaluation) < 250_000, "{}", declared(&evaluation));
    assert!(evaluation.cluster().workloads.len() > 8);
}
