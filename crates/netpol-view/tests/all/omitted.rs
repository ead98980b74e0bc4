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
fn a_version_that_a_kind_does_not_have_is_told_from_those_that_it_has() {
    let message = |version: &str, kind: &str| {
        let summary = summary(&object(&format!("policy.networking.k8s.io/{version}"), kind, "p"));
        summary.diagnostics[0].message.clone()
    };
    assert_eq!(
        message("v1alpha1", "ClusterNetworkPolicy"),
        "`ClusterNetworkPolicy` `shop/p` is not evaluated, as this kind is known of `v1alpha2` and `v1beta1` only: the cluster \
         may allow more or less than is shown"
    );
    assert!(message("v1alpha2", "AdminNetworkPolicy").contains("of `v1alpha1` only"));
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

/// What cannot be read is refused as a whole: no policy in it goes without a word.
#[test]
fn policies_in_text_that_cannot_be_read_are_named() {
    let policy = |name: &str| object("networking.k8s.io/v1", "NetworkPolicy", name)[4..].to_owned();
    let item = |text: &str| format!("  - {}\n", text.trim_end().replace('\n', "\n    "));
    let list = |items: [&str; 2]| format!("apiVersion: v1\nkind: List\nitems:\n{}", items.map(item).concat());
    let named = "`NetworkPolicy` `shop/a` is refused: what it was meant to close is open";
    let other = "`NetworkPolicy` `shop/b` is refused: what it was meant to close is open";
    let unnamed = "`NetworkPolicy` is refused: what it was meant to close is open";
    let (a, b) = (policy("a"), policy("b"));
    let broken = a.replace("spec: {}", "spec: {podSelector: }}");
    let cases = [
        (list([&a, &broken.replace("name: a", "name: b")]), vec![(other, 11)]),
        (list([&broken, &b]), vec![(named, 7)]),
        (
            list([&a, &broken.replace("name: a", "name: b")])
                .replace("kind: List", "kind: NetworkPolicyList"),
            vec![(named, 4), (other, 8)],
        ),
        (format!("{{{{- if .Values.policies }}}}\n{a}{{{{- end }}}}\n"), vec![(unnamed, 3)]),
        (format!("- {}", a.trim_end().replace('\n', "\n  ")), vec![(named, 1)]),
        (
            "kind: ConfigMap\napiVersion: v1\ndata:\n  a: |\n    kind: NetworkPolicy\n b: c: d\n".to_owned(),
            vec![],
        ),
    ];
    for (text, expected) in cases {
        let summary = summary(&text);
        let said: Vec<(&str, u32)> =
            summary.refused.iter().map(|one| (one.message.as_str(), one.span.start.line)).collect();
        assert_eq!(said, expected, "{text}");
        let errors = summary.diagnostics.iter().filter(|one| one.severity == DiagnosticSeverity::Error);
        let tells =
            errors.filter(|one| one.message.contains("stays open") || one.message.contains("stay open"));
        assert_eq!(tells.count(), usize::from(!expected.is_empty()), "{:?}", summary.diagnostics);
        let list = summary.diagnostics.iter().filter(|one| one.message.contains("refuses the whole list"));
        assert_eq!(list.count(), usize::from(text.contains("kind: List\n")), "{:?}", summary.diagnostics);
    }
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
