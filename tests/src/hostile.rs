//! Inputs that are made to hurt, or are merely large: each made the analysis run long or take all memory once.
//!
//! All are small for what they did. Sizes are given by the caller, so that a debug build can take less of each.

use std::fmt::Write as _;

/// A list of numbered pieces.
fn each(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect()
}

/// A policy of the namespace `shop`, as a document.
fn policy(name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: shop}}\nspec: {spec}\n"
    )
}

/// A pod of the namespace `shop`, as a document.
fn pod(name: &str, more: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}{more}}}\nspec: \
         {{containers: [{{name: c, image: i}}]}}\n"
    )
}

/// Ports written as bare numbers, each of which has a fix: 1.6 kB took seconds, and documents added up.
pub fn bare_ports(documents: usize, ports: usize) -> String {
    let ports = vec!["80"; ports].join(", ");
    each(documents, |at| {
        policy(&format!("p{at}"), &format!("{{podSelector: {{}}, ingress: [{{ports: [{ports}]}}]}}"))
    })
}

/// A live cluster's dump on one line, as `jq -c` writes it: each place was counted from the start of the line.
pub fn minified_dump(pods: usize) -> String {
    let pod = |at: usize| {
        let (namespace, app) = (at % 20, at % 100);
        format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"pod-{at}\",\"namespace\":\"ns-{namespace}\",\"uid\":\
             \"6f1b9a52-{at:04}-4c1e-9d6a-1c2d3e4f5a6b\",\"labels\":{{\"app\":\"app-{app}\"}}}},\"spec\":{{\"nodeName\":\
             \"node-{app}\",\"containers\":[{{\"name\":\"main\",\"image\":\"example\",\"ports\":[{{\"name\":\"http\",\
             \"containerPort\":8080}}]}}]}},\"status\":{{\"phase\":\"Running\",\"podIP\":\"10.{}.{}.{}\",\"hostIP\":\
             \"192.168.0.{app}\"}}}}",
            at / 65_536,
            at / 256 % 256,
            at % 256
        )
    };
    let pods: Vec<String> = (0..pods).map(pod).collect();
    format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{}]}}", pods.join(","))
}

/// The same line with bare ports, of which most are not even said.
pub fn minified_ports(ports: usize) -> String {
    format!(
        "{{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{{\"name\":\"p\"}},\"spec\":\
         {{\"podSelector\":{{}},\"ingress\":[{{\"ports\":[{}]}}]}}}}",
        vec!["80"; ports].join(",")
    )
}

/// Nodes with an address each, beside one pod that is isolated.
pub fn nodes(count: usize) -> String {
    let node = |at: usize| {
        format!(
            "---\napiVersion: v1\nkind: Node\nmetadata: {{name: n{at}}}\nstatus: {{addresses: [{{type: InternalIP, address: \
             10.{}.{}.{}}}]}}\n",
            at / 65_536,
            at / 256 % 256,
            at % 256
        )
    };
    pod("web", "") + &policy("deny", "{podSelector: {}}") + &each(count, node)
}

/// One rule with many names of ports.
pub fn port_names(names: usize) -> String {
    let ports: Vec<String> = (0..names).map(|at| format!("{{port: n-{at}}}")).collect();
    policy("names", &format!("{{podSelector: {{}}, ingress: [{{ports: [{}]}}]}}", ports.join(", ")))
}

/// The same names before many pods that declare none of them.
pub fn port_names_and_pods(names: usize, pods: usize) -> String {
    each(pods, |at| pod(&format!("w{at}"), "")) + &port_names(names)
}

/// One policy with many rules of one port each.
pub fn rules_of_a_port(rules: usize) -> String {
    let rule = |at: usize| format!("  - {{ports: [{{port: {}}}]}}\n", at % 32_000 * 2 + 1);
    policy("rules", &format!("\n  podSelector: {{}}\n  ingress:\n{}", each(rules, rule))) + &pod("web", "")
}

/// Many policies that select everything and allow nothing, and many pods.
pub fn denies(policies: usize, pods: usize) -> String {
    each(policies, |at| policy(&format!("d{at}"), "{podSelector: {}}"))
        + &each(pods, |at| pod(&format!("w{at}"), ""))
}

/// A namespace with many labels, and many pods in it.
pub fn namespace_labels(labels: usize, pods: usize) -> String {
    let mut text = "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels:\n".to_owned();
    for at in 0..labels {
        let _ = writeln!(text, "    label-number-{at}: v{at}");
    }
    text + &each(pods, |at| pod(&format!("w{at}"), ""))
}

