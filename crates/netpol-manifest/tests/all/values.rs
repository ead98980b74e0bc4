//! What objects hold, and where it stands.

use std::net::IpAddr;

use netpol_manifest::{
    Controller, Direction, NetworkPolicy, Object, Operator, Peer, PortMatch, PortTarget, Protocol, Resource,
    ServiceType, Workload, WorkloadKind, read,
};
use netpol_source::TextRange;

/// The only object of a document that has nothing said about it.
fn only(text: &str) -> Object {
    let document = read(text);
    assert_eq!(document.diagnostics, [], "{text}");
    assert_eq!(document.objects.len(), 1, "{text}");
    document.objects.into_iter().next().into_iter().collect::<Vec<_>>().swap_remove(0)
}

fn policy(text: &str) -> NetworkPolicy {
    match only(text).resource {
        Resource::NetworkPolicy(policy) => policy,
        other => unreachable!("{other:?}"),
    }
}

fn workload(text: &str) -> Workload {
    match only(text).resource {
        Resource::Workload(workload) => workload,
        other => unreachable!("{other:?}"),
    }
}

fn at(text: &str, range: TextRange) -> &str {
    &text[range.start()..range.end()]
}

const POLICY: &str = "\
# é: characters and bytes differ from here on
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web # the name
  namespace: 'shop'
