//! What fixes and proposals never do, each by an input in which they once did.

use netpol_view::Analyzer;
use netpol_view::contract::{Finding, Options, PortWanted, Protocol, SourceFile, Summary};

fn analysed(text: &str) -> (Analyzer, Summary) {
    let mut analyzer = Analyzer::new(Options::default());
    analyzer.set_files(vec![SourceFile { name: "a.yaml".to_owned(), text: text.to_owned() }]);
    let summary = analyzer.summary();
    (analyzer, summary)
}

fn deployment(name: &str, labels: &str, ports: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  selector: {{matchLabels: {{{labels}}}}}
  template:
    metadata: {{labels: {{{labels}}}}}
    spec: {{containers: [{{name: c, image: example, ports: [{ports}]}}]}}
---
"
    )
}

fn policy(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: shop}}\nspec: {spec}\n---\n"
    )
}

fn found<'a>(summary: &'a Summary, code: &str) -> Vec<(usize, &'a Finding)> {
    summary.findings.iter().enumerate().filter(|(_, finding)| finding.code == code).collect()
}

#[test]
fn opening_every_other_address_leaves_the_metadata_endpoint_closed() {
    let text = deployment("web", "app: web", "{containerPort: 80}")
        + &policy("deny", "{podSelector: {}, policyTypes: [Egress]}");
    let (mut analyzer, summary) = analysed(&text);
    let any =
        summary.peers.iter().find(|peer| peer.note.as_deref() == Some("any other IPv4 address")).unwrap();
    let preview = analyzer.mend("shop/web[Deployment]", &any.id, None).unwrap();
    let added: String = preview.files[0].text[text.len()..].to_owned();
    assert!(added.contains("cidr: 0.0.0.0/0") && added.contains("- 169.254.169.254/32"), "{added}");
    assert_eq!(preview.changed_cells, 1, "{:?}", preview.changes);
    let (_, after) = analysed(&preview.files[0].text);
    assert_eq!(found(&after, "NP107").len(), 0);
}

#[test]
fn the_wider_isolation_is_never_removed() {
    let db = deployment("db", "app: db, tier: data", "{containerPort: 5432}");
    let of =
        |name: &str, labels: &str| policy(name, &format!("{{podSelector: {{matchLabels: {{{labels}}}}}}}"));
    // Whatever they are called.
    for names in [["a", "z"], ["z", "a"]] {
        let (_, summary) = analysed(&(db.clone() + &of(names[0], "app: db") + &of(names[1], "tier: data")));
        for (_, finding) in found(&summary, "NP401") {
            assert!(
                !finding.fixable && finding.message.contains("adds nothing today"),
                "{}",
                finding.message
            );
        }
        let both = of(names[0], "app: db, tier: data") + &of(names[1], "tier: data");
        let (_, summary) = analysed(&(db.clone() + &both));
        let narrower = found(&summary, "NP401");
        assert_eq!(narrower.len(), 1);
        assert!(narrower[0].1.fixable, "{}", narrower[0].1.message);
        assert_eq!(narrower[0].1.subject.name, names[0]);
    }
}

#[test]
fn names_of_ports_are_no_dns() {
    let text = deployment("web", "app: web", "{containerPort: 80}")
        + &deployment("api", "app: api", "{containerPort: 8443, name: https}")
        + &policy(
            "out",
            "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}, {port: 53}, {port: https}]}]}",
        );
    let (_, summary) = analysed(&text);
    assert_eq!(found(&summary, "NP206").len(), 0);
    assert_eq!(found(&summary, "NP202").len(), 1);
}

#[test]
fn what_all_pods_ask_is_open_to_all_namespaces() {
    let text = "apiVersion: v1
kind: Pod
metadata: {name: coredns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {containers: [{name: c, image: example, ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, image: example}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: coredns, namespace: kube-system}
spec:
  podSelector: {matchLabels: {k8s-app: kube-dns}}
  ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 53}, {port: 53, protocol: UDP}]}]
";
    let (_, summary) = analysed(text);
    for code in ["NP104", "NP205"] {
        assert_eq!(found(&summary, code).len(), 0, "{code}");
    }
}

#[test]
fn isolating_pods_that_talk_to_each_other_is_a_choice() {
    let text = deployment("web", "app: web", "{containerPort: 80}")
        + &deployment("db", "app: db", "{containerPort: 5432}");
    let (mut analyzer, summary) = analysed(&text);
    let (at, bare) = found(&summary, "NP101")[0];
    assert_eq!(bare.ways, ["Close everything", "Keep the namespace's own connections"]);
    let cell = |way: usize| {
        let preview = analyzer.fix(at, way).unwrap();
        let (mut after, _) = analysed(&preview.files[0].text);
        after.explain("shop/web[Deployment]", "shop/db[Deployment]").unwrap().allowed.text
    };
    assert_eq!([0, 1].map(cell), ["none", "TCP 80, 5432"]);
}

#[test]
fn declared_ports_are_a_guess() {
    let text = deployment("web", "app: web", "{containerPort: 80}")
        + &deployment("api", "app: api", "{containerPort: 8080}")
        + &policy(
            "in",
            "{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}",
        );
    let (mut analyzer, summary) = analysed(&text);
    let (at, _) = found(&summary, "NP203")[0];
    let preview = analyzer.fix(at, 0).unwrap();
    assert!(preview.message.contains("should they listen on others, that is cut"), "{}", preview.message);
}

