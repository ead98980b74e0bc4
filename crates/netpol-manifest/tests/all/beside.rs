//! What is read of the objects that stand beside policies: what calls whom, who scrapes, and whose roles there are.

use std::net::IpAddr;

use netpol_manifest::{
    MonitoredNamespaces, MonitoredPortName, Object, PortTarget, Protocol, Resource, ServiceEndpoint, read,
};
use netpol_source::TextRange;

/// The only object of a document that nothing is wrong with beyond what is left aside.
fn only(text: &str) -> Object {
    let document = read(text);
    assert!(document.refused.is_empty(), "{:?}\n{text}", document.diagnostics);
    let [object] = &document.objects[..] else { unreachable!("one object: {text}") };
    object.clone()
}

fn at(text: &str, range: TextRange) -> &str {
    &text[range.start()..range.end()]
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

#[test]
fn webhooks_that_services_serve() {
    for kind in ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"] {
        let text = format!(
            "apiVersion: admissionregistration.k8s.io/v1\nkind: {kind}\nmetadata: {{name: hooks}}\nwebhooks:\n- name: a.example\n  \
             clientConfig: {{service: {{namespace: ops, name: a, path: /x, port: 8443}}}}\n- name: b.example\n  failurePolicy: \
             Ignore\n  clientConfig: {{service: {{namespace: ops, name: b}}, caBundle: Zm9v}}\n- name: outside\n  clientConfig: \
             {{url: 'https://example.com'}}\n- name: mistaken\n  clientConfig: {{service: {{name: c, port: none}}}}\n"
        );
        let object = only(&text);
        assert_eq!(object.reference().namespace, None);
        let Resource::Webhooks(hooks) = object.resource else { panic!("{kind}") };
        let found: Vec<_> = hooks
            .iter()
            .map(|one| (one.name.as_str(), one.fails, one.service.name.as_str(), one.service.port))
            .collect();
        assert_eq!(found, [("a.example", true, "a", 8443), ("b.example", false, "b", 443)]);
        assert_eq!(hooks[0].service.namespace, "ops");
        assert_eq!(at(&text, hooks[1].service.range), "{namespace: ops, name: b}");
    }
}

#[test]
fn api_services() {
    let service = |spec: &str| {
        let text = format!(
            "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {{name: v1.metrics.k8s.io}}\nspec: {{{spec}group: \
             metrics.k8s.io, version: v1}}\n"
        );
        let Resource::ApiService(service) = only(&text).resource else { panic!("{text}") };
        service.map(|ServiceEndpoint { namespace, name, port, .. }| (namespace, name, port))
    };
    let metrics = |port| Some(("kube-system".to_owned(), "metrics-server".to_owned(), port));
    assert_eq!(service("service: {namespace: kube-system, name: metrics-server}, "), metrics(443));
    assert_eq!(
        service("service: {namespace: kube-system, name: metrics-server, port: 4443}, "),
        metrics(4443)
    );
    // The API server itself, and no name.
    assert_eq!(service(""), None);
    assert_eq!(service("service: null, "), None);
    assert_eq!(service("service: {namespace: kube-system}, "), None);
}

#[test]
fn addresses_behind_services() {
    let endpoints = |text: &str| {
        let Resource::Endpoints(endpoints) = only(text).resource else { panic!("{text}") };
        let subsets = endpoints.subsets.into_iter().map(|one| (one.addresses, one.ports));
        (endpoints.service, subsets.collect::<Vec<_>>())
    };
    let slice = |of: &str, kind: &str, list: &str| {
        endpoints(&format!(
            "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: web-x1, namespace: shop{of}}}\naddressType: \
             {kind}\nports: [{{name: http, port: 8080}}, {{port: 53, protocol: UDP}}, {{name: any}}]\nendpoints: [{list}]\n"
        ))
    };
    let of = ", labels: {kubernetes.io/service-name: web}";
    let ports = vec![(Protocol::Tcp, 8080), (Protocol::Udp, 53)];
    let list = "{addresses: [10.0.0.1], conditions: {ready: false}}, {addresses: [10.0.0.2, 'x']}";
    assert_eq!(
        slice(of, "IPv4", list),
        (Some("web".to_owned()), vec![(addresses(&["10.0.0.1", "10.0.0.2"]), ports.clone())])
    );
    assert_eq!(slice("", "IPv6", "{addresses: ['fd00::1']}").0, None);
    assert_eq!(slice(of, "FQDN", "{addresses: [web.example]}").1, [(Vec::new(), ports.clone())]);
    let text = "apiVersion: v1\nkind: Endpoints\nmetadata: {name: kubernetes}\nsubsets:\n- addresses: [{ip: 172.18.0.2}, {ip: \
                172.18.0.3}]\n  notReadyAddresses: [{ip: 172.18.0.4}]\n  ports: [{name: https, port: 6443}]\n- ports: [{port: 1}]\n";
    assert_eq!(
        endpoints(text),
        (
            Some("kubernetes".to_owned()),
            vec![
                (addresses(&["172.18.0.2", "172.18.0.3"]), vec![(Protocol::Tcp, 6443)]),
                (Vec::new(), vec![(Protocol::Tcp, 1)])
            ]
        )
    );
}

