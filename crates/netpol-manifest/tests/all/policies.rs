//! What the API server accepts and refuses in the `spec` of a NetworkPolicy, and what is said of it.

use netpol_manifest::{KubernetesVersion, Peer, ReadOptions, Resource, UnknownFields, read, read_with};

use crate::common;

/// A `spec`, and what is said of it; refused when that holds an error.
type Case = (&'static str, &'static [&'static str]);

#[rustfmt::skip]
const CASES: &[Case] = &[
    ("podSelector: {}", &[]),
    ("{}", &[]),
    ("podSelector:", &[]),
    ("podSelector: {matchLabels: {app: web, app.kubernetes.io/name: x_1.y}}", &[]),
    (r#"podSelector: {matchLabels: {app: ""}}"#, &[]),
    ("podSelector: {matchLabels: {app: }}", &["warning empty-label spec.podSelector.matchLabels[app] `app`"]),
    ("podSelector: {matchLabels: {app: yes}}", &["error wrong-type spec.podSelector.matchLabels[app] `yes`"]),
    ("podSelector: {matchLabels: {app: 1}}", &["error wrong-type spec.podSelector.matchLabels[app] `1`"]),
    ("podSelector: {matchLabels: {app: 1.50}}", &["error wrong-type spec.podSelector.matchLabels[app] `1.50`"]),
    (r#"podSelector: {matchLabels: {app: "1"}}"#, &[]),
    ("podSelector: {matchLabels: {app: [web]}}", &["error wrong-type spec.podSelector.matchLabels[app] `[web]`"]),
    ("podSelector: {matchLabels: {app: a b}}", &["error invalid-label spec.podSelector.matchLabels[app] `a b`"]),
    ("podSelector: {matchLabels: {a b: web}}", &["error invalid-label spec.podSelector.matchLabels `a b`"]),
    ("podSelector: {matchLabels: {example.com/a/b: web}}", &["error invalid-label spec.podSelector.matchLabels `example.com/a/b`"]),
    (r#"podSelector: {matchLabels: "app:web"}"#, &[r#"error wrong-type spec.podSelector.matchLabels `"app:web"`"#]),
    ("podSelector: {matchLabels: [app]}", &["error wrong-type spec.podSelector.matchLabels `[app]`"]),
    ("podSelector: {app: web}", &["error unknown-field spec.podSelector.app `app`"]),
    ("podSelector: {matchlabels: {app: web}}", &["error unknown-field spec.podSelector.matchlabels `matchlabels`"]),
    (r#"podSelector: {matchLabels: {"app:web": }}"#, &[r#"error invalid-label spec.podSelector.matchLabels `"app:web"`"#, r#"warning empty-label spec.podSelector.matchLabels[app:web] `"app:web"`"#]),
    ("podSelector: [{matchLabels: {app: web}}]", &["error wrong-type spec.podSelector `[{matchLabels: {app: web}}]`"]),
    ("podSelector: web", &["error wrong-type spec.podSelector `web`"]),
    (r#"podSelector: {matchExpressions: [{key: app, operator: In, values: [a, b]}, {key: x, operator: NotIn, values: [""]}, {key: b, operator: Exists}, {key: z, operator: DoesNotExist, values: []}]}"#, &[]),
    ("podSelector: {matchExpressions: [{key: y, operator: Exists}]}", &["error wrong-type spec.podSelector.matchExpressions[0].key `y`"]),
    ("podSelector: {matchExpressions: {key: app, operator: Exists}}", &["error wrong-type spec.podSelector.matchExpressions `{key: app, operator: Exists}`"]),
    ("podSelector: {matchExpressions: [{key: app, operator: In}]}", &["error selector-values spec.podSelector.matchExpressions[0].values `key`"]),
    ("podSelector: {matchExpressions: [{key: app, operator: NotIn, values: []}]}", &["error selector-values spec.podSelector.matchExpressions[0].values `[]`"]),
    ("podSelector: {matchExpressions: [{key: app, operator: Exists, values: [a]}]}", &["error selector-values spec.podSelector.matchExpressions[0].values `[a]`"]),
    ("podSelector: {matchExpressions: [{key: app, operator: DoesNotExist, values: [a]}]}", &["error selector-values spec.podSelector.matchExpressions[0].values `[a]`"]),
    ("podSelector: {matchExpressions: [{key: app, operator: exists}]}", &["error selector-operator spec.podSelector.matchExpressions[0].operator `exists`"]),
    ("podSelector: {matchExpressions: [{key: app, operator: Equals, values: [a]}]}", &["error selector-operator spec.podSelector.matchExpressions[0].operator `Equals`"]),
    ("podSelector: {matchExpressions: [{operator: Exists}, {key: app}]}", &["error missing-field spec.podSelector.matchExpressions[0].key `operator`", "error selector-operator spec.podSelector.matchExpressions[1].operator `key`"]),
    (r#"podSelector: {matchExpressions: [{key: "", operator: Exists}]}"#, &[r#"error invalid-label spec.podSelector.matchExpressions[0].key `""`"#]),
    ("podSelector: {matchExpressions: [{key: app, operator: In, values: a}]}", &["error wrong-type spec.podSelector.matchExpressions[0].values `a`"]),
    ("podSelector: {matchExpressions: [{key: app, operator: In, values: [a, no, 7]}]}", &["error wrong-type spec.podSelector.matchExpressions[0].values[1] `no`", "error wrong-type spec.podSelector.matchExpressions[0].values[2] `7`"]),
    ("podSelector: {matchExpressions: [{key: app, operator: In, values: [a/b]}]}", &["error invalid-label spec.podSelector.matchExpressions[0].values[0] `a/b`"]),
    ("policyTypes: [Ingress, Egress]", &[]),
    ("policyTypes: []", &[]),
    ("policyTypes:", &[]),
    ("policyTypes: [ingress]", &["error policy-types spec.policyTypes[0] `ingress`"]),
    ("policyTypes: [Engress]", &["error policy-types spec.policyTypes[0] `Engress`"]),
    ("policyTypes: [Both]", &["error policy-types spec.policyTypes[0] `Both`"]),
    ("policyTypes: Ingress", &["error wrong-type spec.policyTypes `Ingress`"]),
    ("policyTypes: [Ingress, Egress, Ingress]", &["error policy-types spec.policyTypes `[Ingress, Egress, Ingress]`"]),
    ("policyTypes: [Ingress, Ingress]", &[]),
    ("ingress: []", &[]),
    ("ingress: [], egress: []", &["info default-policy-types spec.policyTypes `egress: []`"]),
    ("policyTypes: [], egress: []", &["info default-policy-types spec.policyTypes `egress: []`"]),
    ("policyTypes: [Ingress], egress: []", &[]),
    ("egress: ", &[]),
    ("egress: [{}]", &[]),
    ("egress: [7]", &["error wrong-type spec.egress[0] `7`"]),
    ("ingress: [{}]", &[]),
    ("ingress: {}", &["error wrong-type spec.ingress `{}`"]),
    ("ingress: {from: []}", &["error wrong-type spec.ingress `{from: []}`"]),
    ("ingress: [null]", &["warning empty-item spec.ingress[0] `null`"]),
    ("egress: [{to: [{podSelector: {}}], ports: [{port: 53, protocol: UDP}]}]", &[]),
    ("ingress: [{from: [], ports: []}]", &[]),
    ("ingress: [{from: , ports: }]", &[]),
    ("ingress: [{to: [{podSelector: {}}]}]", &["error unknown-field spec.ingress[0].to `to`"]),
    ("egress: [{from: [{podSelector: {}}]}]", &["error unknown-field spec.egress[0].from `from`"]),
    ("ingress: [{podSelector: {}}]", &["error unknown-field spec.ingress[0].podSelector `podSelector`"]),
    ("ingress: [{form: [{podSelector: {}}]}]", &["error unknown-field spec.ingress[0].form `form`"]),
    ("ingress: [{from: {podSelector: {}}}]", &["error wrong-type spec.ingress[0].from `{podSelector: {}}`"]),
    ("ingress: [{from: [{podSelector: {}, namespaceSelector: {}}]}]", &[]),
    ("ingress: [{from: [{podSelector: {}}, {namespaceSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8}}]}]", &[]),
    ("ingress: [{from: [{}]}]", &["error empty-peer spec.ingress[0].from[0] `{}`"]),
    ("ingress: [{from: [null]}]", &["warning empty-item spec.ingress[0].from[0] `null`", "error empty-peer spec.ingress[0].from[0] `null`"]),
    ("ingress: [{from: [{podSelector: }]}]", &["error empty-peer spec.ingress[0].from[0] `{podSelector: }`"]),
    ("ingress: [{from: [{podSelector: , namespaceSelector: {}}]}]", &[]),
    ("ingress: [{from: [{podSelektor: {}}]}]", &["error empty-peer spec.ingress[0].from[0] `{podSelektor: {}}`", "error unknown-field spec.ingress[0].from[0].podSelektor `podSelektor`"]),
    ("ingress: [{from: [{matchLabels: {app: web}}]}]", &["error empty-peer spec.ingress[0].from[0] `{matchLabels: {app: web}}`", "error unknown-field spec.ingress[0].from[0].matchLabels `matchLabels`"]),
    ("ingress: [{from: [{podSelector: {}, ports: [{port: 80}]}]}]", &["error unknown-field spec.ingress[0].from[0].ports `ports`"]),
    ("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, namespaceSelector: {}}]}]", &["error ambiguous-peer spec.ingress[0].from[0] `{ipBlock: {cidr: 10.0.0.0/8}, namespaceSelector: {}}`"]),
    ("ingress: [{from: [{ipBlock: {}}]}]", &["error invalid-cidr spec.ingress[0].from[0].ipBlock.cidr `ipBlock`"]),
    (r#"ingress: [{from: [{ipBlock: {cidr: ""}}]}]"#, &[r#"error invalid-cidr spec.ingress[0].from[0].ipBlock.cidr `""`"#]),
    ("ingress: [{from: [{ipBlock: 10.0.0.0/8}]}]", &["error wrong-type spec.ingress[0].from[0].ipBlock `10.0.0.0/8`"]),
    ("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0}}]}]", &["error invalid-cidr spec.ingress[0].from[0].ipBlock.cidr `10.0.0.0`"]),
    (r#"ingress: [{from: [{ipBlock: {cidr: "2001:db8::"}}]}]"#, &[r#"error invalid-cidr spec.ingress[0].from[0].ipBlock.cidr `"2001:db8::"`"#]),
    ("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}]", &["error invalid-cidr spec.ingress[0].from[0].ipBlock.cidr `10.0.0.0/33`"]),
    ("ingress: [{from: [{ipBlock: {cidr: 300.0.0.0/8}}]}]", &["error invalid-cidr spec.ingress[0].from[0].ipBlock.cidr `300.0.0.0/8`"]),
    ("ingress: [{from: [{ipBlock: {cidr: [10.0.0.0/8]}}]}]", &["error wrong-type spec.ingress[0].from[0].ipBlock.cidr `[10.0.0.0/8]`"]),
    ("ingress: [{from: [{ipBlock: {cidr: 10.1.2.3/8}}]}]", &["error non-canonical-cidr spec.ingress[0].from[0].ipBlock.cidr `10.1.2.3/8`"]),
    ("ingress: [{from: [{ipBlock: {cidr: 010.0.0.0/8}}]}]", &["error non-canonical-cidr spec.ingress[0].from[0].ipBlock.cidr `010.0.0.0/8`"]),
    (r#"ingress: [{from: [{ipBlock: {cidr: "::ffff:10.0.0.0/104"}}]}]"#, &[r#"error non-canonical-cidr spec.ingress[0].from[0].ipBlock.cidr `"::ffff:10.0.0.0/104"`"#]),
    ("ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 169.254.169.254/32]}}]}]", &[]),
    (r#"ingress: [{from: [{ipBlock: {cidr: "2001:db8::/32", except: ["2001:db8:1::/48"]}}]}]"#, &[]),
    ("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: 10.1.0.0/16}}]}]", &["error wrong-type spec.ingress[0].from[0].ipBlock.except `10.1.0.0/16`"]),
    ("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]", &["error invalid-except spec.ingress[0].from[0].ipBlock.except[0] `10.0.0.0/8`"]),
    (r#"ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [0.0.0.0/0, 192.168.0.0/16, "::/0", x]}}]}]"#, &["error invalid-except spec.ingress[0].from[0].ipBlock.except[0] `0.0.0.0/0`", "error invalid-except spec.ingress[0].from[0].ipBlock.except[1] `192.168.0.0/16`", r#"error invalid-except spec.ingress[0].from[0].ipBlock.except[2] `"::/0"`"#, "error invalid-cidr spec.ingress[0].from[0].ipBlock.except[3] `x`"]),
    ("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, excpet: []}}]}]", &["error unknown-field spec.ingress[0].from[0].ipBlock.excpet `excpet`"]),
    ("ingress: [{from: [{cidr: 10.0.0.0/8}]}]", &["error empty-peer spec.ingress[0].from[0] `{cidr: 10.0.0.0/8}`", "error unknown-field spec.ingress[0].from[0].cidr `cidr`"]),
    ("ingress: [{ports: [{port: 80}, {port: 443, protocol: TCP}, {port: http}, {protocol: SCTP}, {}]}]", &[]),
    ("ingress: [{ports: [{port: 8000, endPort: 8080}, {port: 80, endPort: 80}]}]", &[]),
    ("ingress: [{ports: 80}]", &["error wrong-type spec.ingress[0].ports `80`"]),
    ("ingress: [{ports: [80]}]", &["error wrong-type spec.ingress[0].ports[0] `80`"]),
    (r#"ingress: [{ports: ["80"]}]"#, &[r#"error wrong-type spec.ingress[0].ports[0] `"80"`"#]),
    (r#"ingress: [{ports: [{port: "80"}]}]"#, &[r#"error quoted-port spec.ingress[0].ports[0].port `"80"`"#]),
    (r#"ingress: [{ports: [{port: ""}]}]"#, &[r#"error invalid-port-name spec.ingress[0].ports[0].port `""`"#]),
    ("ingress: [{ports: [{port: 0}]}]", &["error port-out-of-range spec.ingress[0].ports[0].port `0`"]),
    ("ingress: [{ports: [{port: 65536}]}]", &["error port-out-of-range spec.ingress[0].ports[0].port `65536`"]),
    ("ingress: [{ports: [{port: -1}]}]", &["error port-out-of-range spec.ingress[0].ports[0].port `-1`"]),
    ("ingress: [{ports: [{port: 080}]}]", &[]),
    ("ingress: [{ports: [{port: 80.5}]}]", &["error wrong-type spec.ingress[0].ports[0].port `80.5`"]),
    ("ingress: [{ports: [{port: true}]}]", &["error wrong-type spec.ingress[0].ports[0].port `true`"]),
    ("ingress: [{ports: [{port: 8080-8090}]}]", &["error invalid-port-name spec.ingress[0].ports[0].port `8080-8090`"]),
    ("ingress: [{ports: [{port: HTTP}]}]", &["error invalid-port-name spec.ingress[0].ports[0].port `HTTP`"]),
    ("ingress: [{ports: [{port: a-name-too-long-for-iana}]}]", &["error invalid-port-name spec.ingress[0].ports[0].port `a-name-too-long-for-iana`"]),
    ("ingress: [{ports: [{port: 80, endPort: 79}]}]", &["error end-port spec.ingress[0].ports[0].endPort `79`"]),
    ("ingress: [{ports: [{port: 80, endPort: 65536}]}]", &["error port-out-of-range spec.ingress[0].ports[0].endPort `65536`"]),
    (r#"ingress: [{ports: [{port: 80, endPort: "90"}]}]"#, &[r#"error wrong-type spec.ingress[0].ports[0].endPort `"90"`"#]),
    ("ingress: [{ports: [{port: http, endPort: 90}]}]", &["error end-port spec.ingress[0].ports[0].endPort `90`"]),
    ("ingress: [{ports: [{port: 0, endPort: 70000}]}]", &["error port-out-of-range spec.ingress[0].ports[0].port `0`", "error port-out-of-range spec.ingress[0].ports[0].endPort `70000`"]),
    ("ingress: [{ports: [{port: HTTP, endPort: 90, protocol: tcp}]}]", &["error invalid-port-name spec.ingress[0].ports[0].port `HTTP`", "error end-port spec.ingress[0].ports[0].endPort `90`", "error unsupported-protocol spec.ingress[0].ports[0].protocol `tcp`"]),
    ("egress: [{to: [{ipBlock: {cidr: x, except: [z]}}, {}], ports: [{port: 0}, {protocol: X}]}, 7]", &["error invalid-cidr spec.egress[0].to[0].ipBlock.cidr `x`", "error invalid-cidr spec.egress[0].to[0].ipBlock.except[0] `z`", "error empty-peer spec.egress[0].to[1] `{}`", "error port-out-of-range spec.egress[0].ports[0].port `0`", "error unsupported-protocol spec.egress[0].ports[1].protocol `X`", "error wrong-type spec.egress[1] `7`"]),
    ("ingress: [{ports: [{endPort: 90}]}]", &["error end-port spec.ingress[0].ports[0].endPort `90`"]),
    ("ingress: [{ports: [{port: 80, protocol: tcp}]}]", &["error unsupported-protocol spec.ingress[0].ports[0].protocol `tcp`"]),
    (r#"ingress: [{ports: [{port: 80, protocol: ""}]}]"#, &[r#"error unsupported-protocol spec.ingress[0].ports[0].protocol `""`"#]),
    ("ingress: [{ports: [{port: 80, protocol: ICMP}]}]", &["error unsupported-protocol spec.ingress[0].ports[0].protocol `ICMP`"]),
    ("ingress: [{ports: [{port: 80, protocol: 6}]}]", &["error wrong-type spec.ingress[0].ports[0].protocol `6`"]),
    ("ingress: [{ports: [{port: 80, targetPort: 8080}]}]", &["error unknown-field spec.ingress[0].ports[0].targetPort `targetPort`"]),
    ("ingress: [{ports: [{port: 80, protcol: UDP}]}]", &["error unknown-field spec.ingress[0].ports[0].protcol `protcol`"]),
    ("ingres: []", &["error unknown-field spec.ingres `ingres`"]),
    ("selector: {}", &["error unknown-field spec.selector `selector`"]),
    ("namespaceSelector: {}", &["error unknown-field spec.namespaceSelector `namespaceSelector`"]),
    ("podSelector: {}, from: [{podSelector: {}}]", &["error unknown-field spec.from `from`"]),
    (r#""podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{"ports": [{"port": 80}]}]"#, &[]),
];

#[test]
fn specs() {
    for (spec, expected) in CASES {
        let spec = if spec.starts_with('{') { (*spec).to_owned() } else { format!("{{{spec}}}") };
        let text = format!(
            "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: a}}, spec: {spec}}}"
        );
        let document = read(&text);
        common::fixes_hold(&text);
        assert_eq!(common::said(&text, &document), *expected, "{text}");
        let refused = expected.iter().any(|said| said.starts_with("error"));
        assert_eq!(document.objects.is_empty(), refused, "{text}");
        assert_eq!(document.refused.len(), usize::from(refused), "{text}");
        for diagnostic in &document.diagnostics {
            let object =
                diagnostic.object.as_ref().map(|object| (object.kind.as_str(), object.name.as_str()));
            assert_eq!(object, Some(("NetworkPolicy", "a")), "{text}");
        }
    }
}

/// A policy with this `ipBlock`.
fn with_block(block: &str) -> String {
    format!(
        "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: a}}, spec: {{podSelector: {{}}, ingress: \
         [{{from: [{{ipBlock: {block}}}]}}]}}}}"
    )
}

const BEFORE_1_36: ReadOptions =
    ReadOptions { kubernetes: KubernetesVersion::V1_35, unknown_fields: UnknownFields::Refuse };

#[test]
fn blocks_must_be_written_in_the_one_right_way_from_1_36_on() {
    for (block, right) in [
        ("{cidr: 10.1.2.3/8}", "10.0.0.0/8"),
        ("{cidr: 010.0.0.0/8}", "10.0.0.0/8"),
        ("{cidr: 10.0.0.0/08}", "10.0.0.0/8"),
        (r#"{cidr: "::ffff:10.0.0.0/104"}"#, "10.0.0.0/8"),
        (r#"{cidr: "2001:db8::1/32"}"#, "2001:db8::/32"),
        ("{cidr: 10.0.0.0/8, except: [10.1.2.3/16]}", "10.1.0.0/16"),
        ("{cidr: 10.0.0.0/8, except: [10.01.0.0/16]}", "10.1.0.0/16"),
        (r#"{cidr: 10.0.0.0/8, except: ["::ffff:10.1.0.0/112"]}"#, "10.1.0.0/16"),
    ] {
        let text = with_block(block);
        let (new, old) = (read(&text), read_with(&text, BEFORE_1_36));
        for (document, severity, accepted) in [(&new, "error", 0), (&old, "warning", 1)] {
            let said = common::said(&text, document);
            assert!(
                said[0].starts_with(&format!("{severity} non-canonical-cidr")) && said.len() == 1,
                "{said:?}"
            );
            assert_eq!(document.objects.len(), accepted, "{block}");
            let fixes = &document.diagnostics[0].fixes;
            assert_eq!(fixes[0].title, format!("write `{right}`"));
        }
        common::fixes_hold(&text);
    }
}

#[test]
fn an_exception_is_compared_by_prefix_lengths_as_written() {
    for (block, said) in [
        // 104 of 128 bits are more than 16 of 32.
        (
            r#"{cidr: "::ffff:10.0.0.0/104", except: [10.1.0.0/16]}"#,
            &["warning non-canonical-cidr", "error invalid-except"][..],
        ),
        (
            r#"{cidr: "::ffff:10.0.0.0/104", except: ["::ffff:10.1.0.0/112"]}"#,
            &["warning non-canonical-cidr"; 2],
        ),
        (
            r#"{cidr: "::ffff:10.0.0.0/104", except: ["::ffff:10.0.0.0/104"]}"#,
            &["warning non-canonical-cidr", "warning non-canonical-cidr", "error invalid-except"],
        ),
        (r#"{cidr: 10.0.0.0/8, except: ["::ffff:10.1.0.0/112"]}"#, &["warning non-canonical-cidr"]),
        (
            r#"{cidr: 10.0.0.0/8, except: ["::ffff:11.1.0.0/112"]}"#,
            &["warning non-canonical-cidr", "error invalid-except"],
        ),
    ] {
        let text = with_block(block);
        let found = common::said(&text, &read_with(&text, BEFORE_1_36));
        let found: Vec<String> =
            found.iter().map(|one| one.split(" spec").next().unwrap().to_owned()).collect();
        assert_eq!(found, said, "{block}");
    }
    // By that rule a block may be left out whole, and even a larger one.
    for except in ["::ffff:10.0.0.0/104", "::ffff:10.0.0.0/103"] {
        let document =
            read_with(&with_block(&format!("{{cidr: 10.0.0.0/8, except: [\"{except}\"]}}")), BEFORE_1_36);
        let Resource::NetworkPolicy(policy) = &document.objects[0].resource else { unreachable!() };
        let Peer::Block { cidr, except, .. } = &policy.ingress.as_ref().unwrap().value[0].peers[0] else {
            unreachable!()
        };
        assert_eq!(except[0].value, cidr.value);
    }
}

#[test]
fn unknown_fields_refuse_or_are_dropped() {
    let text = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {podselector: {}}\n";
    let dropping = ReadOptions { unknown_fields: UnknownFields::Drop, ..ReadOptions::default() };
    for (document, severity, accepted, consequence) in [
        (read(text), "error", 0, "with the option `unknownFields: drop` only the field is lost"),
        (read_with(text, dropping), "warning", 1, "the field is dropped"),
    ] {
        assert_eq!(
            common::said(text, &document),
            [format!("{severity} unknown-field spec.podselector `podselector`")]
        );
        assert_eq!((document.objects.len(), document.refused.len()), (accepted, 1 - accepted));
        let diagnostic = &document.diagnostics[0];
        let message = "unknown field `podselector`; did you mean `podSelector`?";
        assert!(diagnostic.message.starts_with(message), "{}", diagnostic.message);
        assert!(diagnostic.related[0].message.contains(consequence), "{diagnostic:?}");
        assert_eq!(diagnostic.fixes[0].title, "write `podSelector`");
    }
}

#[test]
fn a_refused_policy_says_once_what_that_leaves_open() {
    const OPEN: &str =
        "As it stands the policy takes no part: what it would close in namespace `shop` stays open";
    let policy = |kind: &str, spec: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: {kind}\nmetadata:\n  name: db\n  namespace: shop\nspec: {spec}\n"
        )
    };
    for (text, errors) in [
        (policy("NetworkPolicy", "{podselector: {}, ingress: [{ports: [{port: 0}]}]}"), 2),
        (policy("NetworkPolicy", "{podSelector: {}, ingress: [{from: [{}]}]}"), 1),
        (policy("NetworkPolcy", "{podSelector: {}}"), 1),
        (policy("networkpolicies", "{podSelector: {}}"), 1),
        (policy("NetworkPolicy", "[\n"), 1),
    ] {
        let document = read(&text);
        let all: Vec<&str> =
            document.diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
        assert_eq!(all.len(), errors, "{text}\n{all:?}");
        assert!(all[0].ends_with(OPEN), "{text}\n{}", all[0]);
        assert_eq!(all.iter().filter(|message| message.contains(OPEN)).count(), 1, "{text}\n{all:?}");
    }
    // What is accepted leaves nothing open, and what is no policy closes nothing.
    let warned = policy("NetworkPolicy", "{podSelector: {matchLabels: {app: }}}");
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: {}}\n".to_owned();
    for text in [warned, pod] {
        let document = read(&text);
        assert_eq!(document.diagnostics.len(), 1);
        assert!(!document.diagnostics[0].message.contains("stays open"));
    }
}