/// Policies whose aliases stand for sixty thousand blocks each.
pub fn aliases(policies: usize) -> String {
    let blocks = vec!["{ipBlock: {cidr: 10.0.0.0/8}}"; 100].join(", ");
    let rules = "  - *r\n".repeat(600);
    let spec = format!("\n  podSelector: {{}}\n  ingress:\n  - &r {{from: [{blocks}]}}\n{rules}");
    pod("web", "") + &each(policies, |at| policy(&format!("p{at}"), &spec))
}

/// Blocks that are all different and take different networks out of the same ones.
pub fn blocks_with_holes(blocks: usize, networks: usize) -> String {
    let block = |at: usize| {
        let (one, other) = (at % networks, at / networks % networks);
        let network = |at: usize| format!("10.{}.{}.0/24", at / 256, at % 256);
        format!("    - {{ipBlock: {{cidr: 10.0.0.0/8, except: [{}, {}]}}}}\n", network(one), network(other))
    };
    let spec = format!("\n  podSelector: {{}}\n  ingress:\n  - from:\n{}", each(blocks, block));
    pod("web", "") + &policy("blocks", &spec)
}

/// Pods of one owner, each with another port.
pub fn pods_of_one_owner(pods: usize) -> String {
    let owner =
        ", ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web, uid: u, controller: true}]";
    let pod = |at: usize| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: web-{at}, namespace: shop{owner}}}\nspec: {{containers: [{{name: c, \
             image: i, ports: [{{name: p{at}, containerPort: {}}}]}}]}}\n",
            at % 60_000 + 1
        )
    };
    each(pods, pod)
}

/// Pods on as many nodes, of which each says name and address.
pub fn pods_on_nodes(pods: usize) -> String {
    let pod = |at: usize| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: w{at}, namespace: shop}}\nspec: {{nodeName: n{at}, containers: [{{name: \
             c, image: i}}]}}\nstatus: {{hostIP: 10.{}.{}.{}}}\n",
            at / 65_536,
            at / 256 % 256,
            at % 256
        )
    };
    each(pods, pod)
}

/// Selectors of namespaces that no namespace satisfies, and namespaces to try them on.
pub fn unsatisfied(policies: usize, namespaces: usize) -> String {
    let namespace =
        |at: usize| format!("---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: ns-{at}}}\n");
    let asking = |at: usize| {
        let expressions = format!("{{key: k{at}, operator: Exists}}, {{key: k{at}, operator: DoesNotExist}}");
        let from = format!("{{namespaceSelector: {{matchExpressions: [{expressions}]}}}}");
        policy(&format!("p{at}"), &format!("{{podSelector: {{}}, ingress: [{{from: [{from}]}}]}}"))
    };
    each(policies, asking) + &each(namespaces, namespace)
}

/// A policy that can be mended, in a document with a mapping of many keys.
pub fn wide_mapping(keys: usize) -> String {
    let mut text = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: open\n  namespace: shop\n  \
                    annotations:\n"
        .to_owned();
    for at in 0..keys {
        let _ = writeln!(text, "    key-{at}: v");
    }
    text + "spec:\n  podSelector: {matchLabels: {app: wbe}}\n" + &pod("web", "")
}

/// Single addresses of IPv6: what they leave of all others takes a hundred CIDRs each.
pub fn addresses(count: usize) -> String {
    let block = |at: usize| {
        format!("    - {{ipBlock: {{cidr: '2001:db8:{:x}:{:x}::1/128'}}}}\n", at % 251, at * 7919 % 65_521)
    };
    let spec = format!("\n  podSelector: {{}}\n  ingress:\n  - from:\n{}", each(count, block));
    pod("web", "") + &policy("addresses", &spec)
}

/// Documents that are all the same, and one that is not.
pub fn duplicates(count: usize, edited: usize) -> String {
    pod("same", "").repeat(count) + &pod(&format!("edited-{edited}"), "")
}

/// Pods that policies tell apart, and one more policy that names all of them at both ends.
pub fn everybody_names_everybody(pods: usize) -> String {
    let pod = |at: usize| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: w{at}, namespace: shop, labels: {{app: w{at}, all: x}}}}\nspec: \
             {{containers: [{{name: c, image: i, ports: [{{containerPort: 80}}]}}]}}\n"
        )
    };
    let own =
        |at: usize| policy(&format!("p{at}"), &format!("{{podSelector: {{matchLabels: {{app: w{at}}}}}}}"));
    let all = "{podSelector: {matchLabels: {all: x}}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {all: \
               x}}}]}]}";
    each(pods, pod) + &each(pods, own) + &policy("all", all)
}
