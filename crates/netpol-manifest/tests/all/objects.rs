//! What is accepted, refused and ignored of all other kinds, lists and documents, and what is said of it.

use netpol_manifest::read;

use crate::common;

/// A document; how many objects are accepted, refused and ignored; and what is said.
type Case = (&'static str, (usize, usize, usize), &'static [&'static str]);

#[rustfmt::skip]
const CASES: &[Case] = &[
    ("# nothing here", (0, 0, 0), &[]),
    ("null", (0, 0, 0), &["error not-an-object - `null`"]),
    ("web", (0, 0, 0), &["error not-an-object - `web`"]),
    ("- kind: Pod", (0, 0, 0), &["error not-an-object - `- kind: Pod`"]),
    ("a: 1", (0, 0, 0), &["error missing-kind kind `a`"]),
    ("kind: Pod\nmetadata: {name: a}", (0, 1, 0), &["error missing-api-version apiVersion `Pod`"]),
    ("kind: networkpolicy\nmetadata: {name: a}", (0, 1, 0), &["error missing-api-version apiVersion `networkpolicy`"]),
    ("apiVersion: v1\nmetadata: {name: a}", (0, 1, 0), &["error missing-kind kind `apiVersion`"]),
    ("{apiVersion: 1, kind: Pod, metadata: {name: a}}", (0, 1, 0), &["error wrong-type apiVersion `1`"]),
    ("{apiVersion: extensions/v1beta1, kind: NetworkPolicy, metadata: {name: a}}", (0, 0, 1), &["error wrong-api-version apiVersion `extensions/v1beta1`"]),
    ("{apiVersion: extensions/v1beta1, kind: Ingress, metadata: {name: a}}", (0, 1, 0), &["error wrong-api-version apiVersion `extensions/v1beta1`"]),
    ("{apiVersion: crd.projectcalico.org/v1, kind: NetworkPolicy, metadata: {name: a}, spec: {selector: all(), types: [Ingress]}}", (0, 0, 1), &[]),
    ("{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: a}, spec: {endpointSelector: {}}}", (0, 0, 1), &[]),
    ("{apiVersion: networking.k8s.io/v1beta1, kind: NetworkPolicy, metadata: {name: a}}", (0, 1, 0), &["error wrong-api-version apiVersion `networking.k8s.io/v1beta1`"]),
    ("{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: a}}", (0, 1, 0), &["error wrong-api-version apiVersion `apps/v1beta1`"]),
    ("{apiVersion: batch/v1beta1, kind: CronJob, metadata: {name: a}}", (0, 1, 0), &["error wrong-api-version apiVersion `batch/v1beta1`"]),
    ("{apiVersion: v1, kind: Deployment, metadata: {name: a}}", (0, 1, 0), &["error wrong-api-version apiVersion `v1`"]),
    ("{apiVersion: networking.k8s.io/v1, kind: networkpolicy, metadata: {name: a}}", (0, 1, 0), &["error unknown-kind kind `networkpolicy`"]),
    ("{apiVersion: v1, kind: ConfigMap, metadata: {name: A_B}, data: {a: 1}}", (0, 0, 1), &[]),
    ("{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: a}}", (0, 1, 0), &["error missing-field spec `apiVersion`"]),
    ("{apiVersion: policy.networking.k8s.io/v1, kind: AdminNetworkPolicy, metadata: {name: a}}", (0, 0, 1), &[]),
    ("{apiVersion: policy.networking.k8s.io/v1alpha1, kind: ClusterNetworkPolicy, metadata: {name: a}, spec: 7}", (0, 0, 1), &[]),
    ("{apiVersion: policy.networking.k8s.io/v1beta1, kind: ClusterNetworkPolicy, metadata: {name: a, namespace: b}, spec: {tier: Admin, priority: 0, subject: {namespaces: {}}}}", (1, 0, 0), &["warning forbidden-namespace metadata.namespace `b`"]),
    ("{apiVersion: policy.networking.k8s.io/v1beta1, kind: ClusterNetworkPolicyList, items: [{metadata: {name: a}, spec: {tier: Admin, priority: 0, subject: {namespaces: {}}}}]}", (1, 0, 0), &[]),
    ("{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicyList, items: [{metadata: {name: a}, spec: {priority: 0, subject: {namespaces: {}}}}, {metadata: {name: b}, spec: {}}]}", (1, 1, 0), &["error missing-field spec.priority `spec`", "error missing-field spec.subject `spec`"]),
    ("{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, metadata: {name: default}, spec: {subject: {namespaces: {}}}}", (1, 0, 0), &[]),
    ("{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, metadata: {name: other}, spec: {subject: {namespaces: {}}}}", (0, 1, 0), &["error invalid-name metadata.name `other`"]),
    ("{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, metadata: {generateName: default}, spec: {subject: {namespaces: {}}}}", (0, 1, 0), &["error invalid-name metadata.generateName `default`"]),
    ("{apiVersion: policy.networking.k8s.io/v1alpha1, kind: adminnetworkpolicies, metadata: {name: a}}", (0, 1, 0), &["error unknown-kind kind `adminnetworkpolicies`"]),
    ("{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, spec: 7}", (0, 0, 1), &[]),
    ("{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {team: b}}}", (1, 0, 0), &[]),
    ("{apiVersion: v1, kind: Namespace, metadata: {name: a, namespace: b}}", (1, 0, 0), &["warning forbidden-namespace metadata.namespace `b`"]),
    ("{apiVersion: v1, kind: Node, metadata: {name: a, namespace: B_}}", (1, 0, 0), &["warning forbidden-namespace metadata.namespace `B_`"]),
    ("{apiVersion: v1, kind: Namespace, metadata: {name: a.b}}", (0, 1, 0), &["error invalid-name metadata.name `a.b`"]),
    ("{apiVersion: v1, kind: Pod}", (0, 1, 0), &["error missing-name metadata.name `apiVersion`"]),
    ("{apiVersion: v1, kind: Pod, metadata: {}}", (0, 1, 0), &["error missing-name metadata.name `metadata`"]),
    (r#"{apiVersion: v1, kind: Pod, metadata: {name: ""}}"#, (0, 1, 0), &["error missing-name metadata.name `metadata`"]),
    ("{apiVersion: v1, kind: Pod, metadata: {name: 7}}", (0, 1, 0), &["error wrong-type metadata.name `7`"]),
    ("{apiVersion: v1, kind: Pod, metadata: {name: Web_1, namespace: A.b}}", (0, 1, 0), &["error invalid-name metadata.name `Web_1`", "error invalid-namespace metadata.namespace `A.b`"]),
    ("{apiVersion: v1, kind: Pod, metadata: {generateName: web-}}", (1, 0, 0), &[]),
    ("{apiVersion: v1, kind: Pod, metadata: {generateName: Web-}}", (0, 1, 0), &["error invalid-name metadata.generateName `Web-`"]),
    ("{apiVersion: v1, kind: Pod, metadata: [name]}", (0, 1, 0), &["error wrong-type metadata `[name]`"]),
    ("{apiVersion: v1, kind: Pod, metdata: {name: a}}", (0, 1, 0), &["error missing-name metadata.name `apiVersion`", "error unknown-field metdata `metdata`"]),
    ("{apiVersion: v1, kind: Pod, name: a, metadata: {name: a, lables: {a: b}}}", (0, 1, 0), &["error unknown-field name `name`", "error unknown-field metadata.lables `lables`"]),
    ("{apiVersion: v1, kind: Pod, metadata: {name: a, annotations: {a/b/c: x, Example.com/y: x, z: true}}}", (0, 1, 0), &["error invalid-annotation metadata.annotations `a/b/c`", "error wrong-type metadata.annotations[z] `true`"]),
    (r#"{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {hostNetwork: "true", containers: [{name: a, image: b, imagePullPolcy: x}]}}"#, (0, 1, 0), &[r#"error wrong-type spec.hostNetwork `"true"`"#, "error unknown-field spec.containers[0].imagePullPolcy `imagePullPolcy`"]),
    ("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{ports: [{containerPort: 80, name: http}, {containerPort: 81, name: http}]}]}}", (0, 1, 0), &["error duplicate-port-name spec.containers[0].ports[1].name `http`"]),
    (r#"{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{ports: [{containerPort: "80"}, {containerPort: 0}, {name: a}, {containerPort: 80, protocol: udp}, {containerPort: 80, name: A}, {containerPort: 80, hostPort: 70000}, {port: 80}]}]}}"#, (0, 1, 0), &[r#"error wrong-type spec.containers[0].ports[0].containerPort `"80"`"#, "error port-out-of-range spec.containers[0].ports[1].containerPort `0`", "error missing-field spec.containers[0].ports[2].containerPort `name`", "error unsupported-protocol spec.containers[0].ports[3].protocol `udp`", "error invalid-port-name spec.containers[0].ports[4].name `A`", "error port-out-of-range spec.containers[0].ports[5].hostPort `70000`", "error unknown-field spec.containers[0].ports[6].port `port`", "error missing-field spec.containers[0].ports[6].containerPort `port`"]),
    (r#"{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{ports: [{containerPort: 80, protocol: ""}, {containerPort: 81, protocol: null, name: ""}]}]}}"#, (1, 0, 0), &[]),
    ("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: {name: a}}}", (0, 1, 0), &["error wrong-type spec.containers `{name: a}`"]),
    ("{apiVersion: v1, kind: Pod, metadata: {name: a}, status: {podIP: x, phase: Failed}}", (1, 0, 0), &["warning invalid-address status.podIP `x`"]),
    ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}}}}", (1, 0, 0), &[]),
    ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: b}}}}}", (0, 1, 0), &["error selector-mismatch spec.template.metadata.labels `app: b`"]),
    ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {selector: {matchLabels: {app: a}}, template: {spec: {}}}}", (0, 1, 0), &["error selector-mismatch spec.template.metadata.labels `template`"]),
    ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {template: {metadata: {labels: {app: b}}}}}", (1, 0, 0), &["warning missing-selector spec.selector `template`"]),
    ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {selector: {}, template: {metadata: {labels: {app: b}}}}}", (0, 1, 0), &["error empty-selector spec.selector `{}`"]),
    ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {selector: {matchLabels: {app: a}}}}", (0, 1, 0), &["error missing-field spec.template `spec`"]),
    ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}", (0, 1, 0), &["error missing-field spec `apiVersion`"]),
    ("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: -1, replica: 2, selector: {matchLabels: {app: a}}, template: {labels: {app: a}, metadata: {labels: {app: a}}}}}", (0, 1, 0), &["error invalid-count spec.replicas `-1`", "error unknown-field spec.replica `replica`", "error unknown-field spec.template.labels `labels`"]),
    (r#"{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a}, spec: {replicas: "3", selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}}}}"#, (0, 1, 0), &[r#"error wrong-type spec.replicas `"3"`"#]),
    ("{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a}, spec: {ordinals: {start: -1}, selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}}}}", (0, 1, 0), &["error invalid-count spec.ordinals.start `-1`"]),
    ("{apiVersion: v1, kind: ReplicationController, metadata: {name: a}, spec: {selector: {app: a}, template: {metadata: {labels: {app: b}}}}}", (0, 1, 0), &["error selector-mismatch spec.template.metadata.labels `app: b`"]),
    ("{apiVersion: v1, kind: ReplicationController, metadata: {name: a}, spec: {template: {metadata: {labels: {app: b}}}}}", (1, 0, 0), &[]),
    ("{apiVersion: batch/v1, kind: Job, metadata: {name: a}, spec: {parallelism: 2, template: {metadata: {labels: {app: a}}, spec: {restartPolicy: Never}}}}", (1, 0, 0), &[]),
    (r#"{apiVersion: batch/v1, kind: CronJob, metadata: {name: a}, spec: {schedule: "* * * * *", jobTemplate: {spec: {template: {spec: {hostNetwork: yes}}}}}}"#, (1, 0, 0), &[]),
    (r#"{apiVersion: batch/v1, kind: CronJob, metadata: {name: a}, spec: {schedule: "* * * * *", jobTemplate: {spec: {templates: {}}}}}"#, (0, 1, 0), &["error missing-field spec.jobTemplate.spec.template `spec`", "error unknown-field spec.jobTemplate.spec.templates `templates`"]),
    ("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {selector: {app: a}, ports: [{port: 80, targetPort: http}]}}", (1, 0, 0), &[]),
    ("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {selector: {matchLabels: {app: a}}, ports: [{port: 80}]}}", (0, 1, 0), &["error wrong-type spec.selector `matchLabels`"]),
    ("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}, {port: 81, name: a}, {port: 82, name: a}, {targetPort: 80, name: b}]}}", (0, 1, 0), &["error missing-field spec.ports[0].name `port`", "error duplicate-port-name spec.ports[2].name `a`", "error missing-field spec.ports[3].port `targetPort`"]),
    (r#"{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80, protocol: ""}]}}"#, (1, 0, 0), &[]),
    (r#"{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80, targetPort: "8080", protocol: http}]}}"#, (0, 1, 0), &[r#"error quoted-port spec.ports[0].targetPort `"8080"`"#, "error unsupported-protocol spec.ports[0].protocol `http`"]),
    ("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: Loadbalancer, clusterIP: x, externalIPs: [1.2.3]}}", (0, 1, 0), &["error unsupported-type spec.type `Loadbalancer`", "error invalid-address spec.clusterIP `x`", "error invalid-address spec.externalIPs[0] `1.2.3`"]),
    ("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80, name: a}, {port: 80, name: b}, {port: 80, protocol: UDP, name: c}]}}", (0, 1, 0), &["error duplicate-port spec.ports[1] `{port: 80, name: b}`"]),
    ("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: ExternalName}}", (0, 1, 0), &["error missing-field spec.externalName `spec`"]),
    ("{apiVersion: v1, kind: Pod, metadata: {name: a, ownerReferences: [{apiVersion: v1, kind: A, name: a, controller: true}, {apiVersion: v1, kind: B, name: b, controller: true}, {apiVersion: v1, knid: B, name: c}]}}", (0, 1, 0), &["error several-controllers metadata.ownerReferences `[{apiVersion: v1, kind: A, name: a, controller: true}, {apiVersion: v1, kind: B, name: b, controller: true}, {apiVersion: v1, knid: B, name: c}]`", "error missing-field metadata.ownerReferences[2].kind `apiVersion`", "error unknown-field metadata.ownerReferences[2].knid `knid`"]),
    ("{apiVersion: v1, kind: Pod, metadata: {name: a, ownerReferences: [{kind: ReplicaSet, name: b, uid: c, controller: true}]}}", (0, 1, 0), &["error missing-field metadata.ownerReferences[0].apiVersion `kind`"]),
    (r#"{apiVersion: v1, kind: Pod, metadata: {name: a, ownerReferences: [{apiVersion: apps/, kind: "", name: , uid: c}]}}"#, (0, 1, 0), &["error missing-field metadata.ownerReferences[0].name `apiVersion`", "error missing-field metadata.ownerReferences[0].apiVersion `apps/`", "error missing-field metadata.ownerReferences[0].kind `\"\"`"]),
    ("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {clusterIP: None}}", (1, 0, 0), &[]),
    ("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: ExternalName, externalName: example.com}}", (1, 0, 0), &[]),
    ("{apiVersion: v1, kind: Service, metadata: {name: a}}", (0, 1, 0), &["error missing-field spec `apiVersion`"]),
    ("{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a}, spec: {rules: [{http: {paths: [{path: /, backend: {serviceName: a, servicePort: 80}}]}}]}}", (0, 1, 0), &["error missing-field spec.rules[0].http.paths[0].pathType `path`", "error missing-field spec.rules[0].http.paths[0].backend.service `backend`", "error unknown-field spec.rules[0].http.paths[0].backend.serviceName `serviceName`", "error unknown-field spec.rules[0].http.paths[0].backend.servicePort `servicePort`"]),
    ("{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a}, spec: {defaultBackend: {service: {name: a, port: {}}}, rules: [{http: {paths: [{pathType: prefix, backend: {service: {port: {number: 1, name: a}}}}, {pathType: Exact}]}}]}}", (0, 1, 0), &["error missing-field spec.defaultBackend.service.port `{}`", "error unsupported-type spec.rules[0].http.paths[0].pathType `prefix`", "error missing-field spec.rules[0].http.paths[0].backend.service.name `service`", "error ambiguous-port spec.rules[0].http.paths[0].backend.service.port `{number: 1, name: a}`", "error missing-field spec.rules[0].http.paths[1].backend `pathType`"]),
    ("{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: a}, spec: {rules: [{backendRefs: [{name: a, port: 80}, {port: 0}, {name: b, kind: Foo}]}]}}", (0, 1, 0), &["error missing-field spec.rules[0].backendRefs[1].name `port`", "error port-out-of-range spec.rules[0].backendRefs[1].port `0`"]),
    ("{apiVersion: v1, kind: Node, metadata: {name: a}, status: {addresses: [{type: InternalIP, address: 10.0.0.1}, {type: Hostname, address: a}, {type: ExternalIP, address: b}]}}", (1, 0, 0), &["warning invalid-address status.addresses[2].address `b`"]),
    ("{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: a}}, {apiVersion: v1, kind: PodList, items: [{metadata: {name: b}}, {}]}, 7, {kind: Pod, metadata: {name: c}}]}", (2, 2, 0), &["error missing-name metadata.name `{}`", "error not-an-object - `7`", "error missing-api-version apiVersion `Pod`"]),
    ("{apiVersion: v1, kind: Node, metadata: {name: a}, status: {addresses: [7, {type: 1}, {type: InternalIP, address: [a]}, {type: InternalIP, address: 10.0.0.1}]}}", (1, 0, 0), &["warning wrong-type status.addresses[0] `7`", "warning wrong-type status.addresses[1].type `1`", "warning wrong-type status.addresses[2].address `[a]`"]),
    ("{apiVersion: v1, kind: Node, metadata: {name: a}, status: [a]}", (1, 0, 0), &["warning wrong-type status `[a]`"]),
    ("{apiVersion: v1, kind: Pod, metadata: {name: a}, status: {podIP: 10, phase: {}, podIPs: 7, hostIPs: [x, {ip: yes}]}}", (1, 0, 0), &["warning wrong-type status.podIP `10`", "warning wrong-type status.phase `{}`", "warning wrong-type status.podIPs `7`", "warning wrong-type status.hostIPs[0] `x`", "warning wrong-type status.hostIPs[1].ip `yes`"]),
    ("{apiVersion: v1, kind: Pod, metadata: {name: a}, status: 7, spec: []}", (0, 1, 0), &["warning wrong-type status `7`", "error wrong-type spec `[]`"]),
    ("{apiVersion: v1, kind: List, itmes: [], items: [{apiVersion: v1, kind: Pod, metadata: {name: a}}]}", (1, 0, 0), &["warning unknown-field itmes `itmes`"]),
    ("{apiVersion: v1, kind: List, items: {}}", (0, 0, 0), &["error wrong-type items `{}`"]),
    ("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a, name: b}\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n  data: {a: 1, a: 2}\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: c}\n", (2, 0, 1), &["warning duplicate-key metadata.name `name`", "warning duplicate-key metadata.name `name`", "warning duplicate-key data.a `a`", "warning duplicate-key data.a `a`"]),
    (r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": {"app": "a", "app": "b"}}}"#, (1, 0, 0), &[r#"warning duplicate-key metadata.labels.app `"app"`"#, r#"warning duplicate-key metadata.labels.app `"app"`"#]),
];

#[test]
fn documents() {
    for (text, (accepted, refused, ignored), expected) in CASES {
        let document = read(text);
        common::fixes_hold(text);
        assert_eq!(common::said(text, &document), *expected, "{text}");
        let found = (document.objects.len(), document.refused.len(), document.ignored.len());
        assert_eq!(found, (*accepted, *refused, *ignored), "{text}");
    }
}

#[test]
fn versions_that_are_gone_say_since_when() {
    for (kind, api_version, expected) in [
        (
            "NetworkPolicy",
            "extensions/v1beta1",
            "`extensions/v1beta1` NetworkPolicy is gone since Kubernetes 1.16: write `apiVersion: networking.k8s.io/v1`",
        ),
        (
            "CronJob",
            "batch/v1beta1",
            "`batch/v1beta1` CronJob is gone since Kubernetes 1.25: write `apiVersion: batch/v1`",
        ),
        ("Pod", "apps/v1", "`apps/v1` has no kind `Pod`: write `apiVersion: v1`"),
    ] {
        let document =
            read(&format!("{{apiVersion: {api_version}, kind: {kind}, metadata: {{name: a}}, spec: {{}}}}"));
        assert_eq!(document.diagnostics[0].message, expected);
    }
}

#[test]
fn policies_of_other_kinds_and_versions_are_known_for_policies() {
    for (kind, api_version, is_policy) in [
        ("NetworkPolicy", "extensions/v1beta1", true),
        ("NetworkPolicy", "crd.projectcalico.org/v1", true),
        ("NetworkPolicy", "projectcalico.org/v3", true),
        ("GlobalNetworkPolicy", "projectcalico.org/v3", true),
        ("CiliumNetworkPolicy", "cilium.io/v2", true),
        ("EgressFirewall", "k8s.ovn.org/v1", true),
        ("EgressNetworkPolicy", "network.openshift.io/v1", true),
        ("MultiNetworkPolicy", "k8s.cni.cncf.io/v1beta1", true),
        ("PodDisruptionBudget", "policy/v1", false),
    ] {
        let document = read(&format!(
            "{{apiVersion: {api_version}, kind: {kind}, metadata: {{name: a, namespace: b}}, spec: {{}}}}"
        ));
        let [ignored] = document.ignored.as_slice() else { unreachable!("{kind} {api_version}") };
        assert_eq!(ignored.is_policy, is_policy, "{kind} {api_version}");
        let group = api_version.split('/').next().unwrap_or_default();
        let object = &ignored.object;
        assert_eq!(
            (object.group.as_str(), object.kind.as_str(), object.namespace.as_deref(), object.name.as_str()),
            (group, kind, Some("b"), "a")
        );
    }
}

#[test]
fn what_a_template_of_openshift_holds_is_named_and_not_evaluated() {
    const POLICY: &str = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: \"${NS}\"}, spec: {x: 1}}";
    const SERVICE: &str = "{apiVersion: v1, kind: Service, metadata: {name: s}}";
    for (version, objects, holds, policies) in [
        ("template.openshift.io/v1", POLICY.to_owned(), "1 NetworkPolicy", 1),
        ("v1", format!("{POLICY}, {SERVICE}, {POLICY}"), "2 NetworkPolicies and 1 other object", 2),
        (
            "template.openshift.io/v1",
            format!(
                "{SERVICE}, {SERVICE}, {}",
                POLICY.replace("networking.k8s.io/v1", "crd.projectcalico.org/v1")
            ),
            "1 policy of another kind and 2 other objects",
            1,
        ),
        ("template.openshift.io/v1", format!("{SERVICE}, {SERVICE}"), "2 objects", 0),
        ("template.openshift.io/v1", String::new(), "nothing", 0),
    ] {
        let text =
            format!("{{apiVersion: {version}, kind: Template, metadata: {{name: t}}, objects: [{objects}]}}");
        let document = read(&text);
        assert_eq!(common::said(&text, &document), ["warning openshift-template - `Template`"], "{text}");
        let message = &document.diagnostics[0].message;
        assert!(message.contains(&format!("it holds {holds}")), "{message}");
        assert!(message.contains("`oc process -f "), "{message}");
        assert_eq!(document.diagnostics[0].object.as_ref().map(|object| object.name.as_str()), Some("t"));
        assert!(document.objects.is_empty() && document.refused.is_empty());
        let counted: Vec<_> = document.ignored.iter().filter(|ignored| ignored.is_policy).collect();
        assert_eq!(counted.len(), policies, "{text}");
        if let Some(policy) = counted.first() {
            assert_eq!(policy.object.namespace.as_deref(), Some("${NS}"));
            assert_eq!(&text[policy.kind.start()..policy.kind.end()], "NetworkPolicy");
        }
    }
    for odd in ["7", "{}", "[7, {}, {kind: 7}, null]"] {
        let text = format!("{{apiVersion: template.openshift.io/v1, kind: Template, objects: {odd}}}");
        assert_eq!(common::said(&text, &read(&text)), ["warning openshift-template - `Template`"], "{text}");
    }
}

#[test]
fn a_kustomization_is_a_kind_like_others() {
    let text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [policy.yaml]\n";
    let document = read(text);
    assert_eq!((common::said(text, &document), document.ignored.len()), (Vec::new(), 1));
    assert!(!document.ignored[0].is_policy);
}
