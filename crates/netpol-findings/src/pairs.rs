//! Properties that hold whatever the policies are, over every pair of a set of specs.

use crate::testing::{Case, coredns, deployment, host_network_pod, policy};

const SPECS: [&str; 16] = [
    "{podSelector: {}}",
    "{podSelector: {}, policyTypes: [Egress]}",
    "{podSelector: {}, policyTypes: [Ingress, Egress]}",
    "{podSelector: {matchLabels: {app: web}}, ingress: [{}]}",
    "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}",
    "{podSelector: {matchLabels: {app: wbe}}, ingress: [{from: [{podSelector: {matchLabels: {app: bd}}}]}]}",
    "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}",
    "{podSelector: {}, ingress: [{ports: [{port: 80}, {port: http}]}]}",
    "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{}]}",
    "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}",
    "{podSelector: {}, egress: [{to: [{ipBlock: {cidr: '::/0', except: ['fd00:ec2::254/128']}}], ports: [{port: 80}]}]}",
    "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}]}]}",
    "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}], ports: [{port: 53}]}]}",
    "{podSelector: {}, policyTypes: [Ingress], egress: [{}]}",
    "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/1}}, {ipBlock: {cidr: 128.0.0.0/2}}]}]}",
    "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: x, operator: DoesNotExist}]}}]}]}",
];

/// Reading a case checks each witness against the matrix.
#[test]
fn witnesses_hold_and_no_workload_is_unprotected_twice() {
    let shop =
        deployment("shop", "web", 80) + &deployment("shop", "db", 5432) + &deployment("ops", "spy", 9090);
    let whole = shop + &coredns() + &host_network_pod("kube-system", "kube-proxy");
    for workloads in ["", whole.as_str()] {
        for first in SPECS {
            for second in SPECS {
                let text = workloads.to_owned() + &policy("shop", "a", first) + &policy("shop", "b", second);
                let found = Case::new(&text).check_all();
                for (code, direction) in [("NP101", "ingress"), ("NP102", "egress")] {
                    let whole_namespace =
                        found.iter().any(|one| one.code == code && one.subject == "Namespace shop");
                    let workload =
                        found.iter().any(|one| one.code == "NP103" && one.message.contains(direction));
                    assert!(!(whole_namespace && workload), "{text}\n{found:?}");
                }
                assert!(
                    found.iter().all(|one| !one.spans.iter().any(|text| text == "kube-proxy")),
                    "{found:?}"
                );
            }
        }
    }
}
