//! What expectations mean, case by case.

use std::sync::Arc;

use netpol_assert::{Expect, Judge, Missing, Outcome, Side, Status, Unknown, Void, judge_all};
use netpol_eval::{Cluster, Evaluation, Options, PeerId};
use netpol_manifest::{Document, Resource, read};
use netpol_source::DocumentId;

/// `shop` with web, cart and db (two pods each, but for db), `ops` with tools and a pod on the host network; only cart may
/// enter db on TCP 5432, and nobody leaves cart but to db.
const CLUSTER: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: red}}
---
apiVersion: v1
kind: Namespace
metadata: {name: ops, labels: {team: blue}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web, tier: front}}, spec: {containers: [{name: a, ports: [{containerPort: 8080, name: http}]}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec: {replicas: 2, selector: {matchLabels: {app: cart}}, template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: a, ports: [{containerPort: 80, name: http}]}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: a, ports: [{containerPort: 5432, name: sql}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: tools, namespace: ops, labels: {app: tools}}
spec: {nodeName: one, containers: [{name: a}]}
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: ops, labels: {app: agent}}
spec: {nodeName: one, hostNetwork: true, containers: [{name: a, ports: [{containerPort: 9100}]}]}
---
apiVersion: v1
kind: Node
metadata: {name: one}
status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: cart}}}], ports: [{port: 5432}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: cart, namespace: shop}
spec: {podSelector: {matchLabels: {app: cart}}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}, {to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: 443}]}]}
";

/// `shop/cart -> shop/db TCP 5432`, with the address that is meant.
fn shown(evaluation: &Evaluation, outcome: &Outcome) -> String {
    let Some(witness) = outcome.witness else { return String::new() };
    let name = |id: PeerId| match evaluation
        .peer(id)
        .map(|peer| (peer.workload(), peer.external(), peer.domain()))
    {
        Some((Some(workload), ..)) => workload.name.clone(),
        Some((_, Some(range), _)) => range.network.to_string(),
        Some((.., Some(domain))) => domain.to_owned(),
        _ => String::new(),
    };
    let address = witness.address.map(|address| format!(" ({address})")).unwrap_or_default();
    let (source, destination) = (name(witness.source), name(witness.destination));
    format!("{source} -> {destination} {} {}{address}", witness.protocol.as_str(), witness.port)
}

fn documents(texts: &[&str]) -> Vec<Arc<Document>> {
    texts.iter().flat_map(|text| text.split("---\n")).map(|text| Arc::new(read(text))).collect()
}

fn evaluated(documents: &[Arc<Document>]) -> Evaluation {
    let documents = (0..).map(DocumentId).zip(documents.iter().cloned());
    Evaluation::new(Cluster::build(documents), Options::default())
}

fn test_of(list: &str, expectation: &str) -> String {
    format!(
        "apiVersion: netpol.playground/v1\nkind: ConnectivityTest\nmetadata: {{name: a}}\nspec: {{{list}: [{expectation}]}}\n"
    )
}

/// What becomes of one expectation in a cluster.
fn outcome_in(cluster: &[&str], list: &str, expectation: &str) -> (Outcome, String) {
    let test = test_of(list, expectation);
    let mut texts = cluster.to_vec();
    texts.push(&test);
    let documents = documents(&texts);
    let refused: Vec<_> = documents.iter().flat_map(|document| &document.diagnostics).collect();
    let evaluation = evaluated(&documents);
    let outcomes = judge_all(&evaluation, &Missing::of(documents.iter().map(Arc::as_ref)));
    let [test] = &outcomes[..] else { unreachable!("{expectation}: {refused:?}") };
    let [outcome] = &test.expectations[..] else { unreachable!("{expectation}") };
    assert_eq!(test.passed(), outcome.status == Status::Passed);
    (outcome.clone(), shown(&evaluation, outcome))
}

fn status(outcome: &Outcome) -> &'static str {
    match outcome.status {
        Status::Passed => "passed",
        Status::Failed => "failed",
        Status::Depends => "depends",
        Status::Void(Void::Nobody(Side::From, _)) => "void: from",
        Status::Void(Void::Nobody(Side::To, _)) => "void: to",
        Status::Void(Void::NothingLeft(Side::From)) => "void: nothing left of from",
        Status::Void(Void::NothingLeft(Side::To)) => "void: nothing left of to",
        Status::Void(Void::NoSuchPort(_)) => "void: port",
        Status::Void(Void::NoPorts) => "void: no ports",
        Status::Void(Void::NoPairs) => "void: no pairs",
        Status::Unknown(Unknown::NotEvaluated) => "unknown: cells",
        Status::Unknown(Unknown::MissingPolicies) => "unknown: policies",
        Status::Unknown(Unknown::LeftOutWorkloads) => "unknown: workloads",
        Status::Unknown(Unknown::TooMuch) => "unknown: too much",
    }
}

