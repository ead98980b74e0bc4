//! Policy tests in words.

use netpol_view::Analyzer;
use netpol_view::contract::{ExpectationResult, Options, SourceFile, TestResult, TestStatus, UnknownFields};

const CLUSTER: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: main, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: main, ports: [{containerPort: 5432, name: sql}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: ops, labels: {app: agent}}
spec: {hostNetwork: true, containers: [{name: main}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress:
  - ports: [{port: 80}]
  egress:
  - to: [{ipBlock: {cidr: 10.0.0.0/8}}]
";

fn results(files: &[&str], options: Options) -> (Vec<TestResult>, Vec<String>) {
    let mut analyzer = Analyzer::new(options);
    let files = files.iter().enumerate();
    let files = files.map(|(at, text)| SourceFile { name: format!("{at}.yaml"), text: (*text).to_owned() });
    analyzer.set_files(files.collect());
    let summary = analyzer.summary();
    (summary.tests, summary.diagnostics.into_iter().map(|one| one.message).collect())
}

fn test_of(list: &str, expectation: &str) -> String {
    format!(
        "apiVersion: netpol.playground/v1\nkind: ConnectivityTest\nmetadata: {{name: a}}\nspec:\n  {list}:\n  - {expectation}\n"
    )
}

fn only(files: &[&str], list: &str, expectation: &str) -> ExpectationResult {
    let test = test_of(list, expectation);
    let files: Vec<&str> = files.iter().copied().chain([test.as_str()]).collect();
    let (mut tests, diagnostics) = results(&files, Options::default());
    let Some(test) = tests.pop() else { unreachable!("{expectation}: {diagnostics:?}") };
    assert!(tests.is_empty() && test.span.file == format!("{}.yaml", files.len() - 1), "{expectation}");
    let [found] = &test.expectations[..] else { unreachable!("{expectation}: {diagnostics:?}") };
    found.clone()
}

/// List and expectation; what it is in words, the message, and the lines that make it so.
#[test]
fn in_words() {
    for (list, expectation, text, message, lines) in [
        (
            "deny",
            "{from: {namespace: shop, name: db}, to: {labels: {app: web}}, ports: TCP/80}",
            "`shop/db` cannot reach pods with `app: web` on TCP 80",
            "`shop/web` still accepts TCP 80 from `shop/db`",
            &[23][..],
        ),
        (
            "allow",
            "{from: {name: db}, to: {name: web}, ports: [TCP/80, UDP/53]}",
            "`db` can reach `web` on TCP 80 and UDP 53",
            "`shop/db` cannot reach `shop/web` on UDP 53: `shop/web` is isolated for ingress and no rule lets it in",
            &[23],
        ),
        (
            "allow",
            "{from: {podSelector: {matchLabels: {app: web}}}, to: {name: db, namespace: [shop]}, ports: TCP/sql}",
            "pods with `app: web` can reach `shop/db` on TCP `sql`",
            "`shop/web` cannot reach `shop/db` on TCP 5432: `shop/web` is isolated for egress and no rule lets it out",
            &[25],
        ),
        (
            "deny",
            "{from: {name: web}, to: {cidr: 10.1.0.0/16}, exceptPorts: UDP}",
            "`web` cannot reach `10.1.0.0/16` on every port but every UDP port",
            "`shop/web` still reaches `10.1.0.0` on TCP 80",
            &[25],
        ),
        (
            "deny",
            "{from: outside, to: {name: web}, except: {cidr: 10.0.0.0/8}}",
            "anything outside of the cluster (but not `10.0.0.0/8`) cannot reach `web` on every port",
            "`shop/web` still accepts TCP 80 from any other IPv4 address",
            &[23],
        ),
        (
            "deny",
            "{from: outside, to: {name: agent}}",
            "anything outside of the cluster cannot reach `agent` on every port",
            "`ops/agent` still accepts TCP 80 from any other IPv4 address: `ops/agent` runs on the host network, where no policy \
             applies to it",
            &[],
        ),
        (
            "deny",
            "{description: Nobody., from: {name: nobody, namespace: shop}, to: pods}",
            "Nobody.",
            "`from` matches nobody, so this proves nothing: the input has no `shop/nobody`; mend it, or add what is meant",
            &[],
        ),
        (
            "deny",
            "{from: pods, to: {name: web}, ports: TCP/sql}",
            "any pod cannot reach `web` on TCP `sql`",
            "no destination declares TCP `sql`, so this proves nothing: write the number, or name the container's port",
            &[],
        ),
        (
            "allow",
            "{from: outside, to: outside}",
            "anything outside of the cluster can reach anything outside of the cluster on every port",
            "no policy can decide between these ends, so this proves nothing: a pod and itself, a node and its own pods, and what \
             is outside or on the host network at both ends are left out",
            &[],
        ),
    ] {
        let found = only(&[CLUSTER], list, expectation);
        assert_eq!((found.text.as_str(), found.message.as_deref()), (text, Some(message)), "{expectation}");
        let found: Vec<u32> = found.spans.iter().map(|span| span.start.line).collect();
        assert_eq!(found, lines, "{expectation}");
    }
}

#[test]
fn a_rule_that_denies_is_named() {
    let policy = "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: tenants}\nspec:\n  tier: \
                  Admin\n  priority: 1\n  subject: {namespaces: {}}\n  ingress:\n  - {action: Deny, from: [{namespaces: {}}]}\n";
    let found = only(&[CLUSTER, policy], "allow", "{from: {name: web}, to: {name: db}}");
    assert_eq!(
        found.message.unwrap(),
        "`shop/web` cannot reach `shop/db` on TCP 5432: `shop/web` is isolated for egress and no rule lets it out, and rule 1 of \
         `tenants` denies it"
    );
    assert_eq!(found.spans.len(), 2);
    assert_eq!(found.spans[1].file, "1.yaml");
}

#[test]
fn what_it_hangs_on_is_said() {
    let policy = CLUSTER.replace("10.0.0.0/8", "0.0.0.0/0");
    let found = only(&[&policy], "deny", "{from: {name: web}, to: {name: db}}");
    assert_eq!(found.status, TestStatus::Depends);
    assert_eq!(
        found.message.unwrap(),
        "whether `shop/web` can reach `shop/db` on TCP 5432 hangs on the network plugin, or on what the input does not tell"
    );
    assert!(found.caveat.unwrap().contains("may match pods of unknown address, this cell is: all"));
}

#[test]
fn refused_policies_are_named() {
    let refused = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: close, namespace: shop}\nspec: \
                   {podSelecter: {}}\n";
    let files = [CLUSTER, refused];
    let sentence =
        "`NetworkPolicy` `shop/close` is refused for a mistake, so that what it should close is open";
    let found = only(&files, "deny", "{from: {name: agent}, to: {name: db}, ports: 80}");
    assert_eq!(
        found.message.unwrap(),
        format!("`shop/db` still accepts TCP 80 from `ops/agent`; {sentence}")
    );
    let found = only(&files, "allow", "{from: {name: agent}, to: {name: db}, ports: 80}");
    assert_eq!((found.status, found.caveat.as_deref()), (TestStatus::Passed, Some(sentence)));
    let found = only(&files, "allow", "{from: outside, to: {name: agent}, ports: 80}");
    assert_eq!(found.caveat, None);
    let found = only(
        &[CLUSTER],
        "deny",
        "{from: any, to: {name: db}, ports: 80, except: [pods, outside, {name: nobody}]}",
    );
    assert_eq!(found.status, TestStatus::Void);
    let found = only(&[CLUSTER], "deny", "{from: {name: web}, to: {name: db}, exceptTo: {name: nobody}}");
    assert_eq!(found.caveat.as_deref(), Some("`except` takes nobody out by `nobody`"));
}

#[test]
fn tests_with_mistakes_have_failed() {
    let good = test_of("allow", "{from: {name: agent}, to: {name: db}}");
    for spoiled in [
        good.replace("from:", "form:"),
        good.replace("kind: ConnectivityTest", "kind: connectivityTest"),
        good.replace("kind: ConnectivityTest", "kind: ConnectivityTests"),
        good.replace("kind: ConnectivityTest\n", ""),
        good.replace("netpol.playground/v1", "netpol.playground/v1beta1"),
        good.replace("netpol.playground/v1", "example.com/v1"),
        format!("{good}{{{{ x }}}}\n- ["),
    ] {
        for unknown_fields in [UnknownFields::Refuse, UnknownFields::Drop] {
            let options = Options { unknown_fields, ..Options::default() };
            let (tests, _) = results(&[CLUSTER, &spoiled, &good], options);
            assert_eq!(tests.len(), 2, "{spoiled}");
            assert!(
                !tests[0].passed && tests[0].expectations.is_empty() && tests[0].span.file == "1.yaml",
                "{spoiled}"
            );
            assert!(tests[1].passed, "{spoiled}");
        }
    }
}

#[test]
fn tests_of_one_name_are_all_run() {
    let (good, bad) =
        (test_of("allow", "{from: {name: agent}, to: {name: db}}"), test_of("deny", "{from: any, to: pods}"));
    let (tests, diagnostics) = results(&[CLUSTER, &bad, &good], Options::default());
    assert_eq!(tests.iter().map(|test| test.passed).collect::<Vec<_>>(), [false, true]);
    let repeated =
        diagnostics.iter().filter(|message| message.starts_with("an earlier test has the name `a` too"));
    assert_eq!(repeated.count(), 1);
}

/// What tests hold never changes what is analysed.
#[test]
fn tests_leave_the_matrix_as_it_is() {
    let analysis = |files: &[&str]| {
        let mut analyzer = Analyzer::default();
        let files = files.iter().enumerate();
        let files =
            files.map(|(at, text)| SourceFile { name: format!("{at}.yaml"), text: (*text).to_owned() });
        analyzer.set_files(files.collect());
        let mut summary = analyzer.summary();
        summary.tests.clear();
        summary
    };
    let test = test_of(
        "deny",
        "{from: {namespace: elsewhere, labels: {app: ghost}}, to: {cidr: 172.16.0.0/12}, ports: TCP/web}",
    );
    assert_eq!(analysis(&[CLUSTER, &test]), analysis(&[CLUSTER]));
}

#[test]
fn hidden_letters_are_shown() {
    let found = only(&[CLUSTER], "deny", "{description: \"a\\u202eb\", from: any, to: {name: db}}");
    assert_eq!(found.text, "a•b");
}
