//! Policies that stand alone get pods that satisfy their selectors.

use netpol_view::Analyzer;
use netpol_view::contract::{Options, PeerType, SourceFile, Summary};

fn analyzer(texts: &[&str]) -> Analyzer {
    let mut analyzer = Analyzer::new(Options::default());
    let files = texts.iter().map(|text| SourceFile { name: "a.yaml".to_owned(), text: (*text).to_owned() });
    analyzer.set_files(files.collect());
    analyzer
}

/// What is there with the pods, which have to be read without a problem and leave nothing hypothetical.
fn with_pods(policies: &str) -> (String, Summary) {
    let pods = analyzer(&[policies]).example_pods().unwrap_or_default();
    let after = analyzer(&[policies, &pods]).summary();
    assert_eq!(after.diagnostics, [], "{pods}");
    let left: Vec<&str> = after
        .peers
        .iter()
        .filter(|peer| peer.peer_type == PeerType::Hypothetical)
        .map(|peer| peer.id.as_str())
        .collect();
    assert_eq!(left, [""; 0], "{pods}");
    assert_eq!(after.checks.unjudged, [""; 0]);
    (pods, after)
}

fn policy(name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: shop}}\nspec: {spec}\n"
    )
}

#[test]
fn a_policy_gets_the_pods_that_it_speaks_of() {
    let text = policy(
        "web",
        "{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: front}}}], \
         ports: [{port: http}]}]}",
    );
    let (pods, _) = with_pods(&text);
    assert_eq!(
        pods,
        "\
# Example pods for the selectors of the policies. Change them to your own.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: front
  namespace: shop
spec:
  selector:
    matchLabels:
      app: front
  template:
    metadata:
      labels:
        app: front
    spec:
      containers:
        - name: main
          image: registry.k8s.io/pause:3.10
          ports:
            - containerPort: 80
              name: http
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: main
          image: registry.k8s.io/pause:3.10
          ports:
            - containerPort: 80
              name: http
---
apiVersion: v1
kind: Pod
metadata:
  name: other
  namespace: shop
spec:
  containers:
    - name: main
      image: registry.k8s.io/pause:3.10
      ports:
        - containerPort: 80
          name: http
---
apiVersion: v1
kind: Namespace
metadata:
  name: elsewhere
---
apiVersion: v1
kind: Pod
metadata:
  name: other
  namespace: elsewhere
spec:
  containers:
    - name: main
      image: registry.k8s.io/pause:3.10
      ports:
        - containerPort: 80
          name: http
"
    );
}

#[test]
fn selectors_of_every_kind_are_satisfied() {
    for spec in [
        "{podSelector: {}}",
        "{podSelector: {matchExpressions: [{key: tier, operator: In, values: [\"1\", \"2\"]}]}}",
        "{podSelector: {matchExpressions: [{key: \"on\", operator: Exists}, {key: \"off\", operator: DoesNotExist}]}}",
        "{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [other, example]}]}}",
        "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: \"true\"}}, podSelector: {matchLabels: {a: b}}}]}]}",
        "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}]}]}",
        "{podSelector: {}, egress: [{to: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, \
         operator: NotIn, values: [shop]}]}, podSelector: {matchLabels: {a: b}}}], ports: [{port: 53, protocol: UDP}, \
         {port: 53}, {port: 1000, endPort: 2000}]}]}",
    ] {
        with_pods(&policy("one", spec));
    }
}

#[test]
fn the_training_policies_get_pods() {
    for text in [
        include_str!("../../../../examples/training/1-default-deny.yaml"),
        include_str!("../../../../examples/training/2-ingress-to-specific-pods.yaml"),
        include_str!("../../../../examples/training/3-egress-to-external-endpoints.yaml"),
        include_str!("../../../../examples/training/5-namespace-isolation.yaml"),
    ] {
        with_pods(text);
    }
}

#[test]
fn names_stay_apart_and_declared_namespaces_as_they_are() {
    let text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}}\n".to_owned()
        + &policy("one", "{podSelector: {matchLabels: {app: web, tier: one}}}")
        + &policy("two", "{podSelector: {matchLabels: {app: web, tier: two}}}")
        + &policy("three", "{podSelector: {matchLabels: {app: Web_1.2}}}");
    let (pods, after) = with_pods(&text);
    assert!(!pods.contains("name: shop\n---"), "{pods}");
    let ids: Vec<&str> = after.peers.iter().map(|peer| peer.id.as_str()).collect();
    for id in ["shop/web[Deployment]", "shop/web-2[Deployment]", "shop/web-1-2[Deployment]"] {
        assert!(ids.contains(&id), "{ids:?}");
    }
}

#[test]
fn where_nothing_is_hypothetical_there_is_nothing_to_add() {
    assert_eq!(analyzer(&[""]).example_pods(), None);
    let policy = policy("one", "{podSelector: {}}");
    let (pods, _) = with_pods(&policy);
    assert_eq!(analyzer(&[&policy, &pods]).example_pods(), None, "{pods}");
}