/// List and expectation, status, pairs and broken ones, witness.
type Case = (&'static str, &'static str, &'static str, u64, u64, &'static str);

fn check(cluster: &[&str], cases: &[Case]) {
    let mut wrong = Vec::new();
    for (list, expectation, expected, pairs, broken, witness) in cases {
        let (outcome, shown) = outcome_in(cluster, list, expectation);
        let found = (status(&outcome), outcome.pairs, outcome.broken, shown);
        if found != (*expected, *pairs, *broken, (*witness).to_owned()) {
            wrong.push(format!("{list} {expectation}: {found:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn allow_and_deny() {
    check(
        &[CLUSTER],
        &[
            ("allow", "{from: {name: cart}, to: {name: db}, ports: 5432}", "passed", 1, 0, ""),
            ("allow", "{from: {name: cart}, to: {name: db}}", "failed", 1, 1, "cart -> db TCP 80"),
            (
                "allow",
                "{from: {name: cart}, to: {name: db}, ports: [5432, UDP/53]}",
                "failed",
                1,
                1,
                "cart -> db UDP 53",
            ),
            ("deny", "{from: {name: cart}, to: {name: db}}", "failed", 1, 1, "cart -> db TCP 5432"),
            ("deny", "{from: {name: cart}, to: {name: db}, exceptPorts: 5432}", "passed", 1, 0, ""),
            (
                "deny",
                "{from: {name: cart}, to: {name: db}, ports: [TCP/5000-6000], exceptPorts: [TCP/5433-6000]}",
                "failed",
                1,
                1,
                "cart -> db TCP 5432",
            ),
            ("deny", "{from: {name: web}, to: {name: db}}", "passed", 1, 0, ""),
            (
                "deny",
                "{from: {namespace: shop}, to: {labels: {app: db}}, ports: 5432, except: {labels: {app: cart}}}",
                "passed",
                1,
                0,
                "",
            ),
            (
                "deny",
                "{from: {name: cart}, to: {namespace: [shop, ops]}, ports: [TCP, UDP, SCTP], except: {name: db}}",
                "failed",
                5,
                1,
                "cart -> db TCP 5432",
            ),
            (
                "deny",
                "{from: {name: cart}, to: {namespace: [shop, ops]}, exceptTo: {name: db}}",
                "passed",
                4,
                0,
                "",
            ),
            // A port that the destination declares comes before the lowest.
            ("deny", "{from: {name: tools}, to: {name: web}}", "failed", 1, 1, "tools -> web TCP 8080"),
            (
                "deny",
                "{from: {name: tools}, to: {name: web}, ports: UDP}",
                "failed",
                1,
                1,
                "tools -> web UDP 53",
            ),
            // The selectors of an end hold together.
            (
                "allow",
                "{from: {namespaceLabels: {team: blue}, name: tools}, to: {namespaceSelector: {matchLabels: {team: red}}, podSelector: {matchExpressions: [{key: app, operator: In, values: [web, cart]}]}}}",
                "passed",
                2,
                0,
                "",
            ),
            ("allow", "{from: {namespace: ops, name: web}, to: pods}", "void: from", 0, 0, ""),
        ],
    );
}

#[test]
fn pairs_that_no_policy_decides() {
    check(
        &[CLUSTER],
        &[
            // A pod to itself, but not two pods of one workload.
            ("deny", "{from: {name: db}, to: {name: db}}", "void: no pairs", 0, 0, ""),
            ("deny", "{from: {name: web}, to: {name: web}}", "failed", 1, 1, "web -> web TCP 8080"),
            ("allow", "{from: outside, to: outside}", "void: no pairs", 0, 0, ""),
            ("allow", "{from: {cidr: 10.0.0.0/8}, to: {cidr: 192.168.0.1}}", "void: no pairs", 0, 0, ""),
            // A node, and what runs on it.
            ("deny", "{from: {cidr: 192.168.0.1}, to: {name: tools}}", "void: no pairs", 0, 0, ""),
            ("deny", "{from: {name: agent}, to: {name: tools}}", "void: no pairs", 0, 0, ""),
            ("deny", "{from: {name: tools}, to: {name: agent}}", "void: no pairs", 0, 0, ""),
            // Neither end can be isolated: left out, but where a mapping names the one on the host network.
            (
                "deny",
                "{from: outside, to: {name: agent}, ports: 9100}",
                "failed",
                6,
                6,
                "0.0.0.0/0 -> agent TCP 9100 (0.0.0.0)",
            ),
            (
                "deny",
                "{from: {cidr: 10.2.0.0/16}, to: [{name: agent}, pods], ports: 9100, exceptTo: [{namespace: shop}, {name: tools}]}",
                "failed",
                1,
                1,
                "10.0.0.0/8 -> agent TCP 9100 (10.2.0.0)",
            ),
            (
                "deny",
                "{from: {cidr: 10.2.0.0/16}, to: pods, ports: 9100, exceptTo: [{namespace: shop}, {name: tools}]}",
                "void: no pairs",
                0,
                0,
                "",
            ),
        ],
    );
    let (outcome, _) = outcome_in(&[CLUSTER], "deny", "{from: outside, to: {name: agent}}");
    assert!(outcome.witness.is_some_and(|witness| witness.on_host_network == Some(witness.destination)));
    let (outcome, _) = outcome_in(&[CLUSTER], "deny", "{from: {name: web}, to: {name: agent}}");
    assert!(outcome.witness.is_some_and(|witness| witness.on_host_network.is_none()));
}

#[test]
fn void_where_nothing_is_proved() {
    check(
        &[CLUSTER],
        &[
            ("deny", "{from: {name: nobody}, to: pods}", "void: from", 0, 0, ""),
            ("allow", "{from: pods, to: {labels: {app: nobody}}}", "void: to", 0, 0, ""),
            // Each item of an end must match somebody.
            ("deny", "{from: [{name: web}, {name: wbe}], to: {name: db}}", "void: from", 1, 0, ""),
            // What is broken is broken all the same.
            (
                "deny",
                "{from: [{name: cart}, {name: wbe}], to: {name: db}}",
                "failed",
                1,
                1,
                "cart -> db TCP 5432",
            ),
            (
                "deny",
                "{from: {name: web}, to: {name: db}, exceptFrom: {labels: {app: web}}}",
                "void: nothing left of from",
                0,
                0,
                "",
            ),
            (
                "deny",
                "{from: {name: web}, to: {name: db}, exceptTo: pods}",
                "void: nothing left of to",
                0,
                0,
                "",
            ),
            (
                "deny",
                "{from: {cidr: 10.0.0.0/8}, to: {name: db}, exceptFrom: {cidr: 0.0.0.0/0}}",
                "void: nothing left of from",
                0,
                0,
                "",
            ),
            (
                "deny",
                "{from: {name: web}, to: {name: db}, exceptPorts: [TCP, UDP, SCTP]}",
                "void: no ports",
                0,
                0,
                "",
            ),
            ("deny", "{from: {name: web}, to: {name: db}, ports: TCP/http}", "void: port", 0, 0, ""),
            ("deny", "{from: {name: web}, to: outside, ports: TCP/http}", "void: port", 0, 0, ""),
            ("deny", "{from: {name: web}, to: {name: db}, ports: [TCP/http, 5432]}", "void: port", 1, 0, ""),
        ],
    );
}

#[test]
fn named_ports_at_each_destination() {
    check(
        &[CLUSTER],
        &[
            ("allow", "{from: {name: tools}, to: pods, ports: TCP/http}", "passed", 2, 0, ""),
            (
                "deny",
                "{from: {name: tools}, to: {namespace: shop}, ports: TCP/http}",
                "failed",
                2,
                2,
                "tools -> web TCP 8080",
            ),
            (
                "deny",
                "{from: {name: tools}, to: {name: cart}, ports: [TCP/http, TCP/443], exceptPorts: TCP/http}",
                "failed",
                1,
                1,
                "tools -> cart TCP 443",
            ),
            ("deny", "{from: {name: cart}, to: {name: db}, exceptPorts: TCP/sql}", "passed", 1, 0, ""),
            ("deny", "{from: {name: cart}, to: {name: db}, ports: UDP/sql}", "void: port", 0, 0, ""),
        ],
    );
    // Two pods of one workload that call different numbers so.
    let pod = |name: &str, port: u16, extra: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop, labels: {{app: x}}, ownerReferences: [{{apiVersion: \
             apps/v1, kind: StatefulSet, name: x, controller: true, uid: u}}]}}\nspec: {{containers: [{{name: a, ports: \
             [{{containerPort: {port}, name: web}}{extra}]}}]}}\n"
        )
    };
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: x, namespace: shop}\nspec: {podSelector: \
                  {matchLabels: {app: x}}, ingress: [{ports: [{port: 81}]}]}\n";
    let (one, other) = (pod("x-0", 81, ""), pod("x-1", 82, ""));
    let cluster = [CLUSTER, &one, &other, policy];
    check(
        &cluster,
        &[
            ("deny", "{from: {name: web}, to: {name: x}, ports: TCP/web}", "failed", 1, 1, "web -> x TCP 81"),
            ("allow", "{from: {name: web}, to: {name: x}, ports: TCP/web}", "void: no ports", 0, 0, ""),
            ("deny", "{from: {name: web}, to: {name: x-1}, ports: TCP/82}", "passed", 1, 0, ""),
        ],
    );
}

