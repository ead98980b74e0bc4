//! Where a cursor stands in text that is being typed.

use netpol_manifest::{Slot, place_at};
use netpol_source::TextRange;
use proptest::prelude::*;

/// A text with a `|` for the cursor, and the place in words: the way, `?` for a key, `^` for the first word of a
/// value, `=` for a value; what is typed of the word; and the keys beside it.
type Case = (&'static str, &'static str);

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Keys.
    ("|", "^ ``"),
    ("ki|", "^ `ki`"),
    ("|\nkind: Pod\n", "Pod ^ `` kind"),
    ("apiVersion: v1\n|", "? `` apiVersion"),
    ("apiVersion: v1\n|\nkind: Pod\n", "Pod ? `` apiVersion kind"),
    ("kind: NetworkPolicy\nspec:\n  |", "NetworkPolicy spec ^ ``"),
    ("kind: NetworkPolicy\nspec:\n  po|", "NetworkPolicy spec ^ `po`"),
    ("kind: NetworkPolicy\nspec:\n  |\n  ingress: []\n", "NetworkPolicy spec ^ `` ingress"),
    ("kind: NetworkPolicy\nspec:\n  podSelector: {}\n  |\n  ingress: []\nstatus: {}\n", "NetworkPolicy spec ? `` podSelector ingress"),
    ("spec:\n  podSelector: {}\nkind: NetworkPolicy\nmetadata:\n  namespace: shop\n  |", "NetworkPolicy metadata ? `` namespace"),
    ("spec:\n  ingress:\n  - |", "spec.ingress[] ^ ``"),
    ("spec:\n  ingress:\n  - from:\n    - pod|\n      namespaceSelector: {}\n", "spec.ingress[].from[] ^ `pod` namespaceSelector"),
    ("spec:\n  ingress:\n  - from:\n    - podSelector: {}\n      na|\n    - ipBlock: {}\n", "spec.ingress[].from[] ? `na` podSelector"),
    ("spec:\n  ingress:\n  - from: []\n    |\n  - ports: []\n", "spec.ingress[] ? `` from"),
    ("spec:\n  ingress:\n  - from: []\n  |\n", "spec ? `` ingress"),
    ("spec:\n  ingress:\n    - from: []\n    - {}\n  eg|\n", "spec ? `eg` ingress"),
    ("spec:\n  podSelector:\n    matchLabels:\n      ap|\n", "spec.podSelector.matchLabels ^ `ap`"),
    ("spec:\n  podSel|ector: {}\n  ingress: []\n", "spec ^ `podSel`: ingress"),
    ("spec:\n  \"podSel|ector\": {}\n", "spec ^ `podSel`:"),
    ("spec:\r\n  podSelector: {}\r\n  in|\r\n", "spec ? `in` podSelector"),
    // Values.
    ("kind: |", "kind = ``"),
    ("kind: Net|\nmetadata: {}\n", "Net kind = `Net`"),
    ("kind: \"Net|\n", "kind = `Net`"),
    ("kind: \"Net|\"\n", "Net kind = `Net`"),
    ("kind:|", "-"),
    ("spec:\n  policyTypes: [Ing|", "spec.policyTypes[] = `Ing`"),
    ("spec:\n  policyTypes: [Ingress, |]\n", "spec.policyTypes[] = ``"),
    ("spec:\n  policyTypes:\n  - Ing|\n", "spec.policyTypes[] ^ `Ing`"),
    ("spec:\n  ingress:\n  - ports:\n    - port: 80\n      protocol: T|\n", "spec.ingress[].ports[].protocol = `T`"),
    ("spec:\n  podSelector:\n    matchLabels: {app: we|, tier: b}\n", "spec.podSelector.matchLabels.app = `we`"),
    ("metadata:\n  namespace: |\n", "metadata.namespace = ``"),
    // Brackets.
    ("spec: {|}", "spec ? ``"),
    ("spec: {podSelector: {}, |}", "spec ? `` podSelector"),
    ("spec: {podSelector: {}, |, egress: []}", "spec ? `` podSelector egress"),
    ("spec: {podSelector: {}, ingress: [{fr|}], egress: []}", "spec.ingress[] ? `fr`"),
    ("spec: {podSelector: {}, ingress: [{from: [], |}], egress: []}", "spec.ingress[] ? `` from"),
    ("spec: {ingress: [{from: []}, {|", "spec.ingress[] ? ``"),
    ("{\"kind\": \"NetworkPolicy\", \"spec\": {\n  \"podSelector\": {},\n  \"in|\"\n}}", "NetworkPolicy spec ? `in` podSelector"),
    ("{\"kind\": \"Pod\"} {\"kind\": \"Ser|\"}", "Ser kind = `Ser`"),
    // A bracket that is not closed does not swallow what follows.
    ("spec:\n  podSelector: {matchLabels: {\n  ingress:\n  - |\n", "spec.ingress[] ^ ``"),
    ("metadata:\n  name: \"web\n  |\n", "metadata ? `` name"),
    // Lists of objects, and documents.
    ("kind: List\nitems:\n- kind: Pod\n  spec:\n    |\n- kind: Service\n", "Pod spec ^ ``"),
    ("kind: Pod\n---\nkind: NetworkPolicy\nspec:\n  |\n---\nkind: Service\n", "NetworkPolicy spec ^ ``"),
    ("kind: Pod\n--- # a\nkind: Service\n|", "Service ? `` kind"),
    // Where there is nothing to say.
    ("kind: Pod # Ne|", "-"),
    ("# ki|", "-"),
    ("kind: Pod |", "-"),
    ("data:\n  a: |\n", "data.a = ``"),
    ("a: {b: c |}", "-"),
    ("a: \"b\" |", "-"),
    ("kind: Pod\n--|-\n", "-"),
];

