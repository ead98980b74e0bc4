//! From AdminNetworkPolicy and BaselineAdminNetworkPolicy to ClusterNetworkPolicy: the text that comes of it, what is
//! said of it, and what is left.

use netpol_view::contract::{Migration, Options, SourceFile, Summary};
use netpol_view::{Analyzer, analyze};

const PODS: &str = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop, labels: {app: web}}\nspec: \
                    {containers: [{name: main, image: i, ports: [{name: http, containerPort: 80}]}]}\n---\napiVersion: v1\nkind: \
                    Pod\nmetadata: {name: db, namespace: data, labels: {app: db}}\nspec: {containers: [{name: main, image: i, \
                    ports: [{containerPort: 5432}]}]}\n";

fn files(text: &str) -> Vec<SourceFile> {
    vec![SourceFile { name: "a.yaml".to_owned(), text: text.to_owned() }]
}

fn migrate(text: &str) -> Option<Migration> {
    let mut analyzer = Analyzer::new(Options::default());
    analyzer.set_files(files(text));
    analyzer.migrate()
}

fn summary(text: &str) -> Summary {
    analyze(files(text), Options::default()).summary
}

/// Rewrites the only policy, and holds the fix of its finding against it.
fn rewritten(policy: &str) -> Option<String> {
    let text = format!("{PODS}---\n{policy}");
    let migration = migrate(&text)?;
    assert_eq!(migration.policies, 1);
    assert!(migration.preview.message.ends_with("; every cell stays the same"), "{migration:?}");
    let mut analyzer = Analyzer::new(Options::default());
    analyzer.set_files(files(&text));
    let findings = analyzer.summary().findings;
    let fix = analyzer.fix(findings.iter().position(|finding| finding.code == "NP321")?, 0)?;
    assert_eq!(fix.files, migration.preview.files);
    assert!(fix.message.ends_with("; every cell stays the same"), "{}", fix.message);
    let after = &fix.files.first()?.text;
    let summary = summary(after);
    assert_eq!((summary.diagnostics, summary.refused), (Vec::new(), Vec::new()), "{after}");
    assert_eq!(migrate(after), None);
    Some(after.strip_prefix(PODS)?.strip_prefix("---\n")?.to_owned())
}

const HEAD: &str =
    "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: a}\n";
const NEW_HEAD: &str =
    "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: a}\n";

#[test]
fn a_policy_in_blocks_keeps_its_comments() {
    let before = "\
spec: # all of it
  # Before the others.
  priority: 10
  subject:
    namespaces: {}
  ingress:
    - name: monitoring # by the platform
      action: Allow # always
      from:
        - namespaces:
            matchLabels:
              team: platform
      ports:
        # The metrics.
        - portNumber: # of Prometheus
            protocol: TCP # not UDP
            port: 9090 # the usual one
        - portRange:
            start: 7000
            end: 7010
        - namedPort: http # by name
    - action: Deny
      from:
        - namespaces: {}
      ports:
        - portRange: {start: 81, end: 81, protocol: SCTP}
";
    let after = "\
spec: # all of it
  tier: Admin
  # Before the others.
  priority: 10
  subject:
    namespaces: {}
  ingress:
    - name: monitoring # by the platform
      action: Accept # always
      from:
        - namespaces:
            matchLabels:
              team: platform
      protocols:
        # The metrics.
        - tcp: # of Prometheus; not UDP
            destinationPort:
              number: 9090 # the usual one
        - tcp:
            destinationPort:
              range:
                start: 7000
                end: 7010
        - destinationNamedPort: http # by name
    - action: Deny
      from:
        - namespaces: {}
      protocols:
        - sctp: {destinationPort: {number: 81}}
";
    assert_eq!(rewritten(&(HEAD.to_owned() + before)), Some(NEW_HEAD.to_owned() + after));
}