#[test]
fn addresses_are_exact_and_cut_no_rows() {
    check(
        &[CLUSTER],
        &[
            ("deny", "{from: {name: cart}, to: {cidr: 10.1.2.0/24}}", "passed", 1, 0, ""),
            ("deny", "{from: {name: cart}, to: {cidr: 10.1.2.3}, ports: 443}", "passed", 1, 0, ""),
            ("deny", "{from: {name: cart}, to: {cidr: 10.1.255.0/24}, ports: 443}", "passed", 1, 0, ""),
            (
                "deny",
                "{from: {name: cart}, to: {cidr: 10.0.0.0/15}, ports: 443}",
                "failed",
                2,
                1,
                "cart -> 10.0.0.0/8 TCP 443 (10.0.0.0)",
            ),
            (
                "deny",
                "{from: {name: cart}, to: {cidr: 10.0.0.0/15}, ports: 443, except: {cidr: 10.0.0.0/16}}",
                "passed",
                1,
                0,
                "",
            ),
            ("allow", "{from: {name: cart}, to: {cidr: 10.2.0.0/16}, ports: 443}", "passed", 1, 0, ""),
            (
                "allow",
                "{from: {name: cart}, to: {cidr: 10.0.0.0/8}, ports: 443}",
                "failed",
                2,
                1,
                "cart -> 10.1.0.0/16 TCP 443 (10.1.0.0)",
            ),
            (
                "allow",
                "{from: {name: cart}, to: {cidr: 10.0.0.0/8}, ports: 443, exceptTo: {cidr: 10.1.0.0/16}}",
                "passed",
                1,
                0,
                "",
            ),
            (
                "deny",
                "{from: {name: cart}, to: {cidr: 0.0.0.0/0}, exceptTo: {cidr: 10.0.0.0/8}}",
                "passed",
                3,
                0,
                "",
            ),
            // All of it but one address.
            (
                "deny",
                "{from: {name: cart}, to: {cidr: 10.0.0.0/31}, exceptTo: {cidr: 10.0.0.0}}",
                "failed",
                1,
                1,
                "cart -> 10.0.0.0/8 TCP 443 (10.0.0.1)",
            ),
            // A block never matches pods, not even by their addresses.
            ("deny", "{from: {cidr: 0.0.0.0/0}, to: {name: db}}", "passed", 5, 0, ""),
        ],
    );
    let with = documents(&[CLUSTER, &test_of("deny", "{from: {cidr: 172.16.0.0/12}, to: pods}")]);
    assert_eq!(evaluated(&with).peers().len(), evaluated(&documents(&[CLUSTER])).peers().len());
}

