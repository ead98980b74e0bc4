//! Policy tests that are made of a matrix: they pass as it is, and fail when it becomes another.

use netpol_view::Analyzer;
use netpol_view::contract::{Options, PortWanted, Protocol, SourceFile, TestStatus};

const CLUSTER: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web, tier: front}}
spec: {containers: [{name: main, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cart, namespace: shop, labels: {app: cart, tier: front}}
spec: {containers: [{name: main, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: main, ports: [{containerPort: 5432}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: tools, namespace: ops, labels: {app: tools}}
spec: {containers: [{name: main}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {tier: front}}}]
    ports: [{port: 5432}, {port: 53, protocol: UDP}]
";

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile { name: name.to_owned(), text: text.to_owned() }
}

fn analyzer(files: Vec<SourceFile>) -> Analyzer {
    let mut analyzer = Analyzer::new(Options::default());
    analyzer.set_files(files);
    analyzer
}

#[test]
fn the_matrix_as_tests() {
    let text = analyzer(vec![file("a.yaml", CLUSTER)]).tests_of_matrix();
    let of_front = "\
apiVersion: netpol.playground/v1
kind: ConnectivityTest
metadata:
  name: to-several
spec:
  allow:
    - from: pods
      to:
        - namespace: ops
        - namespace: shop
          labels:
            tier: front
---
apiVersion: netpol.playground/v1
";
    assert!(text.starts_with(of_front), "{text}");
    assert!(text.matches("kind: ConnectivityTest").count() == 2 && text.contains("exceptPorts:"), "{text}");
    let mut tested = analyzer(vec![file("a.yaml", CLUSTER), file("tests.yaml", &text)]);
    assert!(tested.test().passed, "{text}\n{:#?}", tested.test());
    // Each change of a cell of pods is told.
    for (from, to) in [
        ("{port: 5432}, ", ""),
        ("{port: 5432}", "{port: 5433}"),
        ("tier: front}}}]\n", "app: web}}}]\n"),
        ("{podSelector: {matchLabels: {tier: front}}}", "{namespaceSelector: {}}"),
        ("[{podSelector: {matchLabels: {tier: front}}}]", "[]"),
        ("spec:\n  podSelector: {matchLabels: {app: db}}", "spec:\n  podSelector: {matchLabels: {app: web}}"),
        ("spec:\n  podSelector: {matchLabels: {app: db}}", "spec:\n  podSelector: {}"),
        ("  ingress:\n", "  policyTypes: [Ingress, Egress]\n  ingress:\n"),
    ] {
        assert!(CLUSTER.contains(from));
        let changed = CLUSTER.replace(from, to);
        let mut tested = analyzer(vec![file("a.yaml", &changed), file("tests.yaml", &text)]);
        assert!(!tested.test().passed, "{from} -> {to}\n{text}");
    }
    assert_eq!(analyzer(Vec::new()).tests_of_matrix(), "# There is nothing certain to be said of pods.\n");
}

#[test]
fn a_cell_is_kept() {
    let files = vec![file("a.yaml", CLUSTER)];
    let (web, db, tools) = ("shop/web[Pod]", "shop/db[Pod]", "ops/tools[Pod]");
    let first = analyzer(files).keep(web, db, None).expect("it can be said");
    assert_eq!(
        (first.changed_cells, first.message.as_str()),
        (0, "keep what `shop/web` may send to `shop/db` as a policy test")
    );
    assert_eq!(
        first.files[1],
        file(
            "tests.yaml",
            "apiVersion: netpol.playground/v1\nkind: ConnectivityTest\nmetadata:\n  name: kept\nspec:\n  allow:\n    - from:\n        \
             namespace: shop\n        name: web\n      to:\n        namespace: shop\n        name: db\n      ports:\n        - \
             TCP/5432\n        - UDP/53\n  deny:\n    - from:\n        namespace: shop\n        name: web\n      to:\n        \
             namespace: shop\n        name: db\n      exceptPorts:\n        - TCP/5432\n        - UDP/53\n"
        )
    );
    assert_eq!(first.diff.len(), 1);
    // The next one comes behind it.
    let mut next = analyzer(first.files);
    assert!(next.test().passed);
    let second = next.keep(tools, db, None).expect("it can be said");
    assert_eq!(second.files[1].text.matches("kind: ConnectivityTest").count(), 1);
    let mut next = analyzer(second.files);
    let report = next.test();
    assert!(report.passed && report.tests[0].expectations.len() == 3, "{report:#?}");
    // One port, where the list is not there yet, and beside other tests.
    let port = |port| Some(PortWanted { protocol: Protocol::Tcp, port });
    let tests = "apiVersion: netpol.playground/v1\nkind: ConnectivityTest\nmetadata: {name: kept}\nspec:\n  deny:\n  - {from: {name: tools}, \
                 to: {name: db}} # mine\n";
    let mut with = analyzer(vec![file("a.yaml", CLUSTER), file("tests.yaml", tests)]);
    let kept = with.keep(web, db, port(5432)).expect("it can be said");
    assert!(kept.files[1].text.contains("# mine"), "{}", kept.files[1].text);
    let report = analyzer(kept.files).test();
    assert!(report.passed && report.tests[0].expectations.len() == 2, "{report:#?}");
    let others = tests.replace("name: kept", "name: mine");
    let mut with = analyzer(vec![file("tests.yaml", &others), file("a.yaml", CLUSTER)]);
    let kept = with.keep(web, db, port(80)).expect("it can be said");
    let report = analyzer(kept.files).test();
    assert_eq!(report.tests.iter().map(|test| test.name.as_str()).collect::<Vec<_>>(), ["mine", "kept"]);
    assert!(report.passed, "{report:#?}");
}

/// Whatever is kept passes, and says what the cell says.
#[test]
fn every_cell_that_can_be_kept_passes() {
    let policy = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: out, namespace: shop}\nspec:\n  podSelector: \
                  {matchLabels: {app: cart}}\n  policyTypes: [Egress]\n  egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: \
                  [10.1.0.0/16]}}], ports: [{port: 443}]}]\n";
    let text = format!("{CLUSTER}{policy}");
    let mut analyzed = analyzer(vec![file("a.yaml", &text)]);
    let ids: Vec<String> = analyzed.summary().peers.iter().map(|peer| peer.id.clone()).collect();
    let mut kept = 0;
    for source in &ids {
        for destination in &ids {
            let Some(preview) = analyzed.keep(source, destination, None) else { continue };
            kept += 1;
            let report = analyzer(preview.files).test();
            let statuses: Vec<TestStatus> =
                report.tests.iter().flat_map(|test| &test.expectations).map(|one| one.status).collect();
            assert!(report.passed, "{source} -> {destination}: {statuses:?}");
        }
    }
    assert!(kept > 40, "{kept}");
    // What no policy decides is not kept, nor what is no cell.
    assert!(analyzed.keep("shop/db[Pod]", "shop/db[Pod]", None).is_none());
    assert!(analyzed.keep("external:0.0.0.0/0", "external:10.0.0.0/8", None).is_none());
    assert!(analyzed.keep("nobody", "shop/db[Pod]", None).is_none());
}
