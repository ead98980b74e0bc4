//! Findings are silenced by an annotation that the analysis writes itself.

use netpol_view::Analyzer;
use netpol_view::contract::{Options, SourceFile, Summary};

fn analysed(text: &str) -> (Analyzer, Summary) {
    let mut analyzer = Analyzer::new(Options::default());
    analyzer.set_files(vec![SourceFile { name: "a.yaml".to_owned(), text: text.to_owned() }]);
    let summary = analyzer.summary();
    (analyzer, summary)
}

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: main, image: example, ports: [{containerPort: 80}]}]}
---
";

/// Each silenced alone: it changes no cell, silences that finding and its evidence, and nothing else.
#[test]
fn every_finding_can_be_silenced() {
    let open = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: open
  namespace: shop
  annotations:
    netpol.playground/ignore: NP203
spec: {podSelector: {}, ingress: [{}, {ports: [{port: 80}]}]}
";
    let namespace = "\
apiVersion: v1
kind: Namespace
metadata:
  name: shop # ours
---
";
    for text in [
        POD.to_owned(),
        format!("{namespace}{POD}"),
        format!("{POD}{open}"),
        format!("{namespace}{POD}{open}"),
    ] {
        let (mut analyzer, summary) = analysed(&text);
        assert!(!summary.findings.is_empty());
        for (at, finding) in summary.findings.iter().enumerate() {
            let preview = analyzer.silence(at);
            if finding.silenced {
                assert_eq!(preview, None);
                continue;
            }
            let preview = preview.unwrap_or_else(|| panic!("{}\n{text}", finding.message));
            assert_eq!(preview.changed_cells, 0);
            let (_, after) = analysed(&preview.files[0].text);
            assert!(after.diagnostics.is_empty(), "{:?}\n{}", after.diagnostics, preview.files[0].text);
            let shown = |summary: &Summary, is_silenced: bool| {
                let mut shown: Vec<(String, String)> = summary
                    .findings
                    .iter()
                    .filter(|one| one.silenced == is_silenced)
                    .flat_map(|one| {
                        let evidence = one.evidence.iter().map(|one| (one.code.clone(), one.message.clone()));
                        std::iter::once((one.code.clone(), one.message.clone())).chain(evidence)
                    })
                    .collect();
                shown.sort();
                shown
            };
            let own =
                |code: &String| *code == finding.code || finding.evidence.iter().any(|one| one.code == *code);
            let left: Vec<_> = shown(&summary, false)
                .into_iter()
                .filter(|(code, message)| {
                    !(own(code) && (message == &finding.message || !finding.evidence.is_empty()))
                })
                .collect();
            let now = shown(&after, false);
            assert!(now.iter().all(|one| left.contains(one)), "{now:?}\n{left:?}");
            assert!(shown(&after, true).contains(&(finding.code.clone(), finding.message.clone())));
        }
    }
}

/// What follows from it may be about another object.
#[test]
fn evidence_is_silenced_where_it_is() {
    let pod = |name: &str, port: u16| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}}}\n\
             spec: {{containers: [{{name: main, image: example, ports: [{{containerPort: {port}}}]}}]}}\n---\n"
        )
    };
    let policy = |name: &str, rules: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: shop}}\n\
             spec: {{podSelector: {{matchLabels: {{app: {name}}}}}, {rules}}}\n---\n"
        )
    };
    let text = pod("web", 80)
        + &pod("db", 5432)
        + &policy("db", "ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 80}]}]")
        + &policy(
            "web",
            "policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 5432}]}]",
        );
    let (mut analyzer, summary) = analysed(&text);
    let at = summary.findings.iter().position(|one| one.code == "NP308").unwrap();
    assert_eq!(summary.findings[at].evidence[0].code, "NP306");
    let preview = analyzer.silence(at).unwrap();
    let added: Vec<&str> = preview.files[0].text.lines().filter(|line| line.contains("ignore")).collect();
    assert_eq!(added.len(), 2, "{added:?}");
    assert!(added[0].contains("NP308") && !added[0].contains("NP306"), "{added:?}");
    assert!(added[1].contains("NP306") && !added[1].contains("NP308"), "{added:?}");
    let (_, after) = analysed(&preview.files[0].text);
    let loud = after.findings.iter().filter(|one| !one.silenced);
    assert!(loud.clone().all(|one| !["NP306", "NP308"].contains(&one.code.as_str())), "{:?}", after.findings);
}