#[test]
fn hypothetical_pods_count_where_something_is_denied() {
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web, namespace: shop}\nspec: {podSelector: \
                  {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {role: ghost}}}]}]}\n";
    check(
        &[CLUSTER, policy],
        &[
            (
                "allow",
                "{from: {namespace: shop}, to: {name: db}, ports: 5432, except: {name: web}}",
                "passed",
                1,
                0,
                "",
            ),
            ("allow", "{from: {labels: {role: ghost}}, to: {name: web}}", "passed", 1, 0, ""),
            (
                "deny",
                "{from: {namespace: shop}, to: {name: web}}",
                "failed",
                5,
                1,
                "role=ghost -> web TCP 8080",
            ),
            // Who is in the input comes first.
            (
                "deny",
                "{from: pods, to: {name: cart}, except: {namespace: shop}}",
                "failed",
                3,
                3,
                "tools -> cart TCP 80",
            ),
        ],
    );
}

#[test]
fn what_holds_under_one_reading_only() {
    // Whether the block holds pods of unknown address is up to the plugin.
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web, namespace: shop}\nspec: {podSelector: \
                  {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}\n";
    check(
        &[CLUSTER, policy],
        &[
            (
                "deny",
                "{from: {name: web}, to: {name: cart}, ports: 80}",
                "depends",
                1,
                1,
                "web -> cart TCP 80",
            ),
            (
                "allow",
                "{from: {name: web}, to: {name: cart}, ports: 80}",
                "failed",
                1,
                1,
                "web -> cart TCP 80",
            ),
            ("deny", "{from: {name: web}, to: {name: db}, ports: 80}", "passed", 1, 0, ""),
            ("allow", "{from: {name: web}, to: {cidr: 0.0.0.0/0}, ports: 80}", "passed", 5, 0, ""),
            (
                "deny",
                "{from: {name: web}, to: {namespace: shop}, ports: 80, exceptTo: {name: web}}",
                "depends",
                2,
                1,
                "web -> cart TCP 80",
            ),
        ],
    );
}

