//! Which changes are offered for which mistakes, and what they make of the text.

use netpol_manifest::read;
use netpol_source::apply_edits;

use crate::common;

/// What is written, and what the first fix that is offered makes of it; `None` where none is.
type Case = (&'static str, Option<&'static str>);

/// In the `spec` of a policy.
#[rustfmt::skip]
const SPECS: &[Case] = &[
    // Names of fields.
    ("podselector: {}", Some("podSelector: {}")),
    ("\"podselector\": {}", Some("\"podSelector\": {}")),
    ("ingress:\n  - form: [{podSelector: {}}]", Some("ingress:\n  - from: [{podSelector: {}}]")),
    ("ingress: [{from: [{podSelektor: {}}]}]", Some("ingress: [{from: [{podSelector: {}}]}]")),
    ("ingress: [{ports: [{prot: 80}]}]", Some("ingress: [{ports: [{port: 80}]}]")),
    ("ingress: [{to: [{podSelector: {}}]}]", None),
    ("podSelector: {}, podSelectors: {}", None),
    ("somethingElse: {}", None),
    // Words.
    ("ingress: [{ports: [{protocol: tcp}]}]", Some("ingress: [{ports: [{protocol: TCP}]}]")),
    ("ingress: [{ports: [{protocol: 'udp'}]}]", Some("ingress: [{ports: [{protocol: 'UDP'}]}]")),
    ("ingress: [{ports: [{protocol: UPD}]}]", Some("ingress: [{ports: [{protocol: UDP}]}]")),
    ("ingress: [{ports: [{protocol: \"\"}]}]", Some("ingress: [{ports: [{protocol: \"TCP\"}]}]")),
    ("ingress: [{ports: [{protocol: ICMP}]}]", None),
    ("ingress: [{ports: [{protocol: 6}]}]", None),
    ("policyTypes: [ingress]", Some("policyTypes: [Ingress]")),
    ("policyTypes: [Engress]", None),
    ("policyTypes: Ingress", Some("policyTypes: [Ingress]")),
    ("policyTypes: ingress", None),
    ("podSelector: {matchExpressions: [{key: a, operator: exists}]}", Some("podSelector: {matchExpressions: [{key: a, operator: Exists}]}")),
    ("podSelector: {matchExpressions: [{key: a, operator: in, values: [b]}]}", Some("podSelector: {matchExpressions: [{key: a, operator: In, values: [b]}]}")),
    ("podSelector: {matchExpressions: [{key: a, operator: Equals, values: [b]}]}", None),
    // Types.
    ("podSelector: {matchLabels: {a: yes}}", Some("podSelector: {matchLabels: {a: \"yes\"}}")),
    ("podSelector: {matchLabels: {a: 1.50}}", Some("podSelector: {matchLabels: {a: \"1.50\"}}")),
    ("podSelector: {matchLabels: {a: -1}}", None),
    ("podSelector: {matchExpressions: [{key: a, operator: In, values: b}]}", Some("podSelector: {matchExpressions: [{key: a, operator: In, values: [b]}]}")),
    ("podSelector: [{matchLabels: {a: b}}]", Some("podSelector: {matchLabels: {a: b}}")),
    ("podSelector: [{}, {}]", None),
    ("ingress: {}", None),
    ("ingress: [{from: {podSelector: {}}}]", Some("ingress: [{from: [{podSelector: {}}]}]")),
    ("ingress:\n  - from:\n      podSelector:\n        matchLabels:\n\n          a: b\n    ports: []", Some("ingress:\n  - from:\n      - podSelector:\n          matchLabels:\n\n            a: b\n    ports: []")),
    ("ingress:\n  from: []\n  ports: []", Some("ingress:\n  - from: []\n    ports: []")),
    // Ports.
    ("ingress: [{ports: [{port: \"80\"}]}]", Some("ingress: [{ports: [{port: 80}]}]")),
    ("ingress: [{ports: [{port: \"0\"}]}]", None),
    ("ingress: [{ports: 80}]", Some("ingress: [{ports: [{port: 80}]}]")),
    ("\"ingress\": [{\"ports\": 80}]", Some("\"ingress\": [{\"ports\": [{\"port\": 80}]}]")),
    ("ingress: [{ports: [80]}]", Some("ingress: [{ports: [{port: 80}]}]")),
    ("ingress:\n  - ports:\n    - 80", Some("ingress:\n  - ports:\n    - port: 80")),
    ("ingress:\n  - ports:\n    - \"80\"", Some("ingress:\n  - ports:\n    - port: 80")),
    ("ingress: [{ports: [{port: 80-90}]}]", Some("ingress: [{ports: [{port: 80, endPort: 90}]}]")),
    ("ingress:\n  - ports:\n    - port: 80-90\n      protocol: TCP", Some("ingress:\n  - ports:\n    - port: 80\n      endPort: 90\n      protocol: TCP")),
    ("ingress: [{ports: [{port: 80, endPort: \"90\"}]}]", Some("ingress: [{ports: [{port: 80, endPort: 90}]}]")),
    ("ingress: [{ports: [{port: 80, endPort: \"70\"}]}]", None),
    ("ingress: [{ports: [{port: 80, endPort: 79}]}]", None),
    // Addresses.
    ("egress: [{to: [{ipBlock: {cidr: 10.1.2.3/8}}]}]", Some("egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]")),
    ("egress: [{to: [{ipBlock: {cidr: 10.0.0.1}}]}]", Some("egress: [{to: [{ipBlock: {cidr: 10.0.0.1/32}}]}]")),
    ("egress: [{to: [{ipBlock: {cidr: 'fd00::1'}}]}]", Some("egress: [{to: [{ipBlock: {cidr: 'fd00::1/128'}}]}]")),
    ("egress:\n  - to:\n    - ipBlock:\n        cidr: fd00::1/8", Some("egress:\n  - to:\n    - ipBlock:\n        cidr: \"fd00::/8\"")),
    ("egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: 10.1.0.0/16}}]}]", Some("egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]")),
    ("egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: 11.1.0.0/16}}]}]", None),
    ("egress: [{to: [{ipBlock: {cidr: 10.0.0.0/33}}]}]", None),
    // What stands behind an anchor may be used elsewhere.
    ("podSelector: {matchLabels: {a: &x yes, b: *x}}", None),
];