spec:
  podSelector:
    matchLabels:
      app: web
    matchExpressions:
    - key: tier
      operator: NotIn
      values: [a, \"b\"]
  policyTypes:
  - Ingress
  - Egress
  ingress:
  - from:
    - podSelector: {}
      namespaceSelector:
        matchLabels: {team: é-no}
    - ipBlock:
        cidr: 10.0.0.0/8
        except:
        - 10.1.0.0/16
    ports:
    - protocol: UDP
      port: 8000
      endPort: 8080
    - port: http
    - protocol: SCTP
  - {}
  egress: []
";

#[test]
fn a_policy_and_its_places() {
    let text = POLICY.replace("é-no", "no-1");
    let object = only(&text);
    assert_eq!(at(&text, object.range), text[text.find("apiVersion").unwrap()..].trim_end());
    assert_eq!(at(&text, object.metadata.name.range), "web");
    let namespace = object.metadata.namespace.as_ref().unwrap();
    assert_eq!((namespace.value.as_str(), at(&text, namespace.range)), ("shop", "'shop'"));
    let policy = policy(&text);

    let selector = &policy.pod_selector;
    assert!(at(&text, selector.range).starts_with("matchLabels:"));
    let [label, expression] = selector.requirements.as_slice() else { unreachable!() };
    assert!(label.from_match_labels && label.operator == Operator::In);
    assert_eq!((label.key.as_str(), label.values.as_slice()), ("app", ["web".to_owned()].as_slice()));
    assert_eq!(at(&text, label.range), "app: web");
    assert!(!expression.from_match_labels && expression.operator == Operator::NotIn);
    assert_eq!(expression.values, ["a", "b"]);
    assert_eq!(at(&text, expression.range), "key: tier\n      operator: NotIn\n      values: [a, \"b\"]");

    let types = policy.policy_types.unwrap();
    assert_eq!(types.value.iter().map(|item| item.value).collect::<Vec<_>>(), Direction::BOTH);
    assert_eq!(at(&text, types.value[1].range), "Egress");

    let egress = policy.egress.unwrap();
    assert!(egress.value.is_empty());
    assert_eq!(at(&text, egress.range), "[]");

    let rules = policy.ingress.unwrap().value;
    assert_eq!(rules.len(), 2);
    assert_eq!((rules[1].peers.len(), rules[1].ports.len(), rules[1].peers_range), (0, 0, None));
    assert_eq!(at(&text, rules[1].range), "{}");
    let rule = &rules[0];
    assert!(at(&text, rule.peers_range.unwrap()).starts_with("- podSelector"));
    assert!(at(&text, rule.ports_range.unwrap()).ends_with("protocol: SCTP"));
    let [Peer::Pods { pod_selector: Some(pods), namespace_selector: Some(namespaces), .. }, block] =
        rule.peers.as_slice()
    else {
        unreachable!()
    };
    assert_eq!((pods.requirements.len(), at(&text, pods.range)), (0, "{}"));
    assert_eq!(at(&text, namespaces.requirements[0].range), "team: no-1");
    let Peer::Block { cidr, except, range } = block else { unreachable!() };
    assert!(at(&text, *range).starts_with("ipBlock:"));
    assert_eq!((cidr.value.to_string().as_str(), at(&text, cidr.range)), ("10.0.0.0/8", "10.0.0.0/8"));
    assert_eq!(at(&text, except[0].range), "10.1.0.0/16");
    let ports: Vec<_> = rule.ports.iter().map(|port| (port.protocol, port.port.clone())).collect();
    assert_eq!(
        ports,
        [
            (Protocol::Udp, PortMatch::Range(8000, 8080)),
            (Protocol::Tcp, PortMatch::Name("http".to_owned())),
            (Protocol::Sctp, PortMatch::Any),
        ]
    );
    assert_eq!(at(&text, rule.ports[0].protocol_range.unwrap()), "UDP");
    assert_eq!(at(&text, rule.ports[1].port_range.unwrap()), "http");
    assert_eq!((rule.ports[1].protocol_range, rule.ports[2].port_range), (None, None));
}

#[test]
fn what_is_absent_stays_absent() {
    let header = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n";
    let empty = policy(&format!("{header}spec:\n  podSelector:\n  policyTypes: []\n  ingress: null\n"));
    assert_eq!((empty.policy_types, empty.ingress, empty.egress), (None, None, None));
    assert_eq!(empty.pod_selector.requirements, []);
    let text = format!("{header}spec:\n  ingress: []\n");
    let listed = policy(&text);
    assert_eq!(listed.ingress.map(|ingress| ingress.value), Some(vec![]));
    assert_eq!(at(&text, listed.pod_selector.range), "ingress: []");
    let null_lists = policy(&format!("{header}spec: {{egress: [{{to: null, ports: null}}]}}"));
    let rule = &null_lists.egress.unwrap().value[0];
    assert_eq!((rule.peers.len(), rule.peers_range, rule.ports_range), (0, None, None));
}

#[test]
fn crlf_and_byte_order_marks_do_not_shift_places() {
    for text in [POLICY.replace('\n', "\r\n"), format!("\u{feff}{POLICY}")] {
        let text = text.replace("é-no", "\"b\"");
        let policy = policy(&text);
        assert_eq!(at(&text, policy.pod_selector.requirements[0].range), "app: web");
        let rules = policy.ingress.unwrap().value;
        let Peer::Block { except, .. } = &rules[0].peers[1] else { unreachable!() };
        assert_eq!(at(&text, except[0].range), "10.1.0.0/16");
        assert_eq!(at(&text, rules[0].ports[2].range), "protocol: SCTP");
    }
}

#[test]
fn json_and_yaml_give_the_same() {
    let json = r#"{
	"apiVersion": "networking.k8s.io\/v1", "kind": "NetworkPolic\u0079",
	"metadata": {"name": "a", "annotations": {"x": "\ud83d\ude00"}},
	"spec": {"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{"ports": [{"port": 80}]}]}
}"#;
    let object = only(json);
    assert_eq!(object.metadata.annotations[0].value.value, "😀");
    let Resource::NetworkPolicy(policy) = object.resource else { unreachable!() };
    let requirement = &policy.pod_selector.requirements[0];
    assert_eq!(at(json, requirement.range), "\"app\": \"web\"");
    assert_eq!(policy.ingress.unwrap().value[0].ports[0].port, PortMatch::Range(80, 80));
}

#[test]
fn numbers_in_any_notation() {
    for (written, port) in
        [("80", 80), ("0x50", 80), ("0o120", 80), ("0120", 80), ("8e1", 80), ("80.0", 80), ("8_0", 80)]
    {
        let text = format!(
            "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: a}}, \
             spec: {{ingress: [{{ports: [{{port: {written}}}]}}]}}}}"
        );
        assert_eq!(
            policy(&text).ingress.unwrap().value[0].ports[0].port,
            PortMatch::Range(port, port),
            "{written}"
        );
    }
}

#[test]
fn keys_tags_and_scalars() {
    let text = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: !!str 7\n  labels: {yes: a, 017: b, 1.50: c, d: !!binary d2Vi}\n  \
                annotations:\n    e: >-\n      folded\n      text\n    f: |\n      kept\n    g: plain\n      text\n    h: 2024-01-01\n";
    let object = only(text);
    assert_eq!(object.metadata.name.value, "7");
    let pairs = |labels: &[netpol_manifest::Label]| -> Vec<(String, String)> {
        labels.iter().map(|label| (label.key.value.clone(), label.value.value.clone())).collect()
    };
    let expect = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    assert_eq!(
        pairs(&object.metadata.labels),
        expect(&[("true", "a"), ("15", "b"), ("1.5", "c"), ("d", "web")])
    );
    let annotations = [("e", "folded text"), ("f", "kept\n"), ("g", "plain text"), ("h", "2024-01-01")];
    assert_eq!(pairs(&object.metadata.annotations), expect(&annotations));
    assert_eq!(at(text, object.metadata.annotations[2].value.range), "plain\n      text");
}

#[test]
fn anchors_aliases_and_merge_keys() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: &name web\n  labels: &labels\n    app: *name\n    tier: a\n  \
                annotations:\n    <<: *labels\n    tier: b\n    <<: [{extra: c, app: d}]\n";
    let document = read(text);
    // Two `<<` are two merges, as for go-yaml, and no duplicate key; the later one overrides.
    let said: Vec<&str> = document.diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    assert_eq!(said, ["merge-key"]);
    let object = &document.objects[0];
    assert_eq!(object.metadata.labels[0].value.value, "web");
    let annotations: Vec<(&str, &str)> = object
        .metadata
        .annotations
        .iter()
        .map(|label| (label.key.value.as_str(), label.value.value.as_str()))
        .collect();
    assert_eq!(annotations, [("tier", "b"), ("extra", "c"), ("app", "d")]);
    // An alias points at what it stands for, and does not stretch what it is used in.
    assert_eq!(at(text, object.metadata.labels[0].value.range), "&name web");
    assert!(at(text, object.range).ends_with("app: d}]"));
}

