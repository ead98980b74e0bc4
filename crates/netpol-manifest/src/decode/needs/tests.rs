use proptest::prelude::*;

use super::super::{decode, untried};
use crate::document::{Document, Limits};
use crate::options::ReadOptions;
use crate::yaml;

/// Live objects, with more in them than is read.
const LIVE: &str = "apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    annotations:
      kubectl.kubernetes.io/last-applied-configuration: |
        {\"apiVersion\":\"v1\",\"kind\":\"Pod\"}
    creationTimestamp: \"2026-01-01T00:00:00Z\"
    labels: {app: web}
    managedFields:
    - apiVersion: v1
      fieldsType: FieldsV1
      fieldsV1:
        f:metadata:
          f:labels:
            .: {}
            f:app: {}
      manager: kubectl
    name: web
    namespace: shop
    ownerReferences:
    - apiVersion: apps/v1
      controller: true
      kind: ReplicaSet
      name: web-1
      uid: a
    uid: b
  spec:
    containers:
    - env:
      - name: A
        value: b
      image: i
      name: c
      ports:
      - containerPort: 80
        name: http
      resources: {}
      volumeMounts:
      - mountPath: /x
        name: v
    initContainers:
    - {name: side, image: i, restartPolicy: Always, ports: [{containerPort: 81}]}
    nodeName: n1
    tolerations:
    - effect: NoExecute
      key: node.kubernetes.io/not-ready
    volumes:
    - name: v
      emptyDir: {}
  status:
    conditions:
    - type: Ready
      status: \"True\"
    containerStatuses:
    - name: c
      message: 'long
        text'
    hostIP: 10.0.0.1
    hostIPs:
    - ip: 10.0.0.1
    phase: Running
    podIP: 10.244.0.5
    podIPs:
    - ip: 10.244.0.5
- apiVersion: v1
  kind: Node
  metadata: {name: n1}
  spec: {podCIDR: 10.244.0.0/24}
  status:
    addresses:
    - {address: 10.0.0.1, type: InternalIP}
    capacity: {cpu: '2'}
- apiVersion: batch/v1
  kind: Job
  metadata: {name: j}
  spec:
    template:
      metadata: {labels: {a: b}}
      spec: {containers: [{name: c, image: i}], restartPolicy: Never}
  status:
    completionTime: null
    conditions:
    - status: 'True'
      type: Complete
    succeeded: 1
- apiVersion: apps/v1
  kind: StatefulSet
  metadata: {name: s}
  spec:
    ordinals: {start: 1}
    template:
      metadata: {annotations: {a: b}, labels: {a: b}}
      spec: {containers: [{name: c, image: i, env: [{name: A}]}], hostAliases: [{ip: 10.0.0.1}]}
    volumeClaimTemplates:
    - metadata: {name: v}
- apiVersion: networking.k8s.io/v1
  kind: Ingress
  metadata: {name: i}
  spec:
    defaultBackend: {service: {name: s, port: {number: 80}}}
    tls: [{hosts: [a]}]
    rules:
    - http: {paths: [{path: /, pathType: Prefix, backend: {resource: null, service: {name: s, port: {number: 1}}}}]}
- apiVersion: v1
  data:
    a: b
  kind: ConfigMap
  metadata: {name: c}
- apiVersion: v1
  kind: Service
  metadata: {name: s}
  spec:
    clusterIP: 10.1.0.1
    ipFamilies:
    - IPv4
    ports:
    - port: 80
    selector: {app: web}
  status:
    loadBalancer: {}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: p}
  spec:
    podSelector: {}
    ingress:
    - from:
      - podSelector: {matchLabels: {app: web}}
      ports:
      - port: http
  status: {}
- apiVersion: gateway.networking.k8s.io/v1
  kind: HTTPRoute
  metadata: {name: r}
  spec:
    parentRefs: [{name: g}]
    rules:
    - matches: [{path: {value: /}}]
      backendRefs: [{name: s, port: 80}]
kind: List
metadata:
  resourceVersion: \"\"
";

/// The same with nothing left out.
fn whole(text: &str) -> Document {
    let limits = Limits::default();
    decode(yaml::parse_within(text, limits.aliases, None), ReadOptions::default(), limits)
}

fn agrees(text: &str) {
    let (one, other) = (format!("{:#?}", untried(text)), format!("{:#?}", whole(text)));
    let differs = one.lines().zip(other.lines()).find(|(one, other)| one != other);
    assert_eq!((differs, one.len()), (None, other.len()), "{text}");
}

#[test]
fn what_is_left_out_makes_no_difference() {
    agrees(LIVE);
    for item in LIVE.split("\n- ").skip(1) {
        agrees(&item.replace("\n  ", "\n"));
    }
    assert_eq!(untried(LIVE).objects.len(), 8);
}

#[test]
fn nothing_is_kept_of_what_is_left_out() {
    let nodes = |text: &str, needs: Option<&mut dyn yaml::Shape>| {
        format!("{:?}", yaml::parse_within(text, 0, needs).tree).matches("Node {").count()
    };
    let needed = nodes(LIVE, Some(&mut super::Needs::default()));
    let all = nodes(LIVE, None);
    assert!(needed < all * 7 / 8, "{needed} of {all}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nor_does_it_where_lines_are_lost_doubled_or_moved(changes in proptest::collection::vec((0..200_usize, 0..200_usize, 0..5_u8), 1..6)) {
        let mut lines: Vec<&str> = LIVE.split_inclusive('\n').collect();
        for (at, other, change) in changes {
            let (at, other) = (at % lines.len(), other % lines.len());
            match change {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at]),
                2 => lines.insert(at, lines[other]),
                3 => lines.swap(at, other),
                _ => lines[at] = lines[other],
            }
        }
        agrees(&lines.concat());
    }
}
