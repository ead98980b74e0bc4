//! One peer and one policy by themselves: what is said of them, in data and in words.

use std::fmt::Write as _;

use netpol_view::Analyzer;
use netpol_view::contract::{Action, Options, SourceFile};
use netpol_view::sheet::{Link, Sheet};

const SHOP: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: blue}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: main, ports: [{containerPort: 8080, name: http}]}]}
status: {podIPs: [{ip: 10.1.0.7}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: main, ports: [{containerPort: 5432}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: probe, namespace: ops, labels: {app: probe}}
spec: {containers: [{name: main}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 5432}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress, Egress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress]
  ingress:
  - from: [{namespaceSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8, except: [10.9.0.0/16]}}]
    ports: [{port: http}]
  - {}
";

fn analyzer(text: &str) -> Analyzer {
    let mut analyzer = Analyzer::new(Options::default());
    analyzer.set_files(vec![SourceFile { name: "a.yaml".to_owned(), text: text.to_owned() }]);
    analyzer
}

/// A section as lines of text.
fn said(sheet: &Sheet, title: &str) -> Vec<String> {
    let section = sheet.sections.iter().find(|section| section.title == title);
    let lines = section.map(|section| section.lines.as_slice()).unwrap_or_default();
    let words = lines.iter().map(|line| {
        let parts: String = line.parts.iter().map(|part| part.text.as_str()).collect();
        format!("{}: {parts}", line.term)
    });
    words.collect()
}

#[test]
fn a_peer_says_what_selects_it_and_what_it_reaches() {
    let mut analyzer = analyzer(SHOP);
    let db = analyzer.peer("shop/db[Pod]").unwrap();
    let names = |policies: &[netpol_view::contract::PolicyMention]| -> Vec<String> {
        policies.iter().map(|policy| policy.id.clone()).collect()
    };
    assert_eq!(names(&db.ingress), ["shop/db[NetworkPolicy]", "shop/deny[NetworkPolicy]"]);
    assert_eq!(names(&db.egress), ["shop/deny[NetworkPolicy]"]);
    assert_eq!(db.ingress[0].rules, 1);
    assert_eq!(db.egress[0].rules, 0);
    // Egress is denied, so it reaches nobody; itself is left out, as a pod always reaches itself.
    let peers = analyzer.summary().peers;
    assert_eq!(db.reaches.len(), 1);
    assert_eq!(db.reaches[0].connections.text, "none");
    assert_eq!(db.reaches[0].peers.len(), peers.len() - 1);
    assert_eq!(db.reached_by[0].connections.text, "TCP 5432");
    let first = db.reached_by[0].peers[0] as usize;
    assert_eq!(peers[first].id, "shop/web[Pod]");
    // A rule without `from` speaks of everyone.
    let naming: Vec<_> = db.named_as_source.iter().map(|one| (one.policy.as_str(), one.rule.rule)).collect();
    assert_eq!(naming, [("shop/web[NetworkPolicy]", 0), ("shop/web[NetworkPolicy]", 1)]);
    assert_eq!(analyzer.peer("shop/web[Pod]").unwrap().addresses, ["10.1.0.7"]);
    assert!(analyzer.peer("shop/nobody[Pod]").is_none());
}

#[test]
fn the_groups_of_a_peer_are_the_cells_of_its_row_and_column() {
    let mut analyzer = analyzer(SHOP);
    let summary = analyzer.summary();
    let count = summary.peers.len();
    for (at, peer) in summary.peers.iter().enumerate() {
        let profile = analyzer.peer(&peer.id).unwrap();
        let mut seen = 0;
        for (groups, is_row) in [(&profile.reaches, true), (&profile.reached_by, false)] {
            for group in groups {
                for other in &group.peers {
                    let other = *other as usize;
                    let (row, column) = if is_row { (at, other) } else { (other, at) };
                    let cell = analyzer.cells(row..row + 1, column..column + 1)[0];
                    assert_eq!(group.connections, summary.connections[cell as usize]);
                    assert_eq!(group.uncertain, analyzer.uncertain(row..row + 1, column..column + 1)[0]);
                    seen += 1;
                }
            }
        }
        let outside = summary.peers.iter().filter(|peer| peer.id.starts_with("external:")).count();
        let left_out = if peer.id.starts_with("external:") {
            outside
        } else {
            // A single pod and itself.
            usize::from(peer.replicas == Some(1))
        };
        assert_eq!(seen, 2 * (count - left_out), "{}", peer.id);
    }
}

#[test]
fn a_policy_says_its_effective_types_and_its_rules() {
    let mut analyzer = analyzer(SHOP);
    let db = analyzer.policy("shop/db[NetworkPolicy]").unwrap();
    assert_eq!((db.policy_types.as_slice(), db.has_policy_types), (&["Ingress".to_owned()][..], false));
    assert_eq!(db.selects, "pods with `app: db` of `shop`");
    assert_eq!(db.egress, None);
    let rule = &db.ingress.unwrap()[0];
    assert_eq!(rule.text, "allows TCP 5432 from pods with `app: web` of `shop`");
    assert_eq!((rule.action, rule.peers, rule.span.start.line), (Action::Allow, 1, 27));
    let web = analyzer.policy("shop/web[NetworkPolicy]").unwrap().ingress.unwrap();
    assert_eq!(
        web[0].text,
        "allows the TCP port `http` from any pod of any namespace; `10.0.0.0/8` except `10.9.0.0/16`"
    );
    assert_eq!(web[1].text, "allows every port from everyone, inside and outside the cluster");
    let deny = analyzer.policy("shop/deny[NetworkPolicy]").unwrap();
    assert_eq!(deny.egress, Some(Vec::new()));
    assert!(analyzer.policy("shop/web[Pod]").is_none());
}

#[test]
fn what_a_policy_adds_is_what_changes_without_it() {
    let mut analyzer = analyzer(SHOP);
    // Its ingress is denied by the other one of the same pod; its egress by nobody else.
    let without = analyzer.without("shop/deny[NetworkPolicy]").unwrap();
    assert!(without.changed_cells > 0);
    assert!(without.changes.iter().all(|change| change.source == "shop/db[Pod]"), "{:?}", without.changes);
    assert!(without.changes.iter().all(|change| change.before.text == "none" && change.after.text == "all"));
    assert!(!without.files[0].text.contains("name: deny"));
    let sheet = analyzer.sheet("shop/deny[NetworkPolicy]").unwrap();
    let said_of_it = said(&sheet, "Without it");
    assert_eq!(said_of_it[0], format!(": {} cells would change", without.changed_cells));
    assert_eq!(said_of_it[1], ": shop/db → shop/web `none` ⇒ `all`");

    let twice = SHOP.replace("name: deny, namespace: shop}\nspec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress, Egress]}", "name: deny, namespace: shop}\nspec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress]}");
    let mut analyzer = self::analyzer(&twice);
    let sheet = analyzer.sheet("shop/deny[NetworkPolicy]").unwrap();
    let said_of_it = said(&sheet, "Without it");
    assert_eq!(said_of_it, [": every cell would stay as it is: others allow and isolate the same"]);
}

#[test]
fn addresses_that_a_policy_alone_tells_apart_count() {
    let policy = "---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: out, namespace: shop}
spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 203.0.113.0/24}}]}]}
";
    let without = analyzer(&format!("{SHOP}{policy}")).without("shop/out[NetworkPolicy]").unwrap();
    let found: Vec<_> = without
        .changes
        .iter()
        .map(|change| (change.source.as_str(), change.destination.as_str(), change.after.text.as_str()))
        .collect();
    assert_eq!(found, [("shop/db[Pod]", "external:203.0.113.0/24", "none")]);
}

