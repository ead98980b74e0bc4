//! What changes make of a text: in its own style, with its comments, or not at all.

use netpol_manifest::{Change, Way, Yaml, edits, read};
use netpol_source::{TextRange, apply_edits};
use proptest::prelude::*;

fn way(text: &str) -> Way {
    text.split('.').filter(|step| !step.is_empty()).fold(Way::new(), |way, step| match step.parse() {
        Ok(item) => way.item(item),
        Err(_) => way.key(step),
    })
}

fn text(text: &str) -> Yaml {
    Yaml::text(text)
}

fn pods() -> Yaml {
    Yaml::map([("podSelector", Yaml::Map(Vec::new()))])
}

fn port() -> Yaml {
    Yaml::map([("protocol", text("TCP")), ("port", Yaml::Number(80))])
}

/// The change of the whole document.
fn changed(before: &str, change: Change) -> Option<String> {
    let root = read(before).objects.first().map(|object| object.range)?;
    apply_edits(before, &edits(before, root, &[change])?).ok()
}

/// Behind a head that makes it a policy: what is written, the change, and what comes of it.
type Case = (&'static str, Change, Option<&'static str>);

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    let set = |to: &str, value| Change::Set(way(to), value);
    let lead = |to: &str, value| Change::Lead(way(to), value);
    let push = |to: &str, value| Change::Push(way(to), value);
    let before = |what: &str, value| Change::Insert(way(what), value);
    let remove = |what: &str| Change::Remove(way(what));
    let list = |item| Yaml::List(vec![item]);
    vec![
        // A value in the place of another, quoted as that one.
        ("spec:\n  podSelector: {matchLabels: {app: wbe}} # web\n", set("spec.podSelector.matchLabels.app", text("web")), Some("spec:\n  podSelector: {matchLabels: {app: web}} # web\n")),
        ("spec:\n  podSelector:\n    matchLabels:\n      app: \"wbe\" # a\n", set("spec.podSelector.matchLabels.app", text("web")), Some("spec:\n  podSelector:\n    matchLabels:\n      app: \"web\" # a\n")),
        ("spec:\n  podSelector: {matchLabels: {app: wbe}}\n", set("spec.podSelector.matchLabels.app", text("yes")), Some("spec:\n  podSelector: {matchLabels: {app: 'yes'}}\n")),
        ("spec:\n  podSelector: {matchLabels: {? app : wbe}}\n", set("spec.podSelector.matchLabels.app", text("web")), Some("spec:\n  podSelector: {matchLabels: {? app : web}}\n")),
        ("spec:\n  podSelector: {matchLabels: {app: &a wbe, b: *a}}\n", set("spec.podSelector.matchLabels.app", text("web")), None),
        ("spec:\n  podSelector:\n    matchLabels:\n      app: >-\n        wbe\n", set("spec.podSelector.matchLabels.app", text("web")), Some("spec:\n  podSelector:\n    matchLabels:\n      app: >-\n        web\n")),
        // A field more.
        ("spec:\n  podSelector: {}\n  ingress:\n    # from the proxy\n    - from:\n        - podSelector: {} # all\n\n  egress: []\n", set("spec.ingress.0.ports", list(port())), Some("spec:\n  podSelector: {}\n  ingress:\n    # from the proxy\n    - from:\n        - podSelector: {} # all\n      ports:\n        - protocol: TCP\n          port: 80\n\n  egress: []\n")),
        ("spec:\n    podSelector: {}\n    ingress:\n    - from:\n      - podSelector: {}\n", set("spec.ingress.0.ports", list(port())), Some("spec:\n    podSelector: {}\n    ingress:\n    - from:\n      - podSelector: {}\n      ports:\n      - protocol: TCP\n        port: 80\n")),
        ("spec: {podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}\n", set("spec.ingress.0.ports", list(port())), Some("spec: {podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{protocol: TCP, port: 80}]}]}\n")),
        ("spec:\r\n  podSelector: {}\r\n  ingress:\r\n    - from:\r\n        - podSelector: {}\r\n", set("spec.ingress.0.ports", list(port())), Some("spec:\r\n  podSelector: {}\r\n  ingress:\r\n    - from:\r\n        - podSelector: {}\r\n      ports:\r\n        - protocol: TCP\r\n          port: 80\r\n")),
        ("spec:\n  podSelector: {}\n  ingress: [{}]", set("spec.ingress.0.from", list(pods())), Some("spec:\n  podSelector: {}\n  ingress: [{from: [{podSelector: {}}]}]")),
        ("spec:\n  podSelector: {}", set("spec.policyTypes", list(text("Ingress"))), Some("spec:\n  podSelector: {}\n  policyTypes:\n    - Ingress")),
        // A field less.
        ("spec:\n  podSelector: {}\n  # who\n  ingress: # all\n    - {}\n    - from: []\n  egress: []\n", remove("spec.ingress"), Some("spec:\n  podSelector: {}\n  # who\n  egress: []\n")),
        ("spec: {podSelector: {}, ingress: [{}], egress: []}\n", remove("spec.ingress"), Some("spec: {podSelector: {}, egress: []}\n")),
        ("spec: {ingress: [{}], podSelector: {}}\n", remove("spec.ingress"), Some("spec: {podSelector: {}}\n")),
        ("spec:\n  ingress:\n    - {}\n", remove("spec.ingress"), None),
        ("spec:\n  podSelector: {}\n  ingress:\n    - from: []\n      ports: []\n", remove("spec.ingress.0.from"), None),
        // A field in front of the others: comments above these stay with them.
        ("spec: # s\n  # who\n  podSelector: {}\n", lead("spec.policyTypes", list(text("Egress"))), Some("spec: # s\n  policyTypes:\n    - Egress\n  # who\n  podSelector: {}\n")),
        ("spec: {podSelector: {}}\n", lead("spec.policyTypes", list(text("Egress"))), Some("spec: {policyTypes: [Egress], podSelector: {}}\n")),
        ("spec: {\n  podSelector: {}\n}\n", lead("spec.policyTypes", list(text("Egress"))), Some("spec: {\n  policyTypes: [Egress],\n  podSelector: {}\n}\n")),
        ("spec:\n  podSelector: {}\n  policyTypes: [Egress]\n", lead("spec.policyTypes", list(text("Egress"))), None),
        ("spec:\n  podSelector: {}\n", lead("spec.podSelector.matchLabels", Yaml::Map(Vec::new())), None),
        // An item in the place of another.
        ("spec:\n  podSelector: {}\n  ingress:\n    - from:\n        - podSelector: # a\n            matchLabels: # b\n              'x': 'y' # c\n        - podSelector: {}\n", set("spec.ingress.0.from.0", Yaml::map([("namespaceSelector", Yaml::map([("matchLabels", Yaml::map([("a", text("b"))]))]))])), Some("spec:\n  podSelector: {}\n  ingress:\n    - from:\n        - namespaceSelector: # a; b\n            matchLabels:\n              a: b # c\n        - podSelector: {}\n")),
        ("spec:\n  podSelector: {}\n  ingress:\n    - from:\n        - podSelector:\n            matchLabels:\n              a: b\n", set("spec.ingress.0.from.0", pods()), Some("spec:\n  podSelector: {}\n  ingress:\n    - from:\n        - podSelector: {}\n")),
        // What was empty is written as its surroundings are.
        ("spec:\n  podSelector: {}\n  ingress: [] # nobody\n", set("spec.ingress", list(Yaml::map([("from", list(pods()))]))), Some("spec:\n  podSelector: {}\n  ingress: [{from: [{podSelector: {}}]}] # nobody\n")),
        ("spec:\n  podSelector: {}\n  ingress: []\n  egress: []\n", set("spec.ingress", list(Yaml::map([("from", list(pods()))]))), Some("spec:\n  podSelector: {}\n  ingress:\n    - from:\n        - podSelector: {}\n  egress: []\n")),
        ("spec:\n  podSelector: {}\n  ingress:\n", push("spec.ingress", Yaml::map([("from", list(pods()))])), Some("spec:\n  podSelector: {}\n  ingress:\n    - from:\n        - podSelector: {}\n")),
        ("spec: {podSelector: {}, ingress: []}\n", push("spec.ingress", Yaml::map([("from", list(pods()))])), Some("spec: {podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}\n")),
        ("spec:\n  podSelector: {}\n", push("spec.ingress", Yaml::map([("from", list(pods()))])), Some("spec:\n  podSelector: {}\n  ingress:\n    - from:\n        - podSelector: {}\n")),
        // A whole block in the place of another.
        ("spec:\n  podSelector: {}\n  ingress:\n    - ports: [{port: 80}]\n      from:\n        - podSelector: {}\n  egress: []\n", set("spec.ingress.0.from", list(Yaml::map([("namespaceSelector", Yaml::Map(Vec::new()))]))), Some("spec:\n  podSelector: {}\n  ingress:\n    - ports: [{port: 80}]\n      from:\n        - namespaceSelector: {}\n  egress: []\n")),
        // An item more.
        ("spec:\n  podSelector: {}\n  policyTypes: [Ingress] # only\n", push("spec.policyTypes", text("Egress")), Some("spec:\n  podSelector: {}\n  policyTypes: [Ingress, Egress] # only\n")),
        ("spec:\n  podSelector: {}\n  policyTypes:\n  - Ingress # only\n  egress: [{}]\n", push("spec.policyTypes", text("Egress")), Some("spec:\n  podSelector: {}\n  policyTypes:\n  - Ingress # only\n  - Egress\n  egress: [{}]\n")),
        ("spec:\n  podSelector: {}\n  policyTypes: [\n    Ingress\n  ]\n", push("spec.policyTypes", text("Egress")), Some("spec:\n  podSelector: {}\n  policyTypes: [\n    Ingress,\n    Egress\n  ]\n")),
        ("spec:\n  podSelector: {}\n  egress:\n    - to:\n        - ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}\n", push("spec.egress.0.to.0.ipBlock.except", text("169.254.169.254/32")), Some("spec:\n  podSelector: {}\n  egress:\n    - to:\n        - ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 169.254.169.254/32]}\n")),
        ("spec:\n  podSelector: {}\n  egress:\n    - to:\n        - ipBlock:\n            cidr: ::/0 # any\n", push("spec.egress.0.to.0.ipBlock.except", text("fd00:ec2::254/128")), Some("spec:\n  podSelector: {}\n  egress:\n    - to:\n        - ipBlock:\n            cidr: ::/0 # any\n            except:\n              - 'fd00:ec2::254/128'\n")),
        // An item in front of another: comments above that one stay with it.
        ("spec:\n  podSelector: {}\n  ingress:\n    # from the proxy\n    - from: [{podSelector: {}}]\n", before("spec.ingress.0", Yaml::map([("ports", list(port()))])), Some("spec:\n  podSelector: {}\n  ingress:\n    - ports:\n        - protocol: TCP\n          port: 80\n    # from the proxy\n    - from: [{podSelector: {}}]\n")),
        ("spec:\n  podSelector: {}\n  ingress:\n  - from: [{podSelector: {}}] # a\n\n  # b\n  - {}\n  egress: []\n", before("spec.ingress.1", Yaml::map([("from", list(pods()))])), Some("spec:\n  podSelector: {}\n  ingress:\n  - from: [{podSelector: {}}] # a\n  - from:\n    - podSelector: {}\n\n  # b\n  - {}\n  egress: []\n")),
        ("spec:\n  podSelector: {}\n  policyTypes: [Ingress] # only\n", before("spec.policyTypes.0", text("Egress")), Some("spec:\n  podSelector: {}\n  policyTypes: [Egress, Ingress] # only\n")),
        ("spec:\n  podSelector: {}\n  ingress: [{ports: [{port: 80}]}, {}]\n", before("spec.ingress.1", Yaml::map([("from", list(pods()))])), Some("spec:\n  podSelector: {}\n  ingress: [{ports: [{port: 80}]}, {from: [{podSelector: {}}]}, {}]\n")),
        ("spec:\n  podSelector: {}\n  policyTypes: [\n    Ingress\n  ]\n", before("spec.policyTypes.0", text("Egress")), Some("spec:\n  podSelector: {}\n  policyTypes: [\n    Egress,\n    Ingress\n  ]\n")),
        ("spec:\r\n  podSelector: {}\r\n  ingress:\r\n    - {}\r\n", before("spec.ingress.0", Yaml::map([("from", list(pods()))])), Some("spec:\r\n  podSelector: {}\r\n  ingress:\r\n    - from:\r\n        - podSelector: {}\r\n    - {}\r\n")),
        ("spec:\n  podSelector: {}\n  ingress:\n    - {}\n", before("spec.ingress.1", Yaml::map([("from", list(pods()))])), None),
        ("spec:\n  podSelector: {}\n  ingress: []\n", before("spec.ingress.0", Yaml::map([("from", list(pods()))])), None),
        // An item less.
        ("spec:\n  podSelector: {}\n  ingress:\n    - from: [{podSelector: {}}]\n    # the door\n    - ports:\n        - port: 80 # http\n\n    - {}\n", remove("spec.ingress.1"), Some("spec:\n  podSelector: {}\n  ingress:\n    - from: [{podSelector: {}}]\n    # the door\n\n    - {}\n")),
        ("spec:\n  podSelector: {}\n  ingress:\n    - from: [{podSelector: {}}]\n    - {}\n", remove("spec.ingress.0"), Some("spec:\n  podSelector: {}\n  ingress:\n    - {}\n")),
        ("spec:\n  podSelector: {}\n  ingress:\n    - from: [{podSelector: {}}]\n    - {}", remove("spec.ingress.1"), Some("spec:\n  podSelector: {}\n  ingress:\n    - from: [{podSelector: {}}]\n")),
        ("spec:\n  podSelector: {}\n  ingress:\n    - from: [{podSelector: {}}]\n  egress: []\n", remove("spec.ingress.0"), Some("spec:\n  podSelector: {}\n  ingress: []\n  egress: []\n")),
        ("spec:\n  podSelector: {}\n  ingress: [{}, {ports: [{port: 80}]}, {}]\n", remove("spec.ingress.1"), Some("spec:\n  podSelector: {}\n  ingress: [{}, {}]\n")),
        ("spec:\n  podSelector: {}\n  ingress: [{ports: [{port: 80}]}, {}]\n", remove("spec.ingress.0"), Some("spec:\n  podSelector: {}\n  ingress: [{}]\n")),
        ("spec:\n  podSelector: {}\n", remove(""), Some("")),
        // Another key.
        ("spec:\n  podSelector: {matchLabels: {ap: web}}\n", Change::Rename(way("spec.podSelector.matchLabels.ap"), "app".to_owned()), Some("spec:\n  podSelector: {matchLabels: {app: web}}\n")),
        ("spec:\n  podSelector:\n    matchLabels:\n      'ap': web # a\n", Change::Rename(way("spec.podSelector.matchLabels.ap"), "app".to_owned()), Some("spec:\n  podSelector:\n    matchLabels:\n      'app': web # a\n")),
        ("spec:\n  podSelector: {matchLabels: {ap: web, app: a}}\n", Change::Rename(way("spec.podSelector.matchLabels.ap"), "app".to_owned()), None),
        // Two items made one.
        ("spec:\n  podSelector: {}\n  ingress:\n    - from:\n        # of the shop\n        - namespaceSelector: {}\n        # the web\n        - podSelector:\n            matchLabels: {a: b}\n", Change::Join(way("spec.ingress.0.from.0")), Some("spec:\n  podSelector: {}\n  ingress:\n    - from:\n        # of the shop\n        - namespaceSelector: {}\n        # the web\n          podSelector:\n            matchLabels: {a: b}\n")),
        ("spec:\n  podSelector: {}\n  ingress: [{from: [{namespaceSelector: {}}, {podSelector: {}}]}]\n", Change::Join(way("spec.ingress.0.from.0")), Some("spec:\n  podSelector: {}\n  ingress: [{from: [{namespaceSelector: {}, podSelector: {}}]}]\n")),
        ("spec:\n  podSelector: {}\n  ingress:\n  - from:\n    - namespaceSelector: {}\n    - {podSelector: {}}\n", Change::Join(way("spec.ingress.0.from.0")), None),
        ("spec:\n  podSelector: {}\n  ingress: [{from: [{podSelector: {}}, {podSelector: {}}]}]\n", Change::Join(way("spec.ingress.0.from.0")), None),
        // Where nothing is.
        ("spec:\n  podSelector: {}\n", set("spec.ingress.0.from", list(pods())), None),
        ("spec:\n  podSelector: {}\n", remove("spec.ingress.0"), None),
        ("spec:\n  podSelector: {}\n", push("spec.podSelector", pods()), None),
    ]
}