fn fixed(text: &str) -> Option<String> {
    common::fixes_hold(text);
    let document = read(text);
    let fix = document.diagnostics.iter().find_map(|diagnostic| diagnostic.fixes.first())?;
    assert!(!fix.title.is_empty() && !fix.title.contains('\n'), "{}", fix.title);
    apply_edits(text, &fix.edits).ok()
}

#[test]
fn specs() {
    let header = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec:";
    let mut wrong = Vec::new();
    for (written, expected) in SPECS {
        let block = written.contains('\n') || !written.starts_with('"') && !written.contains(", pod");
        let around = |spec: &str| {
            if block {
                format!("{header}\n  {}\n", spec.replace('\n', "\n  "))
            } else {
                format!("{header} {{{spec}}}\n")
            }
        };
        let expected = expected.map(|expected| around(expected).replace("\n  \n", "\n\n"));
        let text = around(written).replace("\n  \n", "\n\n");
        if fixed(&text) != expected {
            wrong.push((text.clone(), fixed(&text)));
        }
    }
    assert_eq!(wrong, []);
}

/// Whole documents.
#[rustfmt::skip]
const DOCUMENTS: &[Case] = &[
    ("apiVersion: extensions/v1beta1\nkind: NetworkPolicy\nmetadata: {name: a}\n", Some("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n")),
    ("kind: NetworkPolicy\nmetadata: {name: a}\n", Some("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n")),
    ("apiVersion: v1\nkind: List\nitems:\n  - kind: networkpolicies\n    metadata: {name: a}\n", Some("apiVersion: v1\nkind: List\nitems:\n  - apiVersion: networking.k8s.io/v1\n    kind: NetworkPolicy\n    metadata: {name: a}\n")),
    ("# a\nkind: networkpolicy\nmetadata: {name: a}\n", Some("# a\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n")),
    ("{\"kind\": \"Pod\", \"metadata\": {\"name\": \"a\"}}", Some("{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"a\"}}")),
    ("{kind: Pod, metadata: {name: a}}", Some("{apiVersion: v1, kind: Pod, metadata: {name: a}}")),
    ("{apiVersion: networking.k8s.io/v1, kind: networkpolicy, metadata: {name: a}}", Some("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}}")),
    ("{apiVersion: v1, kind: Pod, metdata: {name: a}}", Some("{apiVersion: v1, kind: Pod, metadata: {name: a}}")),
    ("{apiVersion: v1, kind: Pod, metadata: {name: 7}}", Some("{apiVersion: v1, kind: Pod, metadata: {name: \"7\"}}")),
    ("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {hostNetwork: \"true\"}}", Some("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {hostNetwork: true}}")),
    ("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: Loadbalancer, ports: [{port: 80}]}}", Some("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: LoadBalancer, ports: [{port: 80}]}}")),
    // Text that is not YAML.
    ("apiVersion: v1\nkind: Pod\nmetadata:\n\tname: a\n\tlabels:\n\t\ta: b\n", Some("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n    a: b\n")),
    ("apiVersion: v1\nkind: Pod\nmetadata:\n    name: a\n    labels:\n\ta: b\n", None),
    ("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n\tspec: {}\n", None),
    ("apiVersion: v1\nkind: Pod\nmetadata:\n  name:web\n  labels: {}\n", Some("apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels: {}\n")),
    ("apiVersion: v1\nkind: Pod\nmetadata\n  name: web\n", Some("apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n")),
];

#[test]
fn documents() {
    for (text, expected) in DOCUMENTS {
        let said = common::said(text, &read(text));
        assert_eq!(fixed(text).as_deref(), *expected, "{text}\n{said:?}");
    }
}

#[test]
fn many_mistakes_have_a_fix_each_at_the_most() {
    let labels: String = (0..5_000).map(|number| format!("    k{number}: {number}\n")).collect();
    let text = format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n{labels}");
    assert!(read(&text).diagnostics.iter().all(|diagnostic| diagnostic.fixes.len() <= 1));
}