#[test]
fn a_sheet_is_in_the_words_of_explanations() {
    let mut analyzer = analyzer(SHOP);
    let sheet = analyzer.sheet("shop/web[Pod]").unwrap();
    assert_eq!((sheet.kind.as_str(), sheet.title.as_str()), ("Pod", "shop/web"));
    assert_eq!(sheet.place.as_ref().map(|place| place.start.line), Some(5));
    let about = said(&sheet, "About");
    assert!(about.contains(&"labels: `app: web`".to_owned()), "{about:?}");
    assert!(about.contains(&"ports: `TCP 8080 http`".to_owned()), "{about:?}");
    assert!(about.contains(&"addresses: `10.1.0.7`".to_owned()), "{about:?}");
    assert!(about.contains(&"DNS: works".to_owned()), "{about:?}");
    assert_eq!(
        said(&sheet, "Policies that select it"),
        ["ingress: web", "egress: no policy selects it for egress"]
    );
    let reaches = said(&sheet, "Reaches");
    assert!(reaches.contains(&"TCP 5432: shop/db".to_owned()), "{reaches:?}");
    let named = said(&sheet, "Rules that match it");
    assert!(
        named.contains(
            &"as source: db ingress rule 1: allows TCP 5432 to pods with `app: db` of `shop` a.yaml:27"
                .to_owned()
        ),
        "{named:?}"
    );
    // Each peer leads to the cell.
    let reaches = sheet.sections.iter().find(|section| section.title == "Reaches").unwrap();
    let links: Vec<&Link> =
        reaches.lines.iter().flat_map(|line| &line.parts).filter_map(|part| part.link.as_ref()).collect();
    assert!(links.contains(&&Link::Cell("shop/web[Pod]".to_owned(), "shop/db[Pod]".to_owned())));

    let deny = analyzer.sheet("shop/deny[NetworkPolicy]").unwrap();
    assert_eq!(said(&deny, "About")[0], "policyTypes: Ingress, Egress");
    assert_eq!(
        said(&deny, "Egress rules"),
        [": isolates for egress and has no egress rule, so it allows nothing"]
    );
    let db = analyzer.sheet("shop/db[Pod]").unwrap();
    let dns = said(&db, "About").into_iter().find(|line| line.starts_with("DNS")).unwrap();
    assert_eq!(dns, "DNS: does not work: no egress rule opens UDP and TCP 53");
    assert!(analyzer.sheet("nobody").is_none());
}

