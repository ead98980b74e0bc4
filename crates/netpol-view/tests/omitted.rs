//! What takes no part in a result is said, and what that leaves open.

use netpol_view::Analyzer;
use netpol_view::contract::{DiagnosticSeverity, NotRead, Options, SourceFile, Summary};

fn summary(text: &str) -> Summary {
    let mut analyzer = Analyzer::new(Options::default());
    analyzer.set_files(vec![SourceFile { name: "a.yaml".to_owned(), text: text.to_owned() }]);
    analyzer.summary()
}

const POD: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: main, image: i}]}\n";

fn object(api_version: &str, kind: &str, name: &str) -> String {
    format!(
        "---\napiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\nspec: {{}}\n"
    )
}

#[test]
fn policies_of_other_kinds_make_the_result_incomplete() {
    let text = POD.to_owned()
        + &object("cilium.io/v2", "CiliumNetworkPolicy", "one")
        + &object("crd.projectcalico.org/v1", "NetworkPolicy", "two")
        + &object("cilium.io/v2", "CiliumNetworkPolicy", "three");
    let summary = summary(&text);
    let [incomplete] = summary.incomplete.as_slice() else { panic!("{:?}", summary.incomplete) };
    assert_eq!(
        incomplete.message,
        "3 policies are not evaluated (`CiliumNetworkPolicy`, `NetworkPolicy` of `crd.projectcalico.org`): \
         the cluster may allow more or less than is shown"
    );
    assert_eq!((incomplete.count, incomplete.span.start.line), (3, 7));
    let warnings: Vec<(u32, &str)> = summary
        .diagnostics
        .iter()
        .filter(|one| one.severity == DiagnosticSeverity::Warning && one.code == "policy-not-evaluated")
        .map(|one| (one.span.start.line, one.message.as_str()))
        .collect();
    assert_eq!(warnings.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [7, 12, 17]);
    assert_eq!(
        warnings[1].1,
        "`NetworkPolicy` of `crd.projectcalico.org` `shop/two` is not evaluated: the cluster may allow more or \
         less than is shown"
    );
    assert_eq!(summary.not_read, []);
}

#[test]
fn one_policy_is_one() {
    let summary = summary(&object("policy.networking.k8s.io/v1", "AdminNetworkPolicy", "a"));
    assert!(
        summary.incomplete[0].message.starts_with("1 policy is not evaluated (`AdminNetworkPolicy`):"),
        "{:?}",
        summary.incomplete
    );
}

#[test]
fn other_kinds_are_counted_and_no_problem() {
    let text = POD.to_owned()
        + &object("v1", "Secret", "a")
        + &object("v1", "ConfigMap", "a")
        + &object("v1", "ConfigMap", "b")
        + &object("example.com/v1", "Widget", "a");
    let summary = summary(&text);
    assert_eq!(summary.diagnostics, []);
    assert_eq!(summary.incomplete, []);
    let not_read = |kind: &str, group: Option<&str>, count| NotRead {
        kind: kind.into(),
        group: group.map(Into::into),
        count,
    };
    assert_eq!(
        summary.not_read,
        [
            not_read("ConfigMap", None, 2),
            not_read("Secret", None, 1),
            not_read("Widget", Some("example.com"), 1)
        ]
    );
}

#[test]
fn what_is_refused_says_what_it_leaves_open() {
    let text = object("networking.k8s.io/v1", "NetworkPolicy", "db")
        .replace("spec: {}", "spec: {podSelector: 7}")
        + &object("apps/v1", "Deployment", "web")
        + &object("networking.k8s.io/v1", "NetworkPolcy", "misspelt");
    let summary = summary(&text);
    let said: Vec<(&str, u32)> =
        summary.refused.iter().map(|one| (one.message.as_str(), one.span.start.line)).collect();
    assert_eq!(
        said,
        [
            ("`NetworkPolicy` `shop/db` is refused: what it was meant to close is open", 5),
            ("`Deployment` `shop/web` is refused: it takes no part in the result", 10),
            ("`NetworkPolcy` `shop/misspelt` is refused: what it was meant to close is open", 13),
        ]
    );
    assert_eq!(summary.refused[0].object.name, "db");
    assert_eq!(summary.refused.iter().map(|one| one.policy).collect::<Vec<_>>(), [true, false, true]);
}

#[test]
fn the_text_of_the_input_is_quoted_as_far_as_it_fits() {
    let group = format!("{}`.example", "x".repeat(300));
    let summary = summary(&object(&format!("\"{group}/v1\""), "NetworkPolicy", "a"));
    assert!(summary.incomplete[0].message.len() < 300, "{}", summary.incomplete[0].message);
    assert_eq!(summary.incomplete[0].message.matches('`').count(), 4);
}

#[test]
fn rules_that_need_workloads_are_named_where_there_are_none() {
    let policy =
        object("networking.k8s.io/v1", "NetworkPolicy", "db").replace("spec: {}", "spec: {podSelector: {}}");
    let checks = summary(&policy).checks;
    assert!(checks.unjudged.contains(&"no-default-deny-ingress".to_owned()), "{checks:?}");
    assert!(checks.unjudged.len() < checks.rules as usize, "{checks:?}");
    assert_eq!(summary(&(policy + "---\n" + POD)).checks.unjudged, [""; 0]);
}