#[test]
fn a_proposal_for_a_port_opens_that_one_alone() {
    let text = deployment("web", "app: web", "{containerPort: 80}")
        + &deployment("db", "app: db", "{containerPort: 5432}, {containerPort: 9187}")
        + &policy("deny", "{podSelector: {}, policyTypes: [Ingress]}");
    let (mut analyzer, _) = analysed(&text);
    let [web, db] = ["shop/web[Deployment]", "shop/db[Deployment]"];
    let port = Some(PortWanted { protocol: Protocol::Tcp, port: 5432 });
    let preview = analyzer.mend(web, db, port).unwrap();
    assert_eq!(preview.changed_cells, 1, "{:?}", preview.changes);
    assert_eq!(preview.changes[0].after.text, "TCP 5432");
    // What is allowed already needs nothing, and another port of the same cell can be asked for.
    let (mut analyzer, _) = analysed(&preview.files[0].text);
    assert!(analyzer.mend(web, db, port).is_none());
    let other = Some(PortWanted { protocol: Protocol::Tcp, port: 9187 });
    let preview = analyzer.mend(web, db, other).unwrap();
    assert_eq!(preview.changes[0].after.text, "TCP 5432, 9187");
}

#[test]
fn a_preview_says_what_findings_come_and_go() {
    let db = deployment("db", "app: db, tier: data", "{containerPort: 5432}");
    let of =
        |name: &str, labels: &str| policy(name, &format!("{{podSelector: {{matchLabels: {{{labels}}}}}}}"));
    let (mut analyzer, summary) =
        analysed(&(db + &of("narrow", "app: db, tier: data") + &of("wide", "tier: data")));
    let redundant = found(&summary, "NP401");
    let preview = analyzer.fix(redundant[0].0, 0).unwrap();
    let gone: Vec<&str> = preview.findings.gone.iter().map(|one| one.code.as_str()).collect();
    assert!(gone.contains(&"NP401"), "{gone:?}");
    assert!(preview.findings.new.iter().all(|one| one.code != "NP401"), "{:?}", preview.findings);
}

/// The rule that opens the same for the same pods already names one peer more: in its own list of values where it has
/// one, else as an item.
#[test]
fn a_proposal_changes_the_rule_that_speaks_of_the_ports() {
    let pods = deployment("web", "app: web", "{containerPort: 80}")
        + &deployment("cart", "app: cart", "{containerPort: 80}")
        + &deployment("db", "app: db", "{containerPort: 5432}");
    let rule = |subject: &str, from: &str, ports: &str| {
        policy("db", &format!("{{podSelector: {subject}, ingress: [{{from: [{from}], ports: [{ports}]}}]}}"))
    };
    let db = "{matchLabels: {app: db}}";
    let web = "{podSelector: {matchLabels: {app: web}}}";
    let values = "{podSelector: {matchExpressions: [{key: app, operator: In, values: [web]}]}}";
    let both = format!("{web}, {{podSelector: {{matchLabels: {{app: cart}}}}}}");
    let cases = [
        (rule(db, web, "{port: 5432}"), Some(rule(db, &both, "{port: 5432}"))),
        (
            rule(db, values, "{port: 5432}"),
            Some(rule(db, &values.replace("[web]", "[web, cart]"), "{port: 5432}")),
        ),
        // Other ports, or other pods, would be opened too.
        (rule(db, web, "{port: 5432}, {port: 80}"), None),
        (rule("{}", web, "{port: 5432}"), None),
    ];
    for (policy, wanted) in cases {
        let text = pods.clone() + &policy;
        let (mut analyzer, _) = analysed(&text);
        let preview = analyzer.mend("shop/cart[Deployment]", "shop/db[Deployment]", None).unwrap();
        assert_eq!(preview.changed_cells, 1, "{policy}: {:?}", preview.changes);
        match wanted {
            Some(wanted) => {
                assert_eq!(preview.files[0].text, pods.clone() + &wanted);
                let message = "open TCP 5432 for ingress to shop/db: one peer more in rule 1 of `shop/db`";
                assert_eq!(preview.message, message);
            }
            None => assert!(preview.files[0].text.starts_with(&text), "{}", preview.files[0].text),
        }
    }
}

/// Both ends at once: one rule is there, the other is added.
#[test]
fn a_proposal_changes_one_end_and_adds_the_other() {
    let text = deployment("web", "app: web", "{containerPort: 80}")
        + &deployment("cart", "app: cart", "{containerPort: 80}")
        + &deployment("db", "app: db", "{containerPort: 5432}")
        + &policy("cart", "{podSelector: {matchLabels: {app: cart}}, policyTypes: [Egress]}")
        + &policy(
            "db",
            "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]}",
        );
    let (mut analyzer, _) = analysed(&text);
    let preview = analyzer.mend("shop/cart[Deployment]", "shop/db[Deployment]", None).unwrap();
    assert_eq!(preview.changed_cells, 1, "{:?}", preview.changes);
    assert!(
        preview.files[0]
            .text
            .contains("{podSelector: {matchLabels: {app: web}}}, {podSelector: {matchLabels: {app: cart}}}")
    );
    assert!(preview.files[0].text.contains("allow-cart-to-db"), "{}", preview.files[0].text);
}

/// A finding that only reads otherwise neither comes nor goes.
#[test]
fn a_finding_in_other_words_is_the_same() {
    let text = deployment("a", "app: a", "{containerPort: 80}")
        + &policy(
            "a",
            "{podSelector: {matchLabels: {app: a}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 168.63.129.16/32}}], ports: [{port: 80}]}]}",
        );
    let (mut analyzer, summary) = analysed(&text);
    assert_eq!(found(&summary, "NP305").len(), 1);
    let metadata = summary.peers.iter().find(|peer| peer.id.contains("169.254.169.254")).unwrap();
    let port = Some(PortWanted { protocol: Protocol::Tcp, port: 443 });
    let preview = analyzer.mend("shop/a[Deployment]", &metadata.id, port).unwrap();
    assert_eq!(preview.findings, Default::default());
}