#[test]
fn a_namespace_says_where_dns_works() {
    let summary = analyzer(SHOP).summary();
    let of = |name: &str| summary.namespaces.iter().find(|one| one.name == name).unwrap();
    let shop = of("shop");
    assert_eq!((shop.workloads, shop.dns_works), (2, 1));
    assert_eq!(shop.dns_why.as_deref(), Some("db: no egress rule opens UDP and TCP 53"));
    let ops = of("ops");
    assert_eq!((ops.dns_works, ops.dns_why.as_deref()), (1, None));
}

/// Namespaces of 50 workloads each.
fn large(namespaces: usize) -> String {
    let mut text = String::new();
    for namespace in 0..namespaces {
        for workload in 0..50 {
            let _ = write!(
                text,
                "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: p{workload}, namespace: n{namespace}, labels: {{app: a{}}}}}, spec: {{containers: [{{name: c}}]}}}}\n",
                workload % 5
            );
        }
        let _ = write!(
            text,
            "---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: one, namespace: n{namespace}}}, \
             spec: {{podSelector: {{matchLabels: {{app: a1}}}}, ingress: [{{from: [{{podSelector: {{matchLabels: {{app: a2}}}}}}], ports: [{{port: 80}}]}}]}}}}\n"
        );
    }
    text
}

#[test]
fn a_sheet_is_short_however_many_peers_there_are() {
    let mut analyzer = analyzer(&large(40));
    assert!(analyzer.found().peers.len() >= 2000);
    let sheet = analyzer.sheet("n7/p1[Pod]").unwrap();
    let parts: usize =
        sheet.sections.iter().flat_map(|section| &section.lines).map(|line| line.parts.len()).sum();
    assert!(parts < 400, "{parts}");
    let reached = said(&sheet, "Reached by");
    assert!(reached[0].starts_with("TCP 80: n7/p2, n7/p7"), "{reached:?}");
    let reaches = said(&sheet, "Reaches");
    // All of a namespace is one, and of many the first are named.
    assert!(reaches[0].contains("and "), "{reaches:?}");
}

/// What proves that another namespace is open may be a connection of this workload: that is no finding of its own.
#[test]
fn findings_of_other_namespaces_are_not_its_own() {
    let pod = |namespace: &str, name: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}, labels: {{app: {name}}}}}\nspec: \
             {{containers: [{{name: c, ports: [{{containerPort: 80}}]}}]}}\n---\n"
        )
    };
    let mut analyzer = analyzer(&(pod("a", "one") + &pod("b", "two") + &pod("b", "three")));
    let subjects = |analyzer: &mut Analyzer, id: &str| -> Vec<String> {
        let findings = analyzer.peer(id).unwrap().findings;
        let summary = analyzer.summary();
        findings.iter().map(|place| summary.findings[*place as usize].subject.name.clone()).collect()
    };
    assert_eq!(subjects(&mut analyzer, "a/one[Pod]"), ["a"]);
    assert_eq!(subjects(&mut analyzer, "b/two[Pod]"), ["b"]);
}