#[test]
fn a_merge_key_overrides_what_stands_before_it() {
    // The labels, what they become, and what is said of them.
    for (labels, expected, said) in [
        ("{<<: {app: base, extra: one}, app: own}", "app=own extra=one", vec![]),
        ("{app: own, <<: {app: base}}", "app=base", vec!["`app: base` from here, other parsers `app: own`"]),
        ("{app: own, <<: {app: own}}", "app=own", vec![]),
        ("{app: own, <<: [{app: first}, {app: second}]}", "app=first", vec!["`app: first` from here"]),
        ("{app: own, <<: {app: base}, app: last}", "app=last", vec!["written again", "already set"]),
        (
            "{<<: {app: a}, x: z, <<: {app: b}}",
            "x=z app=b",
            vec!["a second merge key: `kubectl` takes `app: b` from here, other parsers `app: a`"],
        ),
        (
            "{app: own, <<: {app: a}, <<: {app: b}}",
            "app=b",
            vec!["other parsers `app: own`", "other parsers `app: a`"],
        ),
        ("{app: own, <<: {app: a}, <<: {app: a}}", "app=a", vec!["other parsers `app: own`"]),
    ] {
        let text = format!("{{apiVersion: v1, kind: Pod, metadata: {{name: a, labels: {labels}}}}}");
        let document = read(&text);
        assert_eq!(document.objects.len(), 1, "{text}\n{:?}", document.diagnostics);
        let found: Vec<String> = document.objects[0]
            .metadata
            .labels
            .iter()
            .map(|label| format!("{}={}", label.key.value, label.value.value))
            .collect();
        assert_eq!(found.join(" "), expected, "{labels}");
        assert_eq!(document.diagnostics.len(), said.len(), "{labels}\n{:?}", document.diagnostics);
        for (diagnostic, words) in document.diagnostics.iter().zip(said) {
            assert_eq!(diagnostic.severity, netpol_source::Severity::Warning, "{labels}");
            assert!(diagnostic.message.contains(words), "{labels}\n{}", diagnostic.message);
        }
    }
}

