//! What is said of single cells and connections.

use netpol_view::Phase;
use netpol_view::contract::{Connection, Options, PortWanted, PortsWanted, Protocol, SourceFile};
use netpol_view::{Analyzer, Step};

const TEXT: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: s, labels: {app: db}}
spec: {containers: [{name: main, ports: [{containerPort: 5432}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: debug, namespace: s}
spec: {containers: [{name: main}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: s}
spec: {podSelector: {}, policyTypes: [Ingress, Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/16}}]}]}
";

fn analyzer() -> Analyzer {
    let mut analyzer = Analyzer::new(Options::default());
    analyzer.set_files(vec![SourceFile { name: "a.yaml".to_owned(), text: TEXT.to_owned() }]);
    analyzer
}

#[test]
fn a_single_pod_that_policies_select_is_isolated_and_reaches_itself() {
    let explanation = analyzer().explain("s/db[Pod]", "s/db[Pod]").unwrap();
    assert_eq!(explanation.allowed.text, "all");
    for end in [explanation.egress, explanation.ingress] {
        assert!(end.isolated);
        assert!(end.steps[0].reason.contains("a pod always reaches itself"), "{}", end.steps[0].reason);
    }
}

#[test]
fn what_a_change_opens_beyond_its_cell_is_said() {
    let mut analyzer = analyzer();
    let mend = analyzer.explain("s/debug[Pod]", "s/db[Pod]").unwrap().mend.unwrap();
    assert_eq!(
        mend,
        "open TCP 5432 for egress of s/debug and ingress to s/db; `debug` has no labels, so every pod of `s` is meant"
    );
    assert_eq!(analyzer.mend("s/debug[Pod]", "s/db[Pod]", None).unwrap().message, mend);
}

#[test]
fn a_range_is_asked_about_as_it_is_shown() {
    let mut analyzer = analyzer();
    let mut destination = |text: &str| {
        let connection = Connection {
            source: "db".to_owned(),
            destination: text.to_owned(),
            protocol: Protocol::Tcp,
            port: 80,
        };
        analyzer.query(&connection).map(|verdict| (verdict.connection.destination, verdict.allowed))
    };
    assert_eq!(destination("10.0.0.0/16"), Ok(("external:10.0.0.0/16".to_owned(), true)));
    assert_eq!(destination("10.0.7.9"), Ok(("external:10.0.0.0/16".to_owned(), true)));
    let (other, allowed) = destination("any other IPv4 address").unwrap();
    assert!(other.starts_with("external:") && !allowed, "{other}");
    assert!(destination("10.0.0.0/15").is_err());
}

#[test]
fn a_name_that_is_nobodys_comes_with_the_nearest_ones() {
    let mut analyzer = analyzer();
    let mut said = |text: &str| analyzer.reach(text, "s/db").unwrap_err().to_string();
    assert!(said("s/debgu").ends_with("; the nearest names are `s/debug`"), "{}", said("s/debgu"));
    assert!(said("other/debug").ends_with("; the nearest names are `s/debug`"));
    assert!(said("something-else").ends_with("; write such as `shop/cart` or `10.0.0.1`"));
    assert!(said(&"d".repeat(10_000)).ends_with("; write such as `shop/cart` or `10.0.0.1`"));
}

#[test]
fn all_that_is_allowed_is_told_by_names_as_by_ids() {
    let mut analyzer = analyzer();
    let reach = analyzer.reach("debug", "s/db").unwrap();
    assert_eq!((reach.source.as_str(), reach.destination.as_str()), ("s/debug[Pod]", "s/db[Pod]"));
    assert_eq!(Some(reach.explanation), analyzer.explain("s/debug[Pod]", "s/db[Pod]"));
}

#[test]
fn an_annotation_that_silences_nothing_is_a_problem() {
    let text =
        TEXT.replace("{name: deny,", "{name: deny, annotations: {netpol.playground/ignore: 'NP201, NP021'},");
    let mut analyzer = Analyzer::new(Options::default());
    analyzer.set_files(vec![SourceFile { name: "a.yaml".to_owned(), text }]);
    let found: Vec<String> = analyzer.summary().diagnostics.into_iter().map(|one| one.message).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("no rule is called `NP021`, so this silences nothing"), "{found:?}");
}