fn said(text: &str, offset: usize) -> String {
    let Some(place) = place_at(text, offset) else { return "-".to_owned() };
    let mut way = String::new();
    for step in &place.steps {
        match &step.name {
            Some(name) if way.is_empty() => way.push_str(name),
            Some(name) => way.push_str(&format!(".{name}")),
            None => way.push_str("[]"),
        }
    }
    let slot = match place.slot {
        Slot::Key => "?",
        Slot::Start => "^",
        Slot::Value => "=",
    };
    let word = format!("`{}`{}", place.typed, if place.has_colon { ":" } else { "" });
    let parts = [place.kind.unwrap_or_default(), way, slot.to_owned(), word, place.present.join(" ")];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[test]
fn places() {
    let mut wrong = Vec::new();
    for (marked, expected) in CASES {
        let offset = marked.find('|').unwrap_or_default();
        let found = said(&marked.replacen('|', "", 1), offset);
        if found != *expected {
            wrong.push((*marked, found));
        }
    }
    assert_eq!(wrong, []);
}

#[test]
fn block_scalars_hold_no_fields() {
    let text = "data:\n  a: |\n    kind: P\n    \nkind: Pod\n";
    assert_eq!(said(text, text.find("P\n").unwrap_or_default() + 1), "-");
    assert_eq!(said(text, text.len()), "Pod ? `` data kind");
}

#[test]
fn what_fields_hold() {
    let text = "spec:\n  ingress:\n  - from:\n    - podSelector:\n        matchLabels:\n          app: web\n    - ipBlock: {cidr: 10.0.0.0/8}\n  egress: []\n";
    let place = place_at(text, text.find("podSel").unwrap_or_default() + 3);
    let Some(place) = place else { unreachable!() };
    let of = |range: TextRange| &text[range.start()..range.end()];
    assert_eq!(place.value.map(of).map(str::trim), Some("matchLabels:\n          app: web"));
    let steps: Vec<&str> = place.steps.iter().map(|step| of(step.value).trim()).collect();
    assert!(steps[0].ends_with("egress: []") && steps[1].ends_with("10.0.0.0/8}"), "{steps:?}");
    assert_eq!(steps[4], "podSelector:\n        matchLabels:\n          app: web");
    let peer = netpol_manifest::peer_in(text, place.steps[4].value);
    assert!(matches!(peer, Some(netpol_manifest::Peer::Pods { pod_selector: Some(_), .. })), "{peer:?}");
    let selector = place.value.and_then(|value| netpol_manifest::selector_in(text, value));
    assert_eq!(selector.map(|selector| selector.requirements.len()), Some(1));
    let inside = place_at(text, text.find("cidr").unwrap_or_default());
    let item = inside.and_then(|place| place.steps.get(4).map(|step| step.value));
    assert_eq!(item.map(of).map(str::trim), Some("ipBlock: {cidr: 10.0.0.0/8}"));
}

#[test]
fn hostile_text_is_answered_at_once() {
    let size = if cfg!(debug_assertions) { 500_000 } else { 5_000_000 };
    for piece in [
        "{a: ", "[", "- ", "a: ", "\"", "'", "a:\n", "- - a\n", "|", " ", "\n", "}", ",", "x", ": ", "\t",
        "a: |\n", "&a ", "---\n", "a: \"\n", "{\n", "# ",
    ] {
        let text = piece.repeat(size / piece.len());
        for offset in [0, text.len() / 2, text.len()] {
            // Of a text of this size, what takes time by its square takes hours.
            if let Some(place) = place_at(&text, offset) {
                assert!(place.word.start() <= offset && offset <= place.word.end(), "{piece:?} {offset}");
            }
        }
    }
    let stairs: String = (0..1000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    assert!(place_at(&stairs, stairs.len() - 1).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn any_place_of_any_text(text in "([a-c:,{}\\[\\]\"'#|> \n-]|: |- |\n  |kind|é|😀|\r\n|---\n){0,80}", at in any::<usize>()) {
        let offset = (0..=at % (text.len() + 1)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        if let Some(place) = place_at(&text, offset) {
            prop_assert!(place.word.start() <= offset && offset <= place.word.end());
            let ranges = place.steps.iter().map(|step| step.value).chain([place.word]).chain(place.value);
            for range in ranges {
                prop_assert!(text.get(range.start()..range.end()).is_some(), "{place:?}");
            }
        }
    }
}