#[test]
fn of_a_key_that_is_written_several_times_the_last_counts() {
    for text in [
        "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {app: 1st, tier: x, app: [], app: last}}}",
        r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": {"app": 1, "tier": "x", "app": [], "app": "last"}}}"#,
    ] {
        let document = read(text);
        let labels: Vec<(&str, &str)> = document.objects[0]
            .metadata
            .labels
            .iter()
            .map(|label| (label.key.value.as_str(), label.value.value.as_str()))
            .collect();
        assert_eq!(labels, [("tier", "x"), ("app", "last")], "{text}");
        // Every place where the key stands is marked, and says which one counts or is lost.
        let lines: Vec<(usize, usize)> = document
            .diagnostics
            .iter()
            .map(|diagnostic| (diagnostic.place.start(), diagnostic.related[0].place.start()))
            .collect();
        let keys: Vec<usize> = text.match_indices("app").map(|(key, _)| key).collect();
        let quote = usize::from(text.contains('"'));
        let [first, second, third] = keys[..] else { unreachable!("{keys:?}") };
        let expected = [(first, second), (second, first), (second, third), (third, second)];
        assert_eq!(lines, expected.map(|(place, other)| (place - quote, other - quote)), "{text}");
        assert!(document.diagnostics[0].message.contains("is lost"), "{:?}", document.diagnostics[0]);
    }
}

#[test]
fn a_generated_name_has_a_stand_in() {
    let metadata = only("{apiVersion: v1, kind: Pod, metadata: {generateName: web-}}").metadata;
    assert_eq!((metadata.name.value.as_str(), metadata.generated), ("web-*", true));
    let metadata = only("{apiVersion: v1, kind: Pod, metadata: {name: web-1, generateName: web-}}").metadata;
    assert_eq!((metadata.name.value.as_str(), metadata.generated), ("web-1", false));
    let document = read("{apiVersion: v1, kind: Pod, metadata: {generateName: web-}, specs: {}}");
    assert_eq!(document.refused[0].object.name, "web-*");
    assert_eq!(document.diagnostics[0].object.as_ref(), Some(&document.refused[0].object));
}

#[test]
fn workloads() {
    let pod = workload(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {app: web}}\nspec:\n  hostNetwork: yes\n  \
         serviceAccount: old\n  nodeName: worker\n  containers:\n  - ports: [{containerPort: 53, name: dns, protocol: UDP}]\n  \
         initContainers:\n  - {restartPolicy: Always, ports: [{containerPort: 1}]}\n  - {ports: [{containerPort: 2}]}\n\
         status: {phase: Succeeded, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: \"fd00::1\"}], hostIP: 192.0.2.1}\n",
    );
    assert_eq!(
        (pod.kind, pod.replicas, pod.host_network, pod.finished),
        (WorkloadKind::Pod, Some(1), true, true)
    );
    assert_eq!((pod.service_account.as_deref(), pod.node_name.as_deref()), (Some("old"), Some("worker")));
    assert_eq!(pod.ports.iter().map(|port| port.port).collect::<Vec<_>>(), [53, 1]);
    assert_eq!((pod.ports[0].name.as_deref(), pod.ports[0].protocol), (Some("dns"), Protocol::Udp));
    let addresses: [IpAddr; 2] = ["10.0.0.1".parse().unwrap(), "fd00::1".parse().unwrap()];
    assert_eq!((pod.pod_ips.as_slice(), pod.host_ips.len()), (addresses.as_slice(), 1));

    for (kind, api_version, before, after, expected, replicas) in [
        (
            "Deployment",
            "apps/v1",
            "replicas: 3, selector: {matchLabels: {app: web}}, ",
            "",
            WorkloadKind::Deployment,
            Some(3),
        ),
        (
            "ReplicaSet",
            "apps/v1",
            "selector: {matchLabels: {app: web}}, ",
            "",
            WorkloadKind::ReplicaSet,
            None,
        ),
        (
            "StatefulSet",
            "apps/v1",
            "replicas: 0, selector: {matchLabels: {app: web}}, ",
            "",
            WorkloadKind::StatefulSet,
            Some(0),
        ),
        ("DaemonSet", "apps/v1", "selector: {matchLabels: {app: web}}, ", "", WorkloadKind::DaemonSet, None),
        (
            "ReplicationController",
            "v1",
            "selector: {app: web}, replicas: 1, ",
            "",
            WorkloadKind::ReplicationController,
            Some(1),
        ),
        ("Job", "batch/v1", "parallelism: 4, ", "", WorkloadKind::Job, Some(4)),
        ("CronJob", "batch/v1", "jobTemplate: {spec: {parallelism: 5, ", "}}", WorkloadKind::CronJob, None),
    ] {
        let found = workload(&format!(
            "{{apiVersion: {api_version}, kind: {kind}, metadata: {{name: a, labels: {{own: x}}}}, spec: {{{before}template: \
             {{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{{ports: [{{containerPort: 80}}]}}]}}}}{after}}}}}"
        ));
        assert_eq!((found.kind, found.replicas), (expected, replicas), "{kind}");
        assert_eq!(
            found.labels.iter().map(|label| label.key.value.as_str()).collect::<Vec<_>>(),
            ["app"],
            "{kind}"
        );
        assert_eq!(found.ports[0].port, 80, "{kind}");
    }
}