#[test]
fn a_pod_is_asked_about_by_its_own_name() {
    let text = TEXT.to_owned()
        + "---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ring, namespace: s}
spec:
  replicas: 2
  selector: {matchLabels: {app: ring}}
  template: {metadata: {labels: {app: ring}}, spec: {containers: [{name: main, image: i}]}}
---
apiVersion: v1
kind: Pod
metadata:
  name: cart-7d4b9-x2x1z
  namespace: s
  labels: {app: cart}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: cart-7d4b9, uid: u, controller: true}]
spec: {containers: [{name: main, image: i}]}
";
    let mut analyzer = Analyzer::new(Options::default());
    analyzer.set_files(vec![SourceFile { name: "a.yaml".to_owned(), text }]);
    let mut source = |source: &str| {
        let [source, destination] = [source, "10.0.0.1"].map(str::to_owned);
        let connection = Connection { source, destination, protocol: Protocol::Tcp, port: 80 };
        analyzer.query(&connection).map(|verdict| verdict.connection.source)
    };
    assert_eq!(source("s/cart-7d4b9-x2x1z").as_deref(), Ok("s/cart-7d4b9[ReplicaSet]"));
    assert_eq!(source("cart-7d4b9-x2x1z").as_deref(), Ok("s/cart-7d4b9[ReplicaSet]"));
    assert_eq!(source("s/ring-1").as_deref(), Ok("s/ring[StatefulSet]"));
    for nobody in ["s/ring-2", "s/ring-01", "s/ring-+1", "s/ring-", "other/ring-0"] {
        assert!(source(nobody).is_err(), "{nobody}");
    }
}

#[test]
fn a_long_step_is_heard_from_within() {
    let mut analyzer = analyzer();
    let phases = std::cell::RefCell::new(Vec::new());
    while analyzer.step_with(&|phase, done| phases.borrow_mut().push((phase, done))) != Step::Found {}
    let phases = phases.into_inner();
    assert!(phases.iter().all(|(_, done)| (0.0..=1.0).contains(done)), "{phases:?}");
    for (phase, fewest) in [(Phase::Reading, 3), (Phase::Evaluating, 2), (Phase::Finding, 30)] {
        let heard = phases.iter().filter(|(of, _)| *of == phase).count();
        assert!(heard >= fewest, "{phase:?}: {phases:?}");
    }
    let before = std::cell::Cell::new(0);
    let heard = |_: Phase, _: f64| before.set(before.get() + 1);
    analyzer.mend_with("s/debug[Pod]", "s/db[Pod]", PortsWanted::Declared, &heard).unwrap();
    assert!(before.get() > 0, "a change is evaluated as a whole");
}

#[test]
fn a_change_opens_the_ports_that_are_asked_for() {
    let mut analyzer = analyzer();
    let mut opened = |ports| {
        let preview = analyzer.mend_with("s/debug[Pod]", "s/db[Pod]", ports, &|_, _| ()).unwrap();
        let change = preview
            .changes
            .into_iter()
            .find(|change| change.source == "s/debug[Pod]" && change.destination == "s/db[Pod]");
        change.unwrap().after.text
    };
    assert_eq!(opened(PortsWanted::Declared), "TCP 5432");
    let port = PortWanted { protocol: Protocol::Udp, port: 53 };
    assert_eq!(opened(PortsWanted::One(port)), "UDP 53");
    assert_eq!(opened(PortsWanted::Every), "all");
}

/// Two pods of one StatefulSet, of which policies may treat one otherwise than the other.
const RING: &str = "\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata: {name: ring-0, namespace: s, labels: {app: ring}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: ring, uid: r, controller: true}]}
  spec: {nodeName: one, containers: [{name: main, image: i}]}
  status: {podIP: 10.0.0.17, hostIP: 192.0.2.1}