#[test]
fn policies_that_are_not_evaluated() {
    let of_namespace = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: x, namespace: shop}\nspec: {}\n";
    let of_cluster =
        "apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: x}\nspec: {}\n";
    check(
        &[CLUSTER, of_namespace],
        &[
            ("deny", "{from: {name: tools}, to: {name: db}}", "unknown: policies", 1, 1, ""),
            (
                "allow",
                "{from: {name: tools}, to: outside, exceptTo: {cidr: 192.168.0.1}}",
                "passed",
                6,
                0,
                "",
            ),
            ("deny", "{from: {name: cart}, to: {name: db}}", "unknown: policies", 1, 1, ""),
        ],
    );
    check(
        &[CLUSTER, of_cluster],
        &[
            ("deny", "{from: {name: tools}, to: {name: db}}", "unknown: policies", 1, 1, ""),
            (
                "allow",
                "{from: {name: tools}, to: outside, exceptTo: {cidr: 192.168.0.1}}",
                "unknown: policies",
                6,
                6,
                "",
            ),
        ],
    );
}

#[test]
fn items_that_take_nobody_out_are_told() {
    for (expectation, idle) in [
        ("{from: any, to: {name: db}, except: {name: cart}}", 0),
        ("{from: any, to: {name: db}, except: [{name: nobody}, {name: cart}]}", 1),
        ("{from: {name: web}, to: {name: db}, exceptFrom: {name: cart}, exceptTo: {name: web}}", 2),
        ("{from: pods, to: {name: db}, exceptFrom: {cidr: 10.0.0.0/8}}", 1),
        ("{from: any, to: {name: db}, exceptFrom: {cidr: 10.9.0.0/16}}", 0),
    ] {
        let (outcome, _) = outcome_in(&[CLUSTER], "deny", expectation);
        assert_eq!(outcome.idle.len(), idle, "{expectation}");
        assert!(!matches!(outcome.status, Status::Void(_)), "{expectation}");
    }
}

#[test]
fn domains_are_destinations_only() {
    let policy = "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: x}\nspec: {tier: Admin, \
                  priority: 1, subject: {pods: {podSelector: {matchLabels: {app: tools}}}}, egress: [{action: Accept, to: [{domainNames: \
                  [example.com]}]}, {action: Deny, to: [{networks: [0.0.0.0/0, '::/0']}]}]}\n";
    check(
        &[CLUSTER, policy],
        &[
            (
                "deny",
                "{from: {name: tools}, to: outside, exceptTo: {cidr: 192.168.0.1}}",
                "failed",
                7,
                1,
                "tools -> example.com TCP 80",
            ),
            (
                "deny",
                "{from: {name: tools}, to: [{cidr: 0.0.0.0/0}, {cidr: '::/0'}], exceptTo: {cidr: 192.168.0.1}}",
                "passed",
                6,
                0,
                "",
            ),
            ("allow", "{from: outside, to: {name: web}}", "passed", 7, 0, ""),
        ],
    );
}

#[test]
fn too_much_is_unknown() {
    let documents =
        documents(&[CLUSTER, &test_of("allow", "{from: {name: cart}, to: {name: db}, ports: 5432}")]);
    let evaluation = evaluated(&documents);
    let missing = Missing::default();
    let test = evaluation.cluster().tests[0].object();
    let Resource::ConnectivityTest(test) = &test.resource else { unreachable!() };
    let judged = |work| Judge::within(&evaluation, &missing, work).expectation(Expect::Allow, &test.allow[0]);
    assert_eq!(judged(1_000_000).status, Status::Passed);
    for work in 0..100 {
        assert_eq!(judged(work).status, Status::Unknown(Unknown::TooMuch), "{work}");
    }
    let mut statuses: Vec<Status> = (0..2000).map(|work| judged(work).status).collect();
    statuses.dedup();
    assert_eq!(statuses, [Status::Unknown(Unknown::TooMuch), Status::Passed]);
}