#[test]
fn a_policy_between_brackets_and_one_in_json() {
    let before = "spec: {priority: 10, subject: {namespaces: {}}, egress: [{action: Allow, to: [{pods: {namespaceSelector: {}, \
                  podSelector: {}}}], ports: [{portNumber: {port: 80, protocol: TCP}}]}]}\n";
    let after = "spec: {tier: Admin, priority: 10, subject: {namespaces: {}}, egress: [{action: Accept, to: [{pods: \
                 {namespaceSelector: {}, podSelector: {}}}], protocols: [{tcp: {destinationPort: {number: 80}}}]}]}\n";
    assert_eq!(rewritten(&(HEAD.to_owned() + before)), Some(NEW_HEAD.to_owned() + after));
    let before = r#"{
  "apiVersion": "policy.networking.k8s.io/v1alpha1",
  "kind": "AdminNetworkPolicy",
  "metadata": {"name": "a"},
  "spec": {
    "priority": 10,
    "subject": {"namespaces": {}},
    "egress": [{"action": "Pass", "to": [{"networks": ["10.0.0.0/8"]}], "ports": [{"portRange": {"protocol": "UDP", "start": 1, "end": 9}}]}]
  }
}
"#;
    let after = r#"{
  "apiVersion": "policy.networking.k8s.io/v1alpha2",
  "kind": "ClusterNetworkPolicy",
  "metadata": {"name": "a"},
  "spec": {
    "tier": "Admin",
    "priority": 10,
    "subject": {"namespaces": {}},
    "egress": [{"action": "Pass", "to": [{"networks": ["10.0.0.0/8"]}], "protocols": [{"udp": {"destinationPort": {"range": {"start": 1, "end": 9}}}}]}]
  }
}
"#;
    assert_eq!(rewritten(before).as_deref(), Some(after));
}