- apiVersion: v1
  kind: Pod
  metadata: {name: ring-1, namespace: s, labels: {app: ring}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: ring, uid: r, controller: true}]}
  spec: {nodeName: two, containers: [{name: main, image: i}]}
  status: {podIP: 10.0.0.18, hostIP: 192.0.2.2}
- apiVersion: v1
  kind: Pod
  metadata: {name: web, namespace: s, labels: {app: web}}
  spec: {nodeName: one, containers: [{name: main, image: i}]}
  status: {podIP: 10.0.0.9, hostIP: 192.0.2.1}
";

fn asked(policy: &str, source: &str, destination: &str) -> netpol_view::contract::Verdict {
    let mut analyzer = Analyzer::new(Options::default());
    let file = |name: &str, text: &str| SourceFile { name: name.to_owned(), text: text.to_owned() };
    analyzer.set_files(vec![file("ring.yaml", RING), file("policy.yaml", policy)]);
    let (source, destination) = (source.to_owned(), destination.to_owned());
    let connection = Connection { source, destination, protocol: Protocol::Tcp, port: 80 };
    let Ok(verdict) = analyzer.query(&connection) else { unreachable!("{connection:?}") };
    verdict
}

#[test]
fn a_question_about_one_pod_is_answered_for_this_pod() {
    let admin = "\
{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: p}, spec: {tier: Admin,
priority: 1, subject: {namespaces: {}}, egress: [{action: Accept, to: [{networks: [10.0.0.17/32]}]}, {action: Deny, to:
[{networks: [0.0.0.0/0]}]}]}}";
    let block = "\
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: s}, spec: {podSelector:
{matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.17/32}}]}]}}";
    for policy in [admin, block] {
        for (pod, name, allowed) in [
            ("ring-0", "ring-0", true),
            ("10.0.0.17", "ring-0", true),
            ("s/ring-1", "ring-1", false),
            ("10.0.0.18", "ring-1", false),
        ] {
            let verdict = asked(policy, "web", pod);
            assert_eq!((verdict.allowed, verdict.destination_pod.as_deref()), (allowed, Some(name)), "{pod}");
            assert_eq!(verdict.connection.destination, "s/ring[StatefulSet]");
            assert_eq!(verdict.source_pod, None);
            let uncertain = verdict.caveats.iter().any(|caveat| caveat.contains("does not tell all"));
            assert!(!uncertain, "{:?}", verdict.caveats);
        }
        // The workload as a whole: what holds for each of its pods.
        let verdict = asked(policy, "web", "ring");
        assert_eq!((verdict.allowed, verdict.destination_pod), (false, None));
    }
}

#[test]
fn two_pods_of_one_workload_are_two_ends() {
    let block = "\
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: s}, spec: {podSelector: {},
policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.17/32}}]}]}}";
    let verdict = asked(block, "ring-1", "ring-0");
    assert!(verdict.allowed && verdict.source_pod.as_deref() == Some("ring-1"), "{verdict:?}");
    assert!(verdict.ingress.steps[0].reason.contains("s/ring (ring-0)"), "{:?}", verdict.ingress.steps);
    assert!(!asked(block, "ring-0", "ring-1").allowed);
    assert!(asked(block, "ring-1", "ring-1").allowed, "a pod reaches itself");
    // Beside its workload as a whole, and towards an address outside.
    assert!(!asked(block, "ring-1", "ring").allowed);
    assert!(!asked(block, "ring-1", "203.0.113.1").allowed);
}

#[test]
fn one_pod_is_on_one_node() {
    let deny = "\
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: s}, spec: {podSelector: {}}}";
    assert!(asked(deny, "192.0.2.1", "ring-0").allowed, "from its own node");
    let other = asked(deny, "192.0.2.2", "ring-0");
    assert!(!other.allowed);
    assert!(
        !other.caveats.iter().any(|caveat| caveat.contains("traffic between a node")),
        "{:?}",
        other.caveats
    );
}