#[test]
fn in_the_style_of_the_text() {
    let head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n";
    let mut wrong = Vec::new();
    for (before, change, after) in cases() {
        let after =
            after.map(|after| if after.is_empty() { String::new() } else { format!("{head}{after}") });
        let found = changed(&format!("{head}{before}"), change.clone());
        if found != after {
            wrong.push(format!(
                "{change:?}\n{}\nis not\n{}",
                found.unwrap_or_default(),
                after.unwrap_or_default()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn json_stays_json() {
    let before = "{\"apiVersion\": \"networking.k8s.io/v1\", \"kind\": \"NetworkPolicy\", \"metadata\": {\"name\": \"a\"},\n\
                  \"spec\": {\n    \"podSelector\": {},\n    \"policyTypes\": [\"Ingress\"],\n    \"ingress\": [{}]\n}}";
    let after = changed(before, Change::Push(way("spec.policyTypes"), text("Egress"))).unwrap();
    assert!(after.contains("[\"Ingress\", \"Egress\"]"), "{after}");
    let after = changed(before, Change::Insert(way("spec.policyTypes.0"), text("Egress"))).unwrap();
    assert!(after.contains("[\"Egress\", \"Ingress\"]"), "{after}");
    let from = Yaml::map([("from", Yaml::List(vec![pods()]))]);
    let after = changed(before, Change::Insert(way("spec.ingress.0"), from)).unwrap();
    assert!(after.contains("[{\"from\": [{\"podSelector\": {}}]}, {}]"), "{after}");
    let after = changed(before, Change::Set(way("spec.ingress.0.from"), Yaml::List(vec![pods()]))).unwrap();
    assert!(after.contains("[{\"from\": [{\"podSelector\": {}}]}]"), "{after}");
    let after = changed(before, Change::Set(way("spec.egress"), Yaml::List(Vec::new()))).unwrap();
    assert!(after.contains("\"ingress\": [{}],\n    \"egress\": []\n}}"), "{after}");
}

#[test]
fn objects_of_lists_go_one_by_one() {
    let one = "  - apiVersion: v1\n    kind: Pod\n    metadata: {name: a}\n";
    let two = one.replace("{name: a}", "{name: b}");
    let text = format!("apiVersion: v1\nkind: List\nitems:\n{one}{two}");
    let ranges: Vec<TextRange> = read(&text).objects.iter().map(|object| object.range).collect();
    let without =
        |range| apply_edits(&text, &edits(&text, range, &[Change::Remove(Way::new())]).unwrap()).unwrap();
    assert_eq!(without(ranges[0]), format!("apiVersion: v1\nkind: List\nitems:\n{two}"));
    assert_eq!(without(ranges[1]), format!("apiVersion: v1\nkind: List\nitems:\n{one}"));
    let alone = format!("apiVersion: v1\nkind: List\nitems:\n{one}");
    let range = read(&alone).objects[0].range;
    assert_eq!(
        apply_edits(&alone, &edits(&alone, range, &[Change::Remove(Way::new())]).unwrap()).unwrap(),
        ""
    );
}

#[test]
fn several_changes_at_once() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {x: y}}\nspec:\n  containers: []\n";
    let range = TextRange::new(0, text.trim_end().len());
    let object = read(text).objects.first().map_or(range, |object| object.range);
    let changes = [
        Change::Set(way("metadata.namespace"), Yaml::text("shop")),
        Change::Set(way("metadata.labels.x"), Yaml::text("z")),
    ];
    let found = edits(text, object, &changes).and_then(|edits| apply_edits(text, &edits).ok());
    assert_eq!(found, Some(text.replace("x: y}", "x: z}, namespace: shop")));
}

const POLICY: &str = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec:\n  podSelector:\n    \
                      matchLabels:\n      app: web # a\n  policyTypes: [Ingress]\n  ingress:\n  - from:\n    - podSelector: {}\n    \
                      - namespaceSelector: {}\n    - ipBlock: {cidr: 10.0.0.0/8}\n    ports:\n    - {port: 80, endPort: 90}\n  - {}\n";

const PIECES: &[&str] = &[
    "- ", "? ", ": ", "{", "}", "[", "]", ",", "&a ", "*a", "!!str ", "|\n", ">-\n", "'", "\"", "\\", " #",
    "\n", "\r\n", "\t", "  ", "<<: ", "~", "null", "é", "😀", "\u{2028}",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    /// Whatever the text is, a change that is made is the change that was meant: `edits` has read it again, and so the
    /// reader has no more to complain about than before.
    #[test]
    fn hostile_text(
        pieces in prop::collection::vec((0..POLICY.len(), prop::sample::select(PIECES)), 0..4),
        what in 0..13_usize,
        range in (0..400_usize, 0..400_usize),
    ) {
        let mut text = POLICY.to_owned();
        for (at, piece) in pieces {
            let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
            text.insert_str(at, piece);
        }
        let change = match what {
            0 => Change::Set(way("spec.podSelector.matchLabels.app"), Yaml::text("db")),
            1 => Change::Set(way("spec.ingress.1.from"), Yaml::List(vec![pods()])),
            2 => Change::Push(way("spec.policyTypes"), Yaml::text("Egress")),
            3 => Change::Push(way("spec.ingress.0.from.2.ipBlock.except"), Yaml::text("10.1.0.0/16")),
            4 => Change::Remove(way("spec.ingress.0")),
            5 => Change::Remove(way("spec.ingress.0.from.0")),
            6 => Change::Rename(way("spec.podSelector.matchLabels.app"), "tier".to_owned()),
            7 => Change::Lead(way("spec.egress"), Yaml::List(Vec::new())),
            8 => Change::Set(way("spec.ingress.0.from.0"), pods()),
            9 => Change::Insert(way("spec.ingress.1"), Yaml::map([("from", Yaml::List(vec![pods()]))])),
            10 => Change::Insert(way("spec.ingress.0.from.0"), pods()),
            11 => Change::Remove(way("spec.ingress")),
            _ => Change::Join(way("spec.ingress.0.from.0")),
        };
        let before = read(&text);
        if let Some(after) = changed(&text, change.clone()) {
            let after = read(&after);
            prop_assert!(after.refused.len() <= before.refused.len(), "{}\n{:?}", text, change);
            prop_assert!(after.diagnostics.len() <= before.diagnostics.len(), "{}\n{:?}", text, change);
        }
        // Nor does a place that is none make it panic.
        drop(edits(&text, TextRange::new(range.0, range.1), &[change]));
    }
}