#[test]
fn a_job_is_finished_when_its_status_says_so() {
    for (status, finished) in [
        ("", false),
        (", status: {active: 1, startTime: x}", false),
        (", status: {completionTime: \"2026-01-01T00:00:00Z\", succeeded: 1}", true),
        (", status: {completionTime: null}", false),
        (", status: {conditions: [{type: Complete, status: \"True\"}]}", true),
        (
            ", status: {conditions: [{type: Suspended, status: \"True\"}, {type: Failed, status: \"True\"}]}",
            true,
        ),
        (
            ", status: {conditions: [{type: Complete, status: \"False\"}, {type: FailureTarget, status: \"True\"}]}",
            false,
        ),
        // What the API server sets is never refused.
        (", status: {conditions: {type: Complete, status: \"True\"}}", false),
        (", status: {conditions: [Complete, {type: 1, status: true}]}", false),
        (", status: 7", false),
    ] {
        let job = workload(&format!(
            "{{apiVersion: batch/v1, kind: Job, metadata: {{name: a}}, spec: {{template: {{}}}}{status}}}"
        ));
        assert_eq!(job.finished, finished, "{status}");
    }
    let cron_job = workload(
        "{apiVersion: batch/v1, kind: CronJob, metadata: {name: a}, spec: {jobTemplate: {spec: {template: {}}}}, \
         status: {completionTime: x}}",
    );
    assert!(!cron_job.finished);
}

#[test]
fn the_pods_of_a_stateful_set_are_numbered_from_its_start() {
    for (ordinals, first) in [("", 0), ("ordinals: {}, ", 0), ("ordinals: {start: 5}, ", 5)] {
        let found = workload(&format!(
            "{{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: a}}, spec: {{{ordinals}selector: {{matchLabels: \
             {{app: a}}}}, template: {{metadata: {{labels: {{app: a}}}}}}}}}}"
        ));
        assert_eq!(found.first_ordinal, first, "{ordinals}");
    }
}

#[test]
fn annotations_that_have_metrics_scraped() {
    let scrape = |annotations: &str| {
        let metadata = format!("metadata: {{name: web, annotations: {annotations}, labels: {{a: b}}}}");
        let containers = "spec: {containers: [{name: c, image: i}]}";
        let pod = format!("{{apiVersion: v1, kind: Pod, {metadata}, {containers}}}");
        let of_pod = workload(&pod).scrape;
        let template = format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web}}, spec: {{selector: {{matchLabels: {{a: b}}}}, \
             template: {{{metadata}, {containers}}}}}}}"
        );
        let of_template = workload(&template).scrape;
        let service =
            format!("{{apiVersion: v1, kind: Service, {metadata}, spec: {{ports: [{{port: 80}}]}}}}");
        let Resource::Service(of_service) = only(&service).resource else { unreachable!("{service}") };
        for (text, found) in [(&pod, of_pod), (&template, of_template), (&service, of_service.scrape)] {
            assert_eq!(found.map(|one| one.port), of_pod.map(|one| one.port), "{text}");
            assert!(found.is_none_or(|one| at(text, one.range) == "'true'"), "{text}");
        }
        of_pod.map(|one| one.port)
    };
    assert_eq!(scrape("{prometheus.io/scrape: 'true', prometheus.io/port: '8080', x: z}"), Some(Some(8080)));
    assert_eq!(scrape("{prometheus.io/scrape: 'true'}"), Some(None));
    assert_eq!(scrape("{prometheus.io/scrape: 'true', prometheus.io/port: '0'}"), Some(None));
    assert_eq!(scrape("{prometheus.io/scrape: 'true', prometheus.io/port: metrics}"), Some(None));
    for off in ["{prometheus.io/scrape: 'false'}", "{prometheus.io/port: '8080'}", "{}"] {
        assert_eq!(scrape(off), None, "{off}");
    }
}

