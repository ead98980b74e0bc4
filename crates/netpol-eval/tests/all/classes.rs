//! What an evaluation tells of peers that are alike, and of the items that match them.

use std::collections::BTreeMap;
use std::sync::Arc;

use netpol_eval::{Cluster, Evaluation, IpBlockPods, Options, PeerId, PolicyId};
use netpol_manifest::Direction;
use netpol_source::{SourceFile, Sources};

const TEXT: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: shop, annotations: {owner: web-team}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: main, image: example}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: main, image: example}]}
---
apiVersion: v1
kind: Pod
metadata: {name: spy, namespace: shop, labels: {app: spy}}
spec: {containers: [{name: main, image: example}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress: [{from: [{podSelector: {matchLabels: {app: web}}}, {ipBlock: {cidr: 10.0.0.0/8}}]}]
";

fn evaluation() -> Evaluation {
    evaluation_of(TEXT, IpBlockPods::default())
}

fn evaluation_of(text: &str, ip_block_pods: IpBlockPods) -> Evaluation {
    let sources = Sources::new(vec![SourceFile { name: "test.yaml".to_owned(), text: text.to_owned() }]);
    let documents = sources.documents().map(|(id, text)| (id, Arc::new(netpol_manifest::read(&text))));
    Evaluation::new(Cluster::build(documents), Options { ip_block_pods, ..Options::default() })
}

fn peer(evaluation: &Evaluation, name: &str) -> Option<PeerId> {
    let found = evaluation.peer_ids().find(|(_, peer)| peer.workload().is_some_and(|one| one.name == name));
    found.map(|(id, _)| id)
}

#[test]
fn an_item_matches_what_it_lists() {
    let evaluation = evaluation();
    for (id, _) in evaluation.peer_ids() {
        for item in 0..3 {
            let mut listed = evaluation.item_peers(PolicyId(0), Direction::Ingress, 0, item);
            let matches = evaluation.item_matches(PolicyId(0), Direction::Ingress, 0, item, id);
            assert_eq!(matches, listed.any(|peer| peer == id), "{id:?} {item}");
        }
    }
    let web = peer(&evaluation, "web").unwrap();
    assert!(evaluation.item_matches(PolicyId(0), Direction::Ingress, 0, 0, web));
    assert!(!evaluation.item_matches(PolicyId(0), Direction::Egress, 0, 0, web));
}

#[test]
fn classes_reach_what_their_peers_reach() {
    let evaluation = evaluation();
    for (source, _) in evaluation.peer_ids() {
        assert!(evaluation.class(source) < evaluation.class_count());
        let reached: BTreeMap<_, _> = evaluation.reached_classes(evaluation.class(source)).collect();
        for (destination, _) in evaluation.peer_ids().filter(|(id, _)| *id != source) {
            let allowed = Some(evaluation.allowed(source, destination)).filter(|allowed| !allowed.is_empty());
            assert_eq!(reached.get(&evaluation.class(destination)).copied(), allowed);
        }
    }
    assert_eq!(evaluation.reached_classes(evaluation.class_count()).count(), 0);
}

#[test]
fn atoms_are_what_rules_tell_apart() {
    let evaluation = evaluation();
    let [web, db, spy] = ["web", "db", "spy"].map(|name| evaluation.atom(peer(&evaluation, name).unwrap()));
    assert_ne!(web, spy);
    // The policy selects one and not the other.
    assert_ne!(db, spy);
}

#[test]
fn namespaces_keep_their_annotations() {
    let evaluation = evaluation();
    let shop = evaluation.cluster().namespaces.first().unwrap();
    assert_eq!(shop.annotations.get("owner").map(String::as_str), Some("web-team"));
}

#[test]
fn who_may_be_excepted_is_not_certain() {
    let cases = [
        ("cidr: 0.0.0.0/0, except: [10.0.0.0/8]", false, true),
        // Under another reading it matches no pod of unknown address.
        ("cidr: 0.0.0.0/0", true, true),
        ("cidr: 10.0.0.0/8", false, false),
    ];
    for (block, is_open, is_uncertain) in cases {
        let text = TEXT.replace("{podSelector: {matchLabels: {app: web}}}, ", "");
        let text = text.replace("cidr: 10.0.0.0/8", block);
        let evaluation = evaluation_of(&text, IpBlockPods::AnyAddress);
        let [web, db] = ["web", "db"].map(|name| peer(&evaluation, name).unwrap());
        assert_eq!(!evaluation.allowed(web, db).is_empty(), is_open, "{block}");
        assert_eq!(evaluation.is_uncertain(web, db), is_uncertain, "{block}");
        assert!(!evaluation.is_uncertain(db, web), "{block}");
    }
}