/// A policy of a kind with this spec, in flow style.
fn policy(kind: &str, name: &str, spec: &str) -> String {
    let version = if kind == "ClusterNetworkPolicy" { "v1alpha2" } else { "v1alpha1" };
    format!(
        "---\napiVersion: policy.networking.k8s.io/{version}\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    )
}

fn admin(name: &str, spec: &str) -> String {
    policy("AdminNetworkPolicy", name, &format!("{{subject: {{namespaces: {{}}}}, {spec}}}"))
}

/// The priorities of the ClusterNetworkPolicies after a migration, by name.
fn priorities(text: &str) -> Vec<(String, i64)> {
    let documents = text.split("---\n").filter(|text| text.contains("ClusterNetworkPolicy"));
    let field = |text: &str, key: &str| {
        let rest = text.split(&format!("{key}: ")).nth(1)?;
        Some(rest.split([',', '}', '\n']).next()?.to_owned())
    };
    documents
        .filter_map(|text| Some((field(text, "name")?, field(text, "priority")?.parse().ok()?)))
        .collect()
}

#[test]
fn the_baseline_comes_last_where_that_changes_no_cell() {
    let deny = "{subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}";
    let baseline = policy("BaselineAdminNetworkPolicy", "default", deny);
    let cluster = |name: &str, priority: u16, action: &str| {
        let rules = format!("ingress: [{{action: {action}, from: [{{namespaces: {{}}}}]}}]");
        policy(
            "ClusterNetworkPolicy",
            name,
            &format!("{{tier: Baseline, priority: {priority}, subject: {{namespaces: {{}}}}, {rules}}}"),
        )
    };
    let migration = migrate(&format!("{PODS}{baseline}")).unwrap();
    assert_eq!(priorities(&migration.preview.files[0].text), [("default".to_owned(), 1000)]);
    assert_eq!(migration.notes, ["`default`: its priority is 1000, the last"]);
    assert!(migration.preview.files[0].text.contains("spec: {tier: Baseline, priority: 1000, subject"));

    let migration = migrate(&format!("{PODS}{baseline}{}", cluster("other", 1000, "Deny"))).unwrap();
    assert_eq!(
        priorities(&migration.preview.files[0].text),
        [("default".to_owned(), 999), ("other".to_owned(), 1000)]
    );
    assert_eq!(migration.preview.changed_cells, 0);

    // The strictest was shown: it has to come first.
    let migration = migrate(&format!("{PODS}{}{baseline}", cluster("default", 7, "Accept"))).unwrap();
    assert_eq!(
        priorities(&migration.preview.files[0].text),
        [("default".to_owned(), 7), ("default-baseline".to_owned(), 6)]
    );
    assert_eq!(migration.preview.changed_cells, 0);

    // No place is before the one and behind the other.
    let from = |action: &str, name: &str| {
        format!(
            "{{action: {action}, from: [{{namespaces: {{matchLabels: {{kubernetes.io/metadata.name: {name}}}}}}}]}}"
        )
    };
    let other = |name: &str, priority: u16, rule: &str| {
        let spec = format!(
            "{{tier: Baseline, priority: {priority}, subject: {{namespaces: {{}}}}, ingress: [{rule}]}}"
        );
        policy("ClusterNetworkPolicy", name, &spec)
    };
    let both = format!(
        "{{subject: {{namespaces: {{}}}}, ingress: [{}, {}]}}",
        from("Allow", "shop"),
        from("Deny", "data")
    );
    let baseline = policy("BaselineAdminNetworkPolicy", "default", &both);
    let others = other("default", 7, &from("Accept", "data")) + &other("last", 900, &from("Deny", "shop"));
    let migration = migrate(&format!("{PODS}{others}{baseline}")).unwrap();
    assert_eq!(
        priorities(&migration.preview.files[0].text).last(),
        Some(&("default-baseline".to_owned(), 1000))
    );
    assert_eq!(migration.preview.changed_cells, 1);
    assert!(migration.preview.message.ends_with("; 1 cell changes"), "{}", migration.preview.message);
    let [name, order, cells] = migration.notes.as_slice() else { panic!("{:?}", migration.notes) };
    assert!(order.starts_with("`default`: its priority is 1000, behind all"), "{order}");
    assert!(name.contains("it is called `default-baseline`"), "{name}");
    assert!(cells.starts_with("cells change: from `"), "{cells}");
}

#[test]
fn lists_that_are_too_long_are_divided() {
    let peers: Vec<String> =
        (0..60).map(|at| format!("{{namespaces: {{matchLabels: {{team: t{at}}}}}}}")).collect();
    let ports: Vec<String> = (1..=30).map(|at| format!("{{portNumber: {{port: {at}}}}}")).collect();
    let (peers, ports) = (peers.join(", "), ports.join(", "));
    let rule = format!("{{name: long, action: Deny, from: [{peers}], ports: [{ports}]}}");
    let open = "{action: Allow, from: [{namespaces: {}}]}";
    let text = format!("{PODS}{}", admin("a", &format!("priority: 10, ingress: [{rule}, {open}]")));
    let migration = migrate(&text).unwrap();
    let after = &migration.preview.files[0].text;
    assert_eq!(migration.preview.changed_cells, 0);
    assert_eq!(after.matches("action: Deny").count(), 6);
    assert!(after.contains("name: long-6, action: Deny"), "{after}");
    assert!(after.find("long-6") < after.find("action: Accept"));
    assert!(summary(after).refused.is_empty());
    assert!(
        migration.notes.contains(&"`a`: ingress rule 1 becomes several rules".to_owned()),
        "{:?}",
        migration.notes
    );
}

#[test]
fn rules_that_are_too_many_go_to_further_policies() {
    let rules: Vec<String> = (0..60)
        .map(|at| {
            let action = ["Allow", "Deny", "Pass"][at % 3];
            format!(
                "{{action: {action}, from: [{{namespaces: {{}}}}], ports: [{{portNumber: {{port: {}}}}}]}}",
                at + 1
            )
        })
        .collect();
    let long = admin("long", &format!("priority: 10, ingress: [{}]", rules.join(", ")));
    let migration = migrate(&format!("{PODS}{long}")).unwrap();
    let after = &migration.preview.files[0].text;
    assert_eq!(migration.preview.changed_cells, 0, "{:?}", migration.notes);
    assert_eq!(
        priorities(after),
        [("long".to_owned(), 10), ("long-2".to_owned(), 11), ("long-3".to_owned(), 12)]
    );
    assert_eq!(summary(after).diagnostics, []);
    assert_eq!(migrate(after), None);

    // The next priorities are somebody's: it is left as it is, and the other is not.
    let other = admin("other", "priority: 12, ingress: [{action: Pass, from: [{namespaces: {}}]}]");
    let migration = migrate(&format!("{PODS}{long}{other}")).unwrap();
    assert_eq!(migration.policies, 1);
    let [left] = migration.notes.as_slice() else { panic!("{:?}", migration.notes) };
    assert!(left.starts_with("left as it is: `long` has more rules than the 25"), "{left}");
    let tied = admin("tied", "priority: 10, ingress: [{action: Pass, from: [{namespaces: {}}]}]");
    assert_eq!(migrate(&format!("{PODS}{long}{tied}")).unwrap().policies, 1);
    // A finding that cannot be fixed says why.
    let summary = summary(&format!("{PODS}{long}{tied}"));
    let finding = summary.findings.iter().find(|finding| finding.code == "NP321" && !finding.fixable);
    assert!(finding.unwrap().message.contains("It is not rewritten for you: `long` has more rules"));
}

#[test]
fn what_matches_nothing_goes() {
    let text = format!(
        "{PODS}{}",
        admin(
            "a",
            "priority: 10, egress: [{action: Deny, to: [{namespaces: {}}], ports: [{portRange: {start: 9, end: 1}}, \
             {portNumber: {port: 80}}]}, {action: Deny, to: [{namespaces: {}}], ports: [{portRange: {start: 9, end: 1}}]}, \
             {action: Allow, to: [{namespaces: {}}, {networks: [10.0.0.0/8]}], ports: [{namedPort: http}]}]"
        )
    );
    let migration = migrate(&text).unwrap();
    let after = &migration.preview.files[0].text;
    assert_eq!(migration.preview.changed_cells, 0);
    assert_eq!(after.matches("action: ").count(), 2);
    assert!(!after.contains("networks"), "{after}");
    assert_eq!(summary(after).diagnostics, []);
    assert_eq!(
        migration.notes,
        [
            "`a`: egress rule 2 matched nothing and goes",
            "`a`: ranges of egress rule 1 that end before they start matched nothing and go",
            "`a`: the addresses of egress rule 3 have none of the named ports, matched nothing and go",
            "`a`: comments inside `egress` are not kept",
        ]
    );
}

#[test]
fn what_is_not_known_is_left_as_it_is() {
    let rules = "priority: 10, egress: [{action: Deny, to: [{planets: {}}]}]";
    let text = format!("{PODS}{}", admin("a", rules));
    assert_eq!(migrate(&text), None);
    let found = summary(&text).findings;
    let finding = found.iter().find(|finding| finding.code == "NP321").unwrap();
    assert!(finding.message.contains("`a` has a peer with the field `planets`"), "{}", finding.message);
    assert!(!finding.fixable);
    // Anchors are left alone.
    let anchored = admin("b", "priority: &p 10, ingress: [{action: Pass, from: [{namespaces: {}}]}]");
    let migration = migrate(&format!("{text}{anchored}{}", admin("c", "priority: 1"))).unwrap();
    assert_eq!(migration.policies, 1);
    assert_eq!(migration.notes.len(), 2, "{:?}", migration.notes);
}

#[test]
fn versions_that_are_replaced_go() {
    let deny = admin("a", "priority: 1, ingress: [{action: Deny, from: [{namespaces: {}}]}]");
    let pass = admin("a", "priority: 1, ingress: [{action: Pass, from: [{namespaces: {}}]}]");
    let migration = migrate(&format!("{PODS}{deny}{pass}")).unwrap();
    let after = &migration.preview.files[0].text;
    assert_eq!((migration.preview.changed_cells, migration.policies), (0, 1));
    assert!(!after.contains("v1alpha1") && !after.contains("Deny"), "{after}");
    assert_eq!(migration.notes, ["`a`: the one that it replaces goes"]);
    assert_eq!(migrate(after), None);
}

#[test]
fn nothing_to_do() {
    assert_eq!(migrate(PODS), None);
    assert_eq!(migrate(""), None);
}

#[test]
fn the_baseline_policy_takes_the_place_that_changes_no_cell() {
    let baseline = "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: BaselineAdminNetworkPolicy\nmetadata: {name: default}\n\
                    spec:\n  subject: {namespaces: {}}\n  ingress:\n  - {action: Allow, from: [{namespaces: {matchLabels: \
                    {kubernetes.io/metadata.name: shop}}}]}\n  - {action: Deny, from: [{namespaces: {}}]}\n";
    let cluster = |name: &str, priority: u16, action: &str| {
        format!(
            "---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: {name}}}\n\
             spec: {{tier: Baseline, priority: {priority}, subject: {{namespaces: {{}}}}, ingress: [{{action: {action}, \
             from: [{{namespaces: {{}}}}]}}]}}\n"
        )
    };
    for (others, priority) in [
        // Before it, what is shown as denied would be allowed; beside it, it stays undefined.
        (cluster("last", 1000, "Deny"), 1000),
        (cluster("first", 10, "Deny"), 1000),
        // Nobody else speaks: the last one.
        (String::new(), 1000),
        // Two that disagree with it, so that no single place will do for what both leave open but the first one's.
        (cluster("last", 1000, "Deny") + &cluster("first", 10, "Deny"), 999),
    ] {
        let migration = migrate(&format!("{PODS}---\n{baseline}{others}")).unwrap();
        assert!(migration.preview.message.ends_with("; every cell stays the same"), "{migration:?}");
        let after = &migration.preview.files[0].text;
        assert!(after.contains(&format!("  priority: {priority}\n")), "{after}");
    }
}