#[test]
fn services_and_routes() {
    let Resource::Service(service) = only(
        "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: NodePort, selector: {app: web}, clusterIP: 10.0.0.1, \
         clusterIPs: [10.0.0.1], externalIPs: [192.0.2.1], ports: [{port: 80, name: a}, {port: 443, name: b, targetPort: https}, \
         {port: 53, name: c, protocol: UDP, targetPort: 5353}]}}",
    )
    .resource
    else {
        unreachable!()
    };
    assert_eq!(
        (service.service_type, service.cluster_ips.len(), service.external_ips.len()),
        (ServiceType::NodePort, 1, 1)
    );
    let targets: Vec<_> = service.ports.iter().map(|port| port.target.clone()).collect();
    assert_eq!(
        targets,
        [PortTarget::Number(80), PortTarget::Name("https".to_owned()), PortTarget::Number(5353)]
    );

    let Resource::Ingress(ingress) = only(
        "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a}, spec: {defaultBackend: {service: {name: x, port: \
         {name: http}}}, rules: [{host: b}, {http: {paths: [{pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}, \
         {pathType: Exact, backend: {resource: {kind: Bucket, name: z}}}]}}]}}",
    )
    .resource
    else {
        unreachable!()
    };
    let backends: Vec<_> =
        ingress.backends.iter().map(|backend| (backend.service.as_str(), backend.port.clone())).collect();
    assert_eq!(
        backends,
        [("x", Some(PortTarget::Name("http".to_owned()))), ("web", Some(PortTarget::Number(80)))]
    );

    let Resource::Route(route) = only(
        "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: a}, spec: {parentRefs: [{name: g}], rules: \
         [{backendRefs: [{name: x, namespace: other, port: 80, weight: 1}, {name: b, group: storage.example.com, kind: Bucket}]}]}}",
    )
    .resource
    else {
        unreachable!()
    };
    assert_eq!(route.backends.len(), 1);
    assert_eq!(route.backends[0].namespace.as_deref(), Some("other"));
}

#[test]
fn a_live_dump_reads_without_a_word() {
    let text = include_str!("live-dump.yaml");
    let document = read(text);
    assert_eq!(document.diagnostics, []);
    assert_eq!(document.refused, []);
    assert_eq!(
        document.ignored.iter().map(|ignored| ignored.object.kind.as_str()).collect::<Vec<_>>(),
        [""; 0]
    );
    let names: Vec<String> = document
        .objects
        .iter()
        .map(|object| format!("{}/{}", object.kind, object.metadata.name.value))
        .collect();
    assert_eq!(
        names,
        [
            "Namespace/shop",
            "Pod/web-7d9c6b8f5d-x2x7k",
            "ReplicaSet/web-7d9c6b8f5d",
            "Deployment/web",
            "DaemonSet/agent",
            "CronJob/report",
            "Job/report-28573920",
            "Service/web",
            "Endpoints/web",
            "NetworkPolicy/web",
            "Ingress/web",
            "Node/worker-1",
        ]
    );
    let pod = &document.objects[1];
    let controller = Controller {
        group: "apps".to_owned(),
        kind: "ReplicaSet".to_owned(),
        name: "web-7d9c6b8f5d".to_owned(),
    };
    assert_eq!(pod.metadata.controller, Some(controller));
    let Resource::Workload(workload) = &pod.resource else { unreachable!() };
    assert_eq!(workload.ports.iter().map(|port| port.port).collect::<Vec<_>>(), [8080, 9090, 15090]);
    let Resource::Node(node) = &document.objects[11].resource else { unreachable!() };
    assert_eq!(node.addresses.len(), 1);
}

#[test]
fn many_warnings_keep_out_no_mistake() {
    let twice = "    app: a\n".repeat(500);
    let text = format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n{twice}    [b]: c\n");
    let document = read(&text);
    assert!(document.objects.is_empty());
    assert_eq!(
        document.diagnostics.iter().filter(|diagnostic| diagnostic.code.as_str() == "invalid-key").count(),
        1
    );
}

#[test]
fn mapped_addresses_of_a_status_are_of_ipv4() {
    let pod = workload(
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, status: {podIP: \"::ffff:10.0.0.5\", podIPs: [{ip: 10.0.0.5}, {ip: \"fd00::5\"}], \
         hostIP: \"::FFFF:c000:0201\"}}",
    );
    let addresses: [IpAddr; 2] = ["10.0.0.5".parse().unwrap(), "fd00::5".parse().unwrap()];
    assert_eq!(pod.pod_ips, addresses);
    assert_eq!(pod.host_ips, ["192.0.2.1".parse::<IpAddr>().unwrap()]);
}
