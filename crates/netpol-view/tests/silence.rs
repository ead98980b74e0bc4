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
