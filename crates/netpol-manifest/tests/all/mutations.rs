//! Whatever is done to a manifest, reading it answers, and the answer hangs together.

use netpol_manifest::{Document, Resource, read};
use netpol_source::{ObjectRef, Severity, TextRange};
use proptest::prelude::*;

const SOUND: &str = include_str!("live-dump.yaml");

const POLICY: &str = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a, labels: &l {app: é}}\nspec:\n  \
                      podSelector:\n    matchLabels: {<<: *l, tier: \"b\"}\n  policyTypes: [Ingress]\n  ingress:\n  - from:\n    - \
                      ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}\n    ports:\n    - {port: 80, endPort: 90}\n";

const CLUSTER_POLICY: &str = "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: a}\nspec:\n  \
                              tier: Admin\n  priority: 5\n  subject: {pods: {namespaceSelector: {}, podSelector: {}}}\n  egress:\n  - \
                              action: Deny\n    to:\n    - networks: [10.0.0.0/8]\n    - domainNames: [a.example]\n    - other: {}\n    \
                              ports:\n    - portNumber: {port: 80}\n  - {action: Allow, to: [{nodes: {}}], protocols: [{tcp: \
                              {destinationPort: {range: {start: 1, end: 9}}}}]}\n";

const ADMIN_POLICY: &str = "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: a}\nspec:\n  \
                            priority: 5\n  subject: {namespaces: {}}\n  ingress:\n  - action: Pass\n    from:\n    - namespaces: \
                            {}\n    ports:\n    - portRange: {start: 1, end: 9}\n    - namedPort: web\n";

const JSON: &str = "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": \
                    {\"name\": \"\\u0061\"}, \"spec\": {\"ports\": [{\"port\": 80}]}}]}";

const PIECES: &[&str] = &[
    "- ", "? ", ": ", ":", "{", "}", "[", "]", ",", "&a ", "*a", "*l", "!", "!!str ", "!!int ", "|\n",
    ">-\n", "'", "\"", "\\", " #", "#", "%", "@", "`", "\n", "\r\n", "\r", "\t", "  ", "---", "<<: ", "~",
    "null", "yes", "0x", "\u{feff}", "\0", "😀", "\\ud83d", "a: ", "- - ", "{{", "1e9", "-1", "\u{85}",
    "\u{2028}",
];

#[derive(Clone, Debug)]
enum Change {
    Insert(usize, usize),
    Remove(usize, usize),
    Repeat(usize, usize),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        (any::<usize>(), 0..PIECES.len()).prop_map(|(at, piece)| Change::Insert(at, piece)),
        (any::<usize>(), 1..30_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        (any::<usize>(), 1..60_usize).prop_map(|(at, length)| Change::Repeat(at, length)),
    ];
    prop::collection::vec(change, 0..12)
}

fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

fn changed(text: &str, changes: &[Change]) -> String {
    let mut text = text.to_owned();
    for change in changes {
        let (Change::Insert(at, _) | Change::Remove(at, _) | Change::Repeat(at, _)) = change;
        let at = boundary(&text, at % (text.len() + 1));
        match change {
            Change::Insert(_, piece) => text.insert_str(at, PIECES.get(*piece).copied().unwrap_or_default()),
            Change::Remove(_, length) => {
                let end = boundary(&text, at + length).max(at);
                text.replace_range(at..end, "");
            }
            Change::Repeat(_, length) => {
                let end = boundary(&text, at + length).max(at);
                let piece = text[at..end].to_owned();
                text.insert_str(at, &piece);
            }
        }
    }
    text
}

/// Places are pieces of the text, in order; a refused object has its error; an accepted one has none.
fn hangs_together(text: &str, document: &Document) {
    let is_piece = |range: TextRange| text.get(range.start()..range.end()).is_some();
    for diagnostic in &document.diagnostics {
        assert!(is_piece(diagnostic.place), "{diagnostic:?}");
        assert!(diagnostic.related.iter().all(|related| is_piece(related.place)), "{diagnostic:?}");
        assert!(!diagnostic.message.contains(['\n', '\0']), "{diagnostic:?}");
    }
    assert!(document.diagnostics.is_sorted_by_key(|diagnostic| diagnostic.place));
    let errors = || document.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    for refused in &document.refused {
        assert!(is_piece(refused.range));
        // What is in a text that cannot be read, or in a list of lists, is refused with all of it.
        let is_told = |object: &ObjectRef| *object == refused.object;
        assert!(errors().any(|error| error.object.as_ref().is_none_or(is_told)), "{refused:?}");
    }
    for object in &document.objects {
        assert!(is_piece(object.range));
        assert!(!object.metadata.name.value.is_empty());
        assert!(
            errors().all(|error| error.object.is_none() || !object.range.contains(error.place)),
            "{object:?}"
        );
        if let Resource::NetworkPolicy(policy) = &object.resource {
            assert!(is_piece(policy.pod_selector.range));
            let rules = policy.ingress.iter().chain(&policy.egress).flat_map(|rules| &rules.value);
            for peer in rules.flat_map(|rule| &rule.peers) {
                assert!(is_piece(peer.range()));
            }
        }
        if let Resource::ClusterPolicy(policy) = &object.resource {
            assert!(is_piece(policy.tier.range) && is_piece(policy.subject.range));
            for rule in policy.ingress.iter().chain(&policy.egress) {
                assert!(!rule.peers.is_empty());
                assert!(rule.peers.iter().all(|peer| is_piece(peer.range())));
                let ports = rule.ports.iter();
                assert!(ports.clone().all(|ports| is_piece(ports.range) && !ports.value.is_empty()));
                assert!(ports.flat_map(|ports| &ports.value).all(|port| is_piece(port.range)));
            }
        }
    }
    assert!(document.ignored.iter().all(|kind| is_piece(kind.kind)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn changed_manifests(changes in changes(), base in prop::sample::select(vec![SOUND, POLICY, CLUSTER_POLICY, ADMIN_POLICY, JSON])) {
        let text = changed(base, &changes);
        let document = read(&text);
        hangs_together(&text, &document);
        prop_assert_eq!(format!("{:?}", read(&text)), format!("{document:?}"));
    }

    #[test]
    fn pieces_without_order(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        let text = pieces.concat();
        hangs_together(&text, &read(&text));
    }

    #[test]
    fn places_survive_what_stands_before(comment in "[ -~é😀]{0,40}") {
        let text = format!("# {comment}\n{POLICY}");
        let shift = text.len() - POLICY.len();
        let (before, after) = (read(POLICY), read(&text));
        let moved = |range: TextRange| TextRange::new(range.start() + shift, range.end() + shift);
        prop_assert_eq!(moved(before.refused[0].range), after.refused[0].range);
        let places = |document: &Document, shift: fn(TextRange) -> TextRange| -> Vec<TextRange> {
            document.diagnostics.iter().map(|diagnostic| shift(diagnostic.place)).collect()
        };
        let expected: Vec<TextRange> = places(&before, |range| range).into_iter().map(moved).collect();
        prop_assert_eq!(expected, places(&after, |range| range));
    }
}
