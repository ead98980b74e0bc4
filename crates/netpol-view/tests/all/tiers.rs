//! Explanations of what policies of several tiers decide together.

use netpol_view::Analyzer;
use netpol_view::contract::{
    Action, Connection, LocatedPart, Options, Position, Protocol, SourceFile, Tier, TraceStep,
};

/// Three namespaces with a pod each, an address of a node, and what is added to them.
const CLUSTER: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {zone: app}}
---
apiVersion: v1
kind: Namespace
metadata: {name: bank, labels: {zone: app}}
---
apiVersion: v1
kind: Namespace
metadata: {name: monitoring}
---
apiVersion: v1
kind: Pod
metadata: {name: cart, namespace: shop, labels: {app: cart}}
spec: {containers: [{name: main, ports: [{containerPort: 8080, name: http}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: vault, namespace: bank, labels: {app: vault}}
spec: {containers: [{name: main, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: prom, namespace: monitoring, labels: {app: prom}}
spec: {containers: [{name: main}]}
---
apiVersion: v1
kind: Node
metadata: {name: worker-1, labels: {role: edge}}
status: {addresses: [{type: InternalIP, address: 192.168.7.1}]}
";

/// A cluster-scoped policy for the namespaces of `zone: app`.
fn cluster_policy(name: &str, tier: &str, priority: u16, rules: &str) -> String {
    format!(
        "---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: {name}}}\n\
         spec:\n  tier: {tier}\n  priority: {priority}\n  subject: {{namespaces: {{matchLabels: {{zone: app}}}}}}\n  {rules}\n"
    )
}

fn network_policy(name: &str, namespace: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{{spec}}}\n"
    )
}

fn analyzer(policies: &[String]) -> Analyzer {
    let text = format!("{CLUSTER}{}", policies.concat());
    let mut analyzer = Analyzer::new(Options::default());
    analyzer.set_files(vec![SourceFile { name: "a.yaml".to_owned(), text }]);
    analyzer
}

/// The steps, each as `tier action matched: reason`.
fn told(steps: &[TraceStep]) -> Vec<String> {
    let one = |step: &TraceStep| {
        let policy = step.policy.as_ref().map_or("", |policy| &policy.name);
        let rule = step.rule.map(|rule| format!(" {rule}")).unwrap_or_default();
        let (tier, action) = (format!("{:?}", step.tier), format!("{:?}", step.action));
        let matched = &step.matched.text;
        format!("{tier} {policy}{rule} {action} {matched}: {}", step.reason).replace("  ", " ")
    };
    steps.iter().map(one).collect()
}

const CART: &str = "shop/cart[Pod]";
const VAULT: &str = "bank/vault[Pod]";
const PROM: &str = "monitoring/prom[Pod]";

fn ingress(policies: &[String], source: &str, destination: &str) -> Vec<String> {
    let explanation = analyzer(policies).explain(source, destination);
    explanation.map_or_else(Vec::new, |explanation| told(&explanation.ingress.steps))
}

fn egress(policies: &[String], source: &str, destination: &str) -> Vec<String> {
    let explanation = analyzer(policies).explain(source, destination);
    explanation.map_or_else(Vec::new, |explanation| told(&explanation.egress.steps))
}

/// Monitoring is passed on, everyone else denied, and the Baseline tier denies what is left.
fn delegated() -> Vec<String> {
    let monitoring = "{namespaces: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}";
    vec![
        cluster_policy(
            "guard",
            "Admin",
            10,
            &format!(
                "ingress: [{{name: scrape, action: Pass, from: [{monitoring}]}}, {{action: Deny, from: [{{namespaces: {{}}}}]}}]"
            ),
        ),
        cluster_policy("floor", "Baseline", 10, "ingress: [{action: Deny, from: [{namespaces: {}}]}]"),
        network_policy("friends", "shop", "podSelector: {}, ingress: [{from: [{podSelector: {}}]}]"),
    ]
}

#[test]
fn what_is_passed_and_no_network_policy_allows_is_denied_there() {
    assert_eq!(
        ingress(&delegated(), PROM, CART),
        [
            "Admin guard 0 Pass all: matches any pod of namespaces with `kubernetes.io/metadata.name: monitoring`; no \
             `protocols`, so every port; passes on to the NetworkPolicies",
            "Admin guard 1 None none: matches any pod of any namespace; no `protocols`, so every port; decides nothing \
             here, as rule 1 comes first",
            "NetworkPolicy friends 0 None none: no `namespaceSelector`, so only pods of `shop` are meant; this pod is in \
             `monitoring`",
            "NetworkPolicy Isolate all: NetworkPolicies isolate shop/cart for ingress: what none of their rules allows is \
             denied (all); the Baseline tier is not asked",
        ]
    );
}

#[test]
fn one_network_policy_without_rules_is_one_step() {
    let mut policies = delegated();
    policies[2] = network_policy("closed", "shop", "podSelector: {}");
    let steps = ingress(&policies, PROM, CART);
    assert_eq!(
        steps[2..],
        [
            "NetworkPolicy closed Isolate all: isolates for ingress and has no ingress rule, so all that comes to it is \
             denied (all); the Baseline tier is not asked"
        ]
    );
    policies.remove(1);
    let steps = ingress(&policies, PROM, CART);
    assert!(steps.last().unwrap().ends_with("all that comes to it is denied (all)"), "{steps:#?}");

    // Beside others, what it does alone is not what all of them do.
    policies.push(network_policy(
        "friends",
        "shop",
        "podSelector: {}, ingress: [{from: [{podSelector: {}}]}]",
    ));
    let steps = ingress(&policies, PROM, CART);
    assert_eq!(
        steps[2..],
        [
            "NetworkPolicy closed Isolate none: isolates for ingress and has no ingress rule, so it allows nothing",
            "NetworkPolicy friends 0 None none: no `namespaceSelector`, so only pods of `shop` are meant; this pod is in \
             `monitoring`",
            "NetworkPolicy Isolate all: NetworkPolicies isolate shop/cart for ingress: what none of their rules allows is \
             denied (all)",
        ]
    );
}

#[test]
fn what_is_passed_where_no_network_policy_selects_goes_to_the_baseline() {
    let explanation = analyzer(&delegated()).explain(PROM, VAULT).unwrap();
    assert!(!explanation.ingress.isolated && explanation.allowed.text == "none");
    let steps = told(&explanation.ingress.steps);
    assert!(
        steps[0].ends_with(
            "passes on: no NetworkPolicy selects bank/vault for ingress, so the Baseline tier is asked"
        ),
        "{steps:#?}"
    );
    assert_eq!(
        steps.last().unwrap(),
        "Baseline floor 0 Deny all: matches any pod of any namespace; no `protocols`, so every port"
    );
    assert_eq!(explanation.ingress.steps[0].rule_name.as_deref(), Some("scrape"));
    assert_eq!(explanation.ingress.steps[0].priority, Some(10));
}

#[test]
fn what_the_admin_tier_denies_is_asked_of_nobody_else_and_cannot_be_opened() {
    let explanation = analyzer(&delegated()).explain(VAULT, CART).unwrap();
    let steps = told(&explanation.ingress.steps);
    assert_eq!(
        steps[1..],
        [
            "Admin guard 1 Deny all: matches any pod of any namespace; no `protocols`, so every port",
            "NetworkPolicy None none: the Admin tier has decided everything: no NetworkPolicy is asked",
        ]
    );
    assert!(explanation.ingress.isolated, "a NetworkPolicy selects it, if to no avail");
    assert_eq!(explanation.mend, None);
    assert_eq!(
        explanation.obstacle.unwrap(),
        "rule 2 of ClusterNetworkPolicy `guard` denies it before any NetworkPolicy is asked: only that policy, or one that \
         comes before it, can allow it"
    );
}

#[test]
fn what_no_tier_decides_is_allowed_by_default() {
    let ports = "protocols: [{tcp: {destinationPort: {number: 22}}}]";
    let policies = [cluster_policy(
        "no-ssh",
        "Admin",
        1,
        &format!("ingress: [{{action: Deny, from: [{{namespaces: {{}}}}], {ports}}}]"),
    )];
    let steps = ingress(&policies, PROM, CART);
    assert_eq!(steps[0], "Admin no-ssh 0 Deny TCP 22: matches any pod of any namespace; denies TCP 22");
    assert!(steps[1].starts_with("Default Allow TCP 1-21, 23-65535; UDP all ports"), "{steps:#?}");
    assert!(steps[1].ends_with(
        "is left, which no policy decides as no NetworkPolicy selects shop/cart for ingress: allowed"
    ));
}

#[test]
fn a_rule_says_who_decides_what_it_matches() {
    let rule = |action: &str, ports: &str| {
        format!(
            "{{action: {action}, from: [{{namespaces: {{}}}}], protocols: [{{tcp: {{destinationPort: {ports}}}}}]}}"
        )
    };
    let policies = [
        cluster_policy("first", "Admin", 1, &format!("ingress: [{}]", rule("Accept", "{number: 80}"))),
        cluster_policy(
            "second",
            "Admin",
            2,
            &format!("ingress: [{}]", rule("Deny", "{range: {start: 79, end: 81}}")),
        ),
        network_policy("web", "shop", "podSelector: {}, ingress: [{ports: [{port: 81}, {port: 82}]}]"),
    ];
    let steps = ingress(&policies, PROM, CART);
    assert_eq!(
        steps[1],
        "Admin second 0 Deny TCP 79, 81: matches any pod of any namespace; denies TCP 79-81; decides only TCP 79, 81, as \
         rule 1 of `first` comes first"
    );
    assert_eq!(
        steps[2],
        "NetworkPolicy web 0 Allow TCP 82: no `from`, so everyone is meant; opens TCP 81-82; decides only TCP 82, as the \
         Admin tier decides it"
    );
}

#[test]
fn of_tied_policies_the_strictest_decides_and_the_cell_says_so() {
    let policies = [
        cluster_policy("open", "Admin", 5, "ingress: [{action: Accept, from: [{namespaces: {}}]}]"),
        cluster_policy("shut", "Admin", 5, "ingress: [{action: Deny, from: [{namespaces: {}}]}]"),
    ];
    let explanation = analyzer(&policies).explain(PROM, CART).unwrap();
    let steps = told(&explanation.ingress.steps);
    assert!(steps[0].starts_with("Admin open 0 None none"), "{steps:#?}");
    assert!(steps[0].ends_with("decides nothing here, as rule 1 of `shut` is tied with it and stricter"));
    assert!(steps[1].starts_with("Admin shut 0 Deny all"), "{steps:#?}");
    assert_eq!(
        explanation.caveats,
        [
            "`open` and `shut` have the same priority and decide differently: any of them may win; the strictest is shown"
        ]
    );
}

#[test]
fn a_port_name_is_looked_up_on_the_destination() {
    let rule =
        "ingress: [{action: Deny, from: [{namespaces: {}}], protocols: [{destinationNamedPort: http}]}]";
    let policies = [cluster_policy("named", "Admin", 1, rule)];
    assert_eq!(
        ingress(&policies, PROM, CART)[0],
        "Admin named 0 Deny TCP 8080: matches any pod of any namespace; denies TCP 8080"
    );
    assert_eq!(
        ingress(&policies, PROM, VAULT)[0],
        "Admin named 0 None none: matches any pod of any namespace; the destination declares no port named `http`"
    );
}

#[test]
fn networks_hit_pods() {
    let rule = "egress: [{action: Deny, to: [{networks: [0.0.0.0/0, '::/0']}]}]";
    let policies = [cluster_policy("no-internet", "Admin", 1, rule)];
    assert_eq!(
        egress(&policies, CART, VAULT)[0],
        "Admin no-internet 0 Deny all: `networks` `0.0.0.0/0` holds every address, those of pods and domains too; no \
         `protocols`, so every port"
    );
    let narrow = "egress: [{action: Deny, to: [{networks: [10.0.0.0/8, 11.0.0.0/8]}]}]";
    let mut analyzer = analyzer(&[cluster_policy("narrow", "Admin", 1, narrow)]);
    let explanation = analyzer.explain(CART, VAULT).unwrap();
    let steps = &explanation.egress.steps;
    assert_eq!(
        steps[0].reason,
        "no address of this pod is known, so `networks` `10.0.0.0/8`, `11.0.0.0/8` does not match it"
    );
    assert!(
        explanation.caveats.iter().any(|caveat| caveat.contains("at least none is allowed, at most all"))
    );
}

#[test]
fn nodes_are_told_by_their_labels() {
    let rule = "egress: [{action: Deny, to: [{nodes: {matchLabels: {role: edge}}}]}, {action: Deny, to: [{nodes: {matchLabels: {role: core}}}]}]";
    let steps = egress(&[cluster_policy("nodes", "Admin", 1, rule)], CART, "external:192.168.7.1/32");
    assert_eq!(
        steps[..2],
        [
            "Admin nodes 0 Deny all: matches nodes with `role: edge`; no `protocols`, so every port",
            "Admin nodes 1 None none: `nodes` wants `role: core`; node `worker-1` has `role: edge`",
        ]
    );
    let steps = egress(&[cluster_policy("nodes", "Admin", 1, rule)], CART, VAULT);
    assert!(steps[0].ends_with("this pod has a network of its own"), "{steps:#?}");
}

#[test]
fn domains_are_asked_about_by_name() {
    let rule = "egress: [{action: Accept, to: [{domainNames: ['*.example.com']}]}, {action: Deny, to: [{networks: [0.0.0.0/0, '::/0']}]}]";
    let mut analyzer = analyzer(&[cluster_policy("web", "Admin", 1, rule)]);
    let explanation = analyzer.explain(CART, "domain:*.example.com").unwrap();
    assert_eq!(
        told(&explanation.egress.steps)[0],
        "Admin web 0 Allow all: names the domain `*.example.com`; no `protocols`, so every port"
    );
    let ask = |destination: &str| Connection {
        source: "shop/cart".to_owned(),
        destination: destination.to_owned(),
        protocol: Protocol::Tcp,
        port: 443,
    };
    let verdict = analyzer.query(&ask("www.Example.com.")).unwrap();
    assert!(verdict.allowed);
    assert_eq!(verdict.connection.destination, "domain:*.example.com");
    assert_eq!(verdict.egress.steps.len(), 1);
    assert!(analyzer.query(&ask("example.com")).is_err());
    // A node by its name.
    assert_eq!(analyzer.query(&ask("worker-1")).unwrap().connection.destination, "external:192.168.7.1/32");
}

#[test]
fn domains_that_are_not_accepted_are_in_doubt() {
    let rules = "egress: [{action: Pass, to: [{domainNames: [a.example]}]}, {action: Deny, to: [{domainNames: [b.example]}]}]";
    let mut analyzer = analyzer(&[cluster_policy("web", "Admin", 1, rules)]);
    let explanation = analyzer.explain(CART, "domain:a.example").unwrap();
    let steps = told(&explanation.egress.steps);
    assert!(steps[0].contains("so `Pass` passes on nothing for certain"), "{steps:?}");
    let explanation = analyzer.explain(CART, "domain:b.example").unwrap();
    assert_eq!(explanation.allowed.text, "none");
    let caveat = "under another action than `Accept`: at least none is allowed, at most all";
    assert!(explanation.caveats.iter().any(|said| said.contains(caveat)), "{:?}", explanation.caveats);
}

#[test]
fn a_rule_with_a_field_that_is_not_known_fails_closed() {
    let policies = [
        cluster_policy("pass", "Admin", 1, "ingress: [{action: Pass, from: [{serviceAccounts: {}}]}]"),
        cluster_policy("open", "Admin", 2, "ingress: [{action: Accept, from: [{serviceAccounts: {}}]}]"),
    ];
    let steps = ingress(&policies, PROM, CART);
    assert_eq!(
        steps[0],
        "Admin pass 0 Deny all: a peer has a field that is not known, `serviceAccounts`: the rule fails closed and denies \
         everything"
    );
    assert_eq!(
        steps[1],
        "Admin open 0 None none: a peer has a field that is not known, `serviceAccounts`: the rule fails closed and allows \
         nothing"
    );
}

#[test]
fn a_query_names_the_steps_that_decide() {
    let mut analyzer = analyzer(&delegated());
    let mut ask = |source: &str, destination: &str| {
        let (source, destination) = (source.to_owned(), destination.to_owned());
        analyzer.query(&Connection { source, destination, protocol: Protocol::Tcp, port: 80 }).unwrap()
    };
    let tiers = |steps: &[TraceStep]| steps.iter().map(|step| (step.tier, step.action)).collect::<Vec<_>>();
    assert_eq!(
        tiers(&ask("prom", "vault").ingress.steps),
        [(Tier::Admin, Action::Pass), (Tier::Baseline, Action::Deny)]
    );
    assert_eq!(tiers(&ask("cart", "vault").ingress.steps), [(Tier::Admin, Action::Deny)]);
    assert_eq!(
        tiers(&ask("prom", "cart").ingress.steps).last(),
        Some(&(Tier::NetworkPolicy, Action::Isolate))
    );
}

#[test]
fn what_the_baseline_denies_is_opened_where_nothing_is_lost() {
    let deny = "ingress: [{action: Deny, from: [{namespaces: {}}]}]";
    // Addresses outside may still come: a NetworkPolicy would keep them out.
    let mut some = analyzer(&[cluster_policy("floor", "Baseline", 1, deny)]);
    let explanation = some.explain(PROM, CART).unwrap();
    assert_eq!(explanation.mend, None);
    let obstacle = explanation.obstacle.unwrap();
    assert!(obstacle.starts_with("rule 1 of ClusterNetworkPolicy `floor` denies it where"), "{obstacle}");
    assert!(some.mend(PROM, CART, None).is_none());

    let deny = "egress: [{action: Deny, to: [{networks: [0.0.0.0/0, '::/0']}, {namespaces: {}}]}]";
    let mut all = analyzer(&[cluster_policy("floor", "Baseline", 1, deny)]);
    let explanation = all.explain(CART, PROM).unwrap();
    assert_eq!(explanation.mend.as_deref(), Some("open every port for egress of shop/cart"));
    let preview = all.mend(CART, PROM, None).unwrap();
    assert_eq!(preview.changed_cells, 1);
    assert_eq!(preview.changes[0].after.text, "all");
}

#[test]
fn policies_of_all_kinds_are_listed() {
    let mut analyzer = analyzer(&delegated());
    let summary = analyzer.summary();
    let listed: Vec<_> = summary
        .policies
        .iter()
        .map(|one| {
            (one.object.name.as_str(), one.tier, one.priority, one.ingress, one.egress, one.subjects.len())
        })
        .collect();
    assert_eq!(
        listed,
        [
            ("friends", Tier::NetworkPolicy, None, true, false, 1),
            ("guard", Tier::Admin, Some(10), true, false, 2),
            ("floor", Tier::Baseline, Some(10), true, false, 2),
        ]
    );
    assert!(summary.policies[1].object.namespace.is_none());
    let namespaces: Vec<_> = summary
        .namespaces
        .iter()
        .map(|one| {
            (one.name.as_str(), one.isolated_for_ingress, one.limited_for_ingress, one.limited_for_egress)
        })
        .collect();
    assert_eq!(namespaces, [("shop", 1, 0, 0), ("bank", 0, 1, 0), ("monitoring", 0, 0, 0)]);
}

#[test]
fn the_cursor_finds_cells_of_cluster_scoped_policies_and_nodes() {
    let policies = delegated();
    let mut analyzer = analyzer(&policies);
    let peers: Vec<String> = analyzer.summary().peers.iter().map(|peer| peer.id.clone()).collect();
    let text = format!("{CLUSTER}{}", policies.concat());
    let mut at = |words: &str| {
        let before = text.split_once(words).unwrap().0;
        let line = before.matches('\n').count() as u32 + 1;
        let column = before.rsplit('\n').next().unwrap().len() as u32 + 1;
        let found = analyzer.locate(0, Position { line, column }).unwrap();
        let ids = |list: &[u32]| list.iter().map(|at| peers[*at as usize].clone()).collect::<Vec<_>>();
        (found.part, ids(&found.sources), ids(&found.destinations))
    };
    let subjects = vec![CART.to_owned(), VAULT.to_owned()];
    assert_eq!(at("name: scrape"), (LocatedPart::Rule, vec![PROM.to_owned()], subjects.clone()));
    assert_eq!(at("name: guard"), (LocatedPart::Policy, subjects.clone(), subjects));
    let node = vec!["external:192.168.7.1/32".to_owned()];
    assert_eq!(at("name: worker-1"), (LocatedPart::Node, node.clone(), node));
}

#[test]
fn a_namespace_is_not_isolated_by_a_fix_where_the_baseline_allows_something() {
    let from = "from: [{namespaces: {matchLabels: {zone: app}}}], protocols: [{tcp: {destinationPort: {number: 80}}}]";
    let fixable = |action: &str| {
        let rules = format!("ingress: [{{action: {action}, {from}}}]");
        let findings = analyzer(&[cluster_policy("base", "Baseline", 10, &rules)]).summary().findings;
        let of_shop = findings.iter().find(|found| found.code == "NP101" && found.subject.name == "shop");
        of_shop.map(|found| found.fixable)
    };
    // A NetworkPolicy that isolates the pods takes from them what the Baseline tier allows.
    assert_eq!(fixable("Accept"), Some(false));
    assert_eq!(fixable("Deny"), Some(true));
}
