use crate::contract::{Options, Position, SourceFile};
use crate::{Analyzer, contract};

const CLUSTER: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: red}}
---
apiVersion: v1
kind: Namespace
metadata: {name: data, labels: {team: blue, \"yes\": a}}
---
apiVersion: v1
kind: Pod
metadata: {name: cart, namespace: shop, labels: {app: cart, tier: front}}
spec: {containers: [{ports: [{containerPort: 8080, name: http}]}]}
status: {podIP: 10.0.0.7}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web, tier: front, version: \"1\"}}
spec: {containers: [{ports: [{containerPort: 80, name: web}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: redis, namespace: data, labels: {app: redis, role: store}}
spec: {containers: [{ports: [{containerPort: 6379, protocol: TCP}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: metrics, namespace: data}
spec: {hostNetwork: true, nodeName: one, containers: [{ports: [{containerPort: 9100}]}]}
---
apiVersion: v1
kind: Node
metadata: {name: one, labels: {zone: a, disk: ssd}}
---
apiVersion: v1
kind: Node
metadata: {name: two, labels: {zone: b}}
";

const POLICY: &str =
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a, namespace: shop}\nspec:\n";

fn analyzer() -> Analyzer {
    let mut analyzer = Analyzer::new(Options::default());
    analyzer.set_files(vec![SourceFile { name: "cluster.yaml".to_owned(), text: CLUSTER.to_owned() }]);
    analyzer.summary();
    analyzer
}

/// The text without its `|`, and where that stood.
fn marked(text: &str) -> (SourceFile, Position) {
    let at = text.find('|').unwrap_or_default();
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().encode_utf16().count() + 1;
    let file = SourceFile { name: "a.yaml".to_owned(), text: text.replacen('|', "", 1) };
    (file, Position { line: line as u32, column: column as u32 })
}

/// A text behind the head of a policy, and the first things that are offered, as they are written.
#[rustfmt::skip]
const COMPLETIONS: &[(&str, &[&str])] = &[
    // Fields.
    ("  |", &["podSelector:", "policyTypes:", "ingress:", "egress:"]),
    ("  podSelector: {}\n  |", &["policyTypes:", "ingress:", "egress:"]),
    ("  |\n  ingress: []\n", &["podSelector:", "policyTypes:", "egress:"]),
    ("  pol|", &["policyTypes:"]),
    ("  gress|", &["ingress:", "egress:"]),
    ("  zzz|", &[]),
    ("  podSelector:\n    |", &["matchLabels:", "matchExpressions:"]),
    ("  ingress:\n  - |", &["from:", "ports:"]),
    ("  ingress:\n    |", &["- from:", "- ports:"]),
    ("  ingress:\n  - from:\n    - |", &["podSelector:", "namespaceSelector:", "ipBlock:"]),
    ("  ingress:\n  - from:\n    - podSelector: {}\n      |", &["namespaceSelector:", "ipBlock:"]),
    ("  ingress:\n  - from:\n    - ipBlock: {|}", &["cidr: ", "except:"]),
    ("  egress: [{t|}]", &["to:", "ports:"]),
    ("  egress:\n  - ports:\n    - port: 53\n      |", &["protocol: ", "endPort: "]),
    ("  \"po|\"", &["\"podSelector\":", "\"policyTypes\":"]),
    ("  pod|Selector: {}\n", &["podSelector"]),
    // Words.
    ("  policyTypes: [|]", &["Ingress", "Egress"]),
    ("  policyTypes: [Ingress, |]", &["Egress"]),
    ("  policyTypes: |", &["[Ingress]", "[Egress]"]),
    ("  policyTypes:\n  - E|", &["Egress", "Ingress"]),
    ("  ingress:\n  - ports:\n    - protocol: |", &["TCP", "UDP", "SCTP"]),
    ("  ingress:\n  - ports:\n    - protocol: u|", &["UDP"]),
    ("  podSelector:\n    matchExpressions:\n    - key: app\n      operator: N|", &["NotIn", "In", "DoesNotExist"]),
    ("  podSelector: |", &["{}"]),
    // Labels: of pods of the policy's namespace, or of namespaces.
    ("  podSelector:\n    matchLabels:\n      |", &["app: ", "tier: ", "version: "]),
    ("  podSelector:\n    matchLabels:\n      app: web\n      |", &["tier: ", "version: "]),
    ("  podSelector:\n    matchLabels:\n      app: |", &["cart", "web"]),
    ("  podSelector:\n    matchLabels: {app: w|}", &["web"]),
    ("  podSelector:\n    matchLabels:\n      version: |", &["\"1\""]),
    ("  podSelector:\n    matchLabels:\n      app: \"w|\"", &["\"web\""]),
    ("  podSelector:\n    matchExpressions:\n    - {key: |", &["app", "tier", "version"]),
    ("  podSelector:\n    matchExpressions:\n    - key: app\n      operator: In\n      values: [cart, |]", &["web"]),
    ("  ingress:\n  - from:\n    - namespaceSelector:\n        matchLabels:\n          |", &["kubernetes.io/metadata.name: ", "team: ", "\"yes\": "]),
    ("  ingress:\n  - from:\n    - namespaceSelector:\n        matchLabels:\n          team: |", &["blue", "red"]),
    ("  ingress:\n  - from:\n    - namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: |", &["shop", "data"]),
    ("  ingress:\n  - from:\n    - namespaceSelector: {matchLabels: {team: blue}}\n      podSelector:\n        matchLabels:\n          |", &["app: ", "role: "]),
    // Ports: of the subjects, or of everything.
    ("  podSelector: {matchLabels: {app: web}}\n  ingress:\n  - ports:\n    - port: |", &["web", "80"]),
    ("  ingress:\n  - ports:\n    - port: |", &["http", "web", "80", "8080"]),
    ("  egress:\n  - ports:\n    - port: 6|", &["6379"]),
    ("  egress:\n  - to: [{podSelector: {}}]\n    ports:\n    - port: |", &["http", "web", "80", "8080"]),
    ("  egress:\n  - ports:\n    - port: |\n    to:\n    - namespaceSelector: {matchLabels: {team: blue}}\n", &["6379"]),
    ("  egress:\n  - to:\n    - ipBlock: {cidr: 10.0.0.0/24}\n    ports: [{port: |}]", &["http", "8080"]),
    ("  egress:\n  - to:\n    - ipBlock: {cidr: 10.0.0.0/24, except: [10.0.0.7/32]}\n    ports: [{port: |}]", &[]),
    ("  egress:\n  - to: [{podSel}]\n    ports: [{port: |}]", &["http", "web", "80", "6379", "8080", "9100"]),
    // Nothing.
    ("  # po|", &[]),
    ("  nothing:\n    |", &[]),
];

#[test]
fn completions() {
    let analyzer = analyzer();
    let mut wrong = Vec::new();
    for (text, expected) in COMPLETIONS {
        let (file, position) = marked(&format!("{POLICY}{text}"));
        let found = analyzer.complete(&file, position).map(|found| found.items).unwrap_or_default();
        let found: Vec<String> = found.into_iter().map(|item| item.insert).collect();
        if found != *expected {
            wrong.push((*text, found));
        }
    }
    assert_eq!(wrong, []);
}

const CLUSTER_POLICY: &str =
    "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: a}\nspec:\n";
const ADMIN_POLICY: &str =
    "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: a}\nspec:\n";
const BASELINE_POLICY: &str = "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: BaselineAdminNetworkPolicy\nmetadata: {name: default}\nspec:\n";

/// The head of a cluster-scoped policy, a text behind it, and the first things that are offered.
#[rustfmt::skip]
const CLUSTER_COMPLETIONS: &[(&str, &str, &[&str])] = &[
    // Fields.
    (CLUSTER_POLICY, "  |", &["tier: ", "priority: ", "subject:", "ingress:", "egress:"]),
    (ADMIN_POLICY, "  |", &["priority: ", "subject:", "ingress:", "egress:"]),
    (BASELINE_POLICY, "  |", &["subject:", "ingress:", "egress:"]),
    (CLUSTER_POLICY, "  subject:\n    |", &["namespaces:", "pods:"]),
    (CLUSTER_POLICY, "  subject:\n    pods:\n      |", &["namespaceSelector:", "podSelector:"]),
    (CLUSTER_POLICY, "  subject:\n    namespaces: |", &["{}"]),
    (CLUSTER_POLICY, "  ingress:\n  - |", &["name: ", "action: ", "from:", "protocols:"]),
    (ADMIN_POLICY, "  ingress:\n  - |", &["name: ", "action: ", "from:", "ports:"]),
    (CLUSTER_POLICY, "  ingress:\n  - from:\n    - |", &["namespaces:", "pods:"]),
    (CLUSTER_POLICY, "  egress:\n  - to:\n    - |", &["namespaces:", "pods:", "networks:", "nodes:", "domainNames:"]),
    (BASELINE_POLICY, "  egress:\n  - to:\n    - |", &["namespaces:", "pods:", "networks:", "nodes:"]),
    (CLUSTER_POLICY, "  egress:\n  - protocols:\n    - |", &["tcp:", "udp:", "sctp:", "destinationNamedPort: "]),
    (CLUSTER_POLICY, "  egress:\n  - protocols:\n    - tcp:\n        destinationPort: {|}", &["number: ", "range:"]),
    (CLUSTER_POLICY, "  egress: [{protocols: [{udp: {destinationPort: {range: {|}}}}]}]", &["start: ", "end: "]),
    (ADMIN_POLICY, "  egress:\n  - ports:\n    - |", &["portNumber:", "portRange:", "namedPort: "]),
    (ADMIN_POLICY, "  egress:\n  - ports:\n    - portNumber: {|}", &["protocol: ", "port: "]),
    // Words.
    (CLUSTER_POLICY, "  tier: |", &["Admin", "Baseline"]),
    (CLUSTER_POLICY, "  egress:\n  - action: |", &["Accept", "Deny", "Pass"]),
    (CLUSTER_POLICY, "  egress: [{action: a|}]", &["Accept", "Pass"]),
    (ADMIN_POLICY, "  egress:\n  - action: |", &["Allow", "Deny", "Pass"]),
    (BASELINE_POLICY, "  egress:\n  - action: |", &["Allow", "Deny"]),
    (ADMIN_POLICY, "  egress:\n  - ports:\n    - portRange: {protocol: |}", &["TCP", "UDP", "SCTP"]),
    // Labels: of namespaces, of pods in those that are chosen, and of nodes.
    (CLUSTER_POLICY, "  subject:\n    namespaces:\n      matchLabels:\n        |", &["kubernetes.io/metadata.name: ", "team: ", "\"yes\": "]),
    (CLUSTER_POLICY, "  subject:\n    namespaces:\n      matchLabels:\n        team: |", &["blue", "red"]),
    (CLUSTER_POLICY, "  subject:\n    namespaces:\n      matchExpressions:\n      - {key: team, operator: In, values: [red, |]}", &["blue"]),
    (CLUSTER_POLICY, "  subject:\n    pods:\n      namespaceSelector: {matchLabels: {te|}}", &["team: ", "kubernetes.io/metadata.name: "]),
    (CLUSTER_POLICY, "  subject:\n    pods:\n      podSelector:\n        matchLabels:\n          app: |", &["cart", "redis", "web"]),
    (CLUSTER_POLICY, "  subject:\n    pods:\n      namespaceSelector: {matchLabels: {team: blue}}\n      podSelector:\n        matchLabels:\n          app: |", &["redis"]),
    (ADMIN_POLICY, "  ingress:\n  - from:\n    - pods:\n        namespaceSelector: {matchLabels: {team: red}}\n        podSelector:\n          matchLabels: {app: |}", &["cart", "web"]),
    (ADMIN_POLICY, "  ingress:\n  - from:\n    - namespaces:\n        matchLabels:\n          kubernetes.io/metadata.name: |", &["shop", "data"]),
    (CLUSTER_POLICY, "  egress:\n  - to:\n    - nodes:\n        matchLabels:\n          |", &["zone: ", "disk: "]),
    (CLUSTER_POLICY, "  egress:\n  - to:\n    - nodes:\n        matchLabels: {zone: |}", &["a", "b"]),
    (ADMIN_POLICY, "  egress:\n  - to:\n    - nodes:\n        matchExpressions:\n        - {key: zone, operator: NotIn, values: [a, |]}", &["b"]),
    // A label may be called as a field is.
    (CLUSTER_POLICY, "  subject:\n    pods:\n      podSelector:\n        matchLabels:\n          nodes: a\n          |", &["app: ", "tier: ", "role: ", "version: "]),
    // Ports.
    (CLUSTER_POLICY, "  egress:\n  - protocols:\n    - destinationNamedPort: |", &["http", "web"]),
    (CLUSTER_POLICY, "  egress:\n  - protocols:\n    - tcp: {destinationPort: {number: 6|}}", &["6379"]),
    (ADMIN_POLICY, "  egress:\n  - ports:\n    - portNumber:\n        port: 8|", &["80", "8080"]),
    (ADMIN_POLICY, "  egress:\n  - ports:\n    - namedPort: w|", &["web"]),
    // For ingress those of the subject, for egress those of the peers.
    (CLUSTER_POLICY, "  subject: {namespaces: {matchLabels: {team: blue}}}\n  ingress:\n  - protocols:\n    - tcp: {destinationPort: {number: |}}", &["6379"]),
    (ADMIN_POLICY, "  ingress:\n  - ports:\n    - namedPort: |\n    from: [{namespaces: {matchLabels: {team: blue}}}]\n  subject:\n    pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: cart}}}\n", &["http"]),
    (CLUSTER_POLICY, "  subject: {namespaces: {matchLabels: {team: red}}}\n  egress:\n  - name: to the store\n    to:\n    - namespaces: {matchLabels: {team: blue}}\n    protocols:\n    - tcp: {destinationPort: {number: |}}", &["6379"]),
    (CLUSTER_POLICY, "  egress:\n  - to: [{namespaces: {matchLabels: {team: blue}}}]\n  - to: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}}]\n    protocols: [{destinationNamedPort: |}]", &["web"]),
    (ADMIN_POLICY, "  egress:\n  - ports:\n    - portNumber: {port: |}\n    to:\n    - networks: [10.0.0.0/24]\n    - domainNames: [example.com]\n", &["8080"]),
    (CLUSTER_POLICY, "  egress:\n  - to: [{networks: [0.0.0.0/0]}]\n    protocols: [{tcp: {destinationPort: {number: |}}}]", &["80", "6379", "8080", "9100"]),
    (CLUSTER_POLICY, "  egress:\n  - to: [{nodes: {matchLabels: {zone: a}}}]\n    protocols: [{tcp: {destinationPort: {number: |}}}]", &["9100"]),
    (CLUSTER_POLICY, "  egress:\n  - to: [{nodes: {matchLabels: {zone: b}}}]\n    protocols: [{tcp: {destinationPort: {number: |}}}]", &[]),
    (CLUSTER_POLICY, "  egress:\n  - to: [{names}]\n    protocols: [{tcp: {destinationPort: {number: 6|}}}]", &["6379"]),
    // Nothing.
    (ADMIN_POLICY, "  tier: |", &[]),
    (CLUSTER_POLICY, "  ingress:\n  - from:\n    - networks: [|]", &[]),
];

#[test]
fn completions_in_cluster_scoped_policies() {
    let analyzer = analyzer();
    let mut wrong = Vec::new();
    for (head, text, expected) in CLUSTER_COMPLETIONS {
        let (file, position) = marked(&format!("{head}{text}"));
        let found = analyzer.complete(&file, position).map(|found| found.items).unwrap_or_default();
        let found: Vec<String> = found.into_iter().map(|item| item.insert).collect();
        if found != *expected {
            wrong.push((*text, found));
        }
    }
    assert_eq!(wrong, []);
}

/// A text behind the head of a ClusterNetworkPolicy, and pieces of what is said.
#[rustfmt::skip]
const CLUSTER_HOVERS: &[(&str, &[&str])] = &[
    ("  ti|er: Admin", &["`tier` (one word): Whether the policy decides before every NetworkPolicy"]),
    ("  tier: Base|line", &["`Baseline`: After the NetworkPolicies"]),
    ("  prio|rity: 5", &["`priority` (number): Which policy of the tier comes first"]),
    ("  egress: [{action: Pa|ss}]", &["`Pass`: They skip the rest of the tier"]),
    ("  subject: {name|spaces: {}}", &["`namespaces` (mapping)", "every pod of every namespace: `shop/cart`, `shop/web`, `data/redis`."]),
    ("  subject: {namespaces: {matchLabels: {te|am: blue}}}", &["every pod of `data`: `data/redis`."]),
    ("  subject: {po|ds: {namespaceSelector: {matchLabels: {team: red}}, podSelector: {matchLabels: {app: web}}}}", &["`pods` (mapping)", "Selects 1 of the input's 3 workloads: `shop/web`."]),
    ("  egress:\n  - to:\n    - pods: {namespaceSelector: {}, pod|Selector: {matchLabels: {tier: front}}}\n", &["`podSelector` (mapping)", "Selects 2 of the input's 3 workloads: `shop/cart`, `shop/web`."]),
    ("  egress:\n  - to:\n    - no|des: {matchLabels: {zone: a}}\n", &["`nodes` (mapping): Nodes by their labels", "Selects 1 of the input's 2 nodes: `one`."]),
    ("  egress:\n  - to:\n    - nodes: {matchLabels: {zo|ne: c}}\n", &["Selects nothing: no node of the input matches."]),
    ("  egress:\n  - to:\n    - networks: [10.0.0.|0/8]\n", &["`networks` (list): Address blocks", "Holds 16,777,216 addresses; of the input's pods, these have one: `shop/cart`."]),
    ("  egress:\n  - to:\n    - domainNames: [a.exa|mple]\n", &["`domainNames` (list): Domain names outside the cluster"]),
    ("  egress:\n  - protocols:\n    - tc|p: {}\n", &["`tcp` (mapping): Ports of TCP."]),
];

#[test]
fn hovers_in_cluster_scoped_policies() {
    let analyzer = analyzer();
    for (text, expected) in CLUSTER_HOVERS {
        let (file, position) = marked(&format!("{CLUSTER_POLICY}{text}"));
        let paragraphs = analyzer.hover(&file, position).map(|found| found.text).unwrap_or_default();
        assert_eq!(paragraphs.len(), expected.len(), "{text}\n{paragraphs:#?}");
        for (paragraph, piece) in paragraphs.iter().zip(*expected) {
            assert!(paragraph.contains(piece), "{text}\n{paragraph}");
        }
    }
}

#[test]
fn completions_of_objects() {
    let analyzer = analyzer();
    let first = |text: &str| {
        let (file, position) = marked(text);
        let items = analyzer.complete(&file, position).map(|found| found.items).unwrap_or_default();
        items.into_iter().take(2).map(|item| item.insert).collect::<Vec<_>>()
    };
    assert_eq!(first("|"), ["apiVersion: ", "kind: "]);
    assert_eq!(first("kind: |"), ["NetworkPolicy", "Namespace"]);
    assert_eq!(first("apiVersion: |\nkind: Deployment\n"), ["apps/v1", "networking.k8s.io/v1"]);
    assert_eq!(first("kind: Pod\nmetadata:\n  namespace: |"), ["shop", "data"]);
    assert_eq!(first("kind: Pod\nspec:\n  hostNe|"), ["hostNetwork: "]);
    assert_eq!(first("kind: Pod\nspec:\n  hostNetwork: |"), ["true", "false"]);
    assert_eq!(first("kind: Service\nspec:\n  type: Load|"), ["LoadBalancer"]);
    assert_eq!(first("kind: Adm|"), ["AdminNetworkPolicy", "BaselineAdminNetworkPolicy"]);
    assert_eq!(first("apiVersion: |\nkind: ClusterNetworkPolicy\n")[0], "policy.networking.k8s.io/v1alpha2");
    assert_eq!(first("kind: ConfigMap\nspec:\n  |"), Vec::<String>::new());
}

#[test]
fn what_is_typed_is_replaced() {
    let (file, position) = marked("# 😀\nkind: 'Net|work'\n");
    let found = analyzer().complete(&file, position).unwrap();
    assert_eq!((found.span.file.as_str(), found.span.start), ("a.yaml", Position { line: 2, column: 7 }));
    assert_eq!(found.span.end, Position { line: 2, column: 16 });
    assert_eq!(found.items[0].insert, "'NetworkPolicy'");
}

/// A text behind the head of a policy, and pieces of what is said.
#[rustfmt::skip]
const HOVERS: &[(&str, &[&str])] = &[
    ("  ingr|ess: []", &["`ingress` (list): Who may connect"]),
    ("  policyTypes: [Eg|ress]", &["`Egress`: Connections that the subjects open"]),
    ("  pod|Selector: {}", &["`podSelector` (mapping)", "every pod of `shop`: `shop/cart`, `shop/web`."]),
    ("  podSelector:\n    match|Labels:\n      app: cart\n", &["`matchLabels`", "Selects 1 of the input's 3 workloads: `shop/cart`."]),
    ("  podSelector:\n    matchLabels:\n      app: re|dis\n", &["Selects nothing"]),
    ("  podSelector: {matchLabels: {ti|er: front}}", &["Selects 2 of the input's 3 workloads: `shop/cart`, `shop/web`."]),
    ("  ingress:\n  - from:\n    - namespace|Selector: {}\n", &["`namespaceSelector`", "every pod of every namespace: `shop/cart`, `shop/web`, `data/redis`."]),
    ("  ingress:\n  - from:\n    - namespaceSelector: {matchLabels: {team: blue}}\n      pod|Selector: {matchLabels: {app: redis}}\n", &["`podSelector`", "Selects 1 of the input's 3 workloads: `data/redis`."]),
    ("  ingress:\n  - from:\n    - namespaceSelector: {matchLabels: {te|am: green}}\n", &["no namespace of the input"]),
    ("  egress:\n  - to:\n    - ip|Block: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}\n", &["`ipBlock`", "Holds 16,711,680 addresses; of the input's pods, these have one: `shop/cart`."]),
    ("  egress:\n  - to:\n    - ipBlock:\n        cidr: 192.168.0.1|/32\n", &["`cidr`", "Holds 1 address; no pod"]),
    ("  egress:\n  - to:\n    - ipBlock: {ci|dr: \"::/0\"}\n", &["`cidr`", "Holds 2^128 addresses"]),
    ("  egress:\n  - ports:\n    - port: 5|3\n", &["`port` (port number or name)"]),
];

#[test]
fn hovers() {
    let analyzer = analyzer();
    for (text, expected) in HOVERS {
        let (file, position) = marked(&format!("{POLICY}{text}"));
        let found: Option<contract::Hover> = analyzer.hover(&file, position);
        let paragraphs = found.map(|found| found.text).unwrap_or_default();
        assert_eq!(paragraphs.len(), expected.len(), "{text}\n{paragraphs:#?}");
        for (paragraph, piece) in paragraphs.iter().zip(*expected) {
            assert!(paragraph.contains(piece), "{text}\n{paragraph}");
        }
    }
    let (file, position) = marked(&format!("{POLICY}  |\n"));
    assert_eq!(analyzer.hover(&file, position), None);
}

#[test]
fn hostile_text_is_answered_at_once() {
    let analyzer = analyzer();
    let size = if cfg!(debug_assertions) { 200_000 } else { 5_000_000 };
    for piece in [
        "{a: ",
        "podSelector",
        "- ",
        "  podSelector:\n",
        "kind: NetworkPolicy\n",
        "[",
        "😀",
        "\n",
        "spec: {podSelector: ",
    ] {
        let file = SourceFile {
            name: "a.yaml".to_owned(),
            text: format!(
                "{POLICY}  ingress:\n  - ports:\n    - port: 80\n{}",
                piece.repeat(size / piece.len())
            ),
        };
        for (line, column) in
            [(7, 15), (8, 5), (1000, 3), (u32::MAX, 1), (1, u32::MAX), (0, 0), (8, u32::MAX)]
        {
            // Of a text of this size, what takes time by its square takes hours.
            let completed = analyzer.complete(&file, Position { line, column });
            assert!(completed.is_none_or(|completed| completed.items.len() <= 50), "{piece:?}");
            let _ = analyzer.hover(&file, Position { line, column });
        }
    }
}

const TEST: &str = "apiVersion: netpol.playground/v1\nkind: ConnectivityTest\nmetadata: {name: a}\nspec:\n";

#[rustfmt::skip]
const COMPLETIONS_IN_TESTS: &[(&str, &[&str])] = &[
    ("  |", &["allow:", "deny:", "description: "]),
    ("  deny:\n  - from|", &["from: ", "exceptFrom: "]),
    ("  deny:\n  - from: |", &["any", "pods", "outside"]),
    ("  deny:\n  - from: [any, o|]", &["outside", "pods"]),
    ("  deny:\n  - to: {|}", &["namespace: ", "labels:", "name: ", "namespaceLabels:", "podSelector:", "namespaceSelector:", "cidr: "]),
    ("  deny:\n  - to:\n      names|", &["namespace: ", "namespaceLabels:", "namespaceSelector:"]),
    ("  deny:\n  - to:\n    - names|", &["namespace: ", "namespaceLabels:", "namespaceSelector:"]),
    ("  deny:\n  - to: {namespace: s|}", &["shop"]),
    ("  deny:\n  - to: {labels: {app: |}}", &["cart", "redis", "web"]),
    ("  deny:\n  - to: [{labels: {ro|}}]", &["role: "]),
    ("  deny:\n  - to: {namespaceLabels: {team: |}}", &["blue", "red"]),
    ("  deny:\n  - to: {podSelector: {matchLabels: {app: w|}}}", &["web"]),
    ("  deny:\n  - ports: [{port: 6|}]", &["6379"]),
    ("  deny:\n  - ports: [U|]", &["UDP"]),
];

#[test]
fn completions_in_tests() {
    let analyzer = analyzer();
    let mut wrong = Vec::new();
    for (text, expected) in COMPLETIONS_IN_TESTS {
        let (file, position) = marked(&format!("{TEST}{text}"));
        let found = analyzer.complete(&file, position).map(|found| found.items).unwrap_or_default();
        let found: Vec<String> = found.into_iter().map(|item| item.insert).collect();
        if found != *expected {
            wrong.push((*text, found));
        }
    }
    assert_eq!(wrong, []);
    for (text, expected) in [
        ("  deny:\n  - from: an|y\n", "`any`: Every pod, and every address outside of the cluster."),
        (
            "  deny:\n  - fr|om: any\n",
            "`from` (word, mapping or list): The sources: `any`, `pods`, `outside`, a mapping, or a list of these.",
        ),
        ("  deny:\n  - from: {ci|dr: 10.0.0.0/8}\n", "`cidr` (CIDR): Addresses outside of the cluster"),
    ] {
        let (file, position) = marked(&format!("{TEST}{text}"));
        let found = analyzer.hover(&file, position).map(|found| found.text).unwrap_or_default();
        assert!(found.first().is_some_and(|found| found.starts_with(expected)), "{text}: {found:?}");
    }
}