#[test]
fn monitors() {
    let monitor = |kind: &str, spec: &str| {
        let text = format!(
            "apiVersion: monitoring.coreos.com/v1\nkind: {kind}\nmetadata: {{name: web, namespace: ops}}\nspec: {{{spec}}}\n"
        );
        let Resource::Monitor(monitor) = only(&text).resource else { panic!("{text}") };
        monitor
    };
    let of_services = monitor(
        "ServiceMonitor",
        "selector: {matchLabels: {app: web}}, endpoints: [{port: http, interval: 30s}, {targetPort: 9100}, {targetPort: metrics}, \
         {path: /x}]",
    );
    assert!(!of_services.of_pods);
    assert_eq!(of_services.namespaces, MonitoredNamespaces::Own);
    assert_eq!(of_services.selector.requirements.len(), 1);
    let ports: Vec<MonitoredPortName> = of_services.ports.into_iter().map(|one| one.port).collect();
    let target = |target| MonitoredPortName::Target(target);
    assert_eq!(
        ports,
        [
            MonitoredPortName::Name("http".to_owned()),
            target(PortTarget::Number(9100)),
            target(PortTarget::Name("metrics".to_owned())),
        ]
    );
    let of_pods = monitor(
        "PodMonitor",
        "selector: {}, namespaceSelector: {matchNames: [shop, '', data]}, podMetricsEndpoints: [{portNumber: 9100}], endpoints: \
         [{port: no}]",
    );
    assert!(of_pods.of_pods);
    assert_eq!(of_pods.namespaces, MonitoredNamespaces::Named(vec!["shop".to_owned(), "data".to_owned()]));
    let ports: Vec<MonitoredPortName> = of_pods.ports.into_iter().map(|one| one.port).collect();
    assert_eq!(ports, [target(PortTarget::Number(9100))]);
    let any = "selector: {}, namespaceSelector: {any: true, matchNames: [shop]}";
    assert_eq!(monitor("PodMonitor", any).namespaces, MonitoredNamespaces::Any);
}

#[test]
fn who_has_a_role() {
    let subjects = "subjects: [{kind: ServiceAccount, name: web}, {kind: ServiceAccount, name: db, namespace: data}, {kind: User, \
                    name: 'system:serviceaccount:ops:agent'}, {kind: User, name: jane}, {kind: Group, name: \
                    'system:serviceaccounts'}]";
    for (kind, namespace, own) in
        [("RoleBinding", ", namespace: shop", "shop"), ("ClusterRoleBinding", "", "default")]
    {
        let text = format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: 'system:view'{namespace}}}\nroleRef: \
             {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}}\n{subjects}\n"
        );
        let object = only(&text);
        assert_eq!(object.reference().namespace.is_some(), kind == "RoleBinding");
        let Resource::RoleBinding(accounts) = object.resource else { panic!("{text}") };
        let found: Vec<_> = accounts.iter().map(|one| (one.namespace.as_str(), one.name.as_str())).collect();
        assert_eq!(found, [(own, "web"), ("data", "db"), ("ops", "agent")]);
        assert_eq!(at(&text, accounts[0].range), "{kind: ServiceAccount, name: web}");
    }
}

#[test]
fn service_accounts() {
    for (field, automounts) in [
        ("", None),
        ("automountServiceAccountToken: false\n", Some(false)),
        ("automountServiceAccountToken: true\n", Some(true)),
    ] {
        let text = format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: web, namespace: shop}}\n{field}"
        );
        let Resource::ServiceAccount(account) = only(&text).resource else { panic!("{text}") };
        assert_eq!(account.automounts, automounts);
    }
}
