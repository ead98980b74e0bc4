//! NP105: workloads that reach any address outside the cluster.
//!
//! One finding for each rule that opens "any other address", and one for each namespace with workloads that no policy
//! isolates for egress. A rule that opens nothing but port 53 is NP206's.

use netpol_eval::ConnectionSet;
use netpol_manifest::Direction;

use crate::cause::Wide;
use crate::context::Context;
use crate::finding::Finding;
use crate::outside::{self, Addresses};
use crate::references as refer;
use crate::rule::{Code, Proof, Rule, Severity};
use crate::well_known;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP105,
    name: "open-egress",
    severity: Severity::Medium,
    summary: "A workload reaches any address outside the cluster.",
    why: "Whoever takes over such a pod can fetch tools, open a way back in, and carry data to any address of their own.",
    help: "Allow only the addresses that the workload needs, with one `ipBlock` each and the port, or lead all traffic through \
           a proxy and allow that.",
    references: &[refer::NSA_POLICIES, refer::CKS_EXTERNAL_ACCESS, refer::KUBESCAPE_BLOCKED],
    proof: Proof::Allowed,
    fix: None,
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let dns = well_known::dns_ports();
    let but_dns = |open: &ConnectionSet| open.difference(&dns);
    let causes = outside::causes(context, Direction::Egress, Addresses::Most, but_dns, |_| false);
    let findings = causes.into_iter().map(|cause| {
        let (workloads, whom) = (cause.workloads, cause.whom);
        let (reach, them) = if cause.pods.len() == 1 { ("reaches", "it") } else { ("reach", "them") };
        let message = match cause.rule {
            Some((lets, ports)) => format!("{lets} {workloads} reach {whom}, on {ports}"),
            None => format!(
                "{workloads} {reach} any address outside the cluster: no NetworkPolicy isolates {them} for egress"
            ),
        };
        Finding {
            message,
            subject: cause.subject,
            spans: cause.spans,
            witness: cause.witness,
            cause: cause.origin.cause(Direction::Egress, Wide::Anywhere),
            ..Finding::of(&RULE)
        }
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, cluster_policy, deployment, policy};

    const ANYWHERE: &str = "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], \
                            egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}]}";

    #[test]
    fn a_rule_that_opens_every_address() {
        let found =
            Case::new(&(deployment("shop", "web", 80) + &policy("shop", "out", ANYWHERE))).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/out");
        assert_eq!(
            found[0].message,
            "egress rule 1 lets `web` reach any address outside the cluster, on TCP 443"
        );
        assert_eq!(found[0].spans, ["{ipBlock: {cidr: 0.0.0.0/0}}", "out"]);
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> 0.0.0.0/0 TCP 443"));
    }

    #[test]
    fn networks_that_an_admin_rule_opens_and_nothing_tells_from_pods() {
        let spec = "subject: {namespaces: {}}, egress: [{action: Accept, to: [{networks: [0.0.0.0/0]}]}]";
        let text = deployment("shop", "web", 80)
            + &policy("shop", "deny", "{podSelector: {}, policyTypes: [Egress]}")
            + &cluster_policy("open", "Admin", 5, spec);
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "ClusterNetworkPolicy open");
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> 0.0.0.0/0 TCP 443"));
    }

    #[test]
    fn a_policy_on_its_own_speaks_of_the_pods_that_it_would_select() {
        let found = Case::new(&policy("shop", "out", ANYWHERE)).check(&RULE);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("the pods that it selects"), "{}", found[0].message);
    }

    #[test]
    fn workloads_without_policies_are_one_finding_a_namespace() {
        let found =
            Case::new(&(deployment("shop", "web", 80) + &deployment("shop", "db", 5432))).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "Namespace shop");
        assert_eq!(found[0].spans, ["web", "db"]);
    }

    #[test]
    fn some_addresses_are_not_any_address() {
        let spec =
            "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}";
        assert!(
            Case::new(&(deployment("shop", "web", 80) + &policy("shop", "out", spec)))
                .check(&RULE)
                .is_empty()
        );
    }

    #[test]
    fn dns_to_everyone_is_another_matter() {
        let spec = "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}, {port: 53}]}]}";
        assert!(
            Case::new(&(deployment("shop", "web", 80) + &policy("shop", "out", spec)))
                .check(&RULE)
                .is_empty()
        );
    }

    #[test]
    fn a_rule_of_a_cluster_scoped_policy() {
        let deny = "{action: Deny, to: [{networks: [0.0.0.0/0, '::/0']}]}";
        let of = |rules: &str, others: &str| {
            let spec = format!("subject: {{namespaces: {{}}}}, egress: [{rules}]");
            let text = deployment("shop", "web", 80) + others + &cluster_policy("p", "Admin", 5, &spec);
            Case::new(&text).check(&RULE)
        };
        assert!(of(deny, "").is_empty());
        let open = "{action: Accept, to: [{networks: [0.0.0.0/0]}], protocols: [{tcp: {destinationPort: {number: 443}}}]}";
        let isolated = policy("shop", "deny", "{podSelector: {}, policyTypes: [Egress]}");
        for found in [of(&format!("{open}, {deny}"), ""), of(open, &isolated)] {
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].subject, "ClusterNetworkPolicy p");
            assert_eq!(
                found[0].message,
                "egress rule 1 lets `web` reach any address outside the cluster, on TCP 443"
            );
        }
    }

    /// The list of all public networks that is copied from page to page.
    #[test]
    fn every_public_address_in_many_blocks() {
        let public = "0.0.0.0/5 8.0.0.0/7 11.0.0.0/8 12.0.0.0/6 16.0.0.0/4 32.0.0.0/3 64.0.0.0/2 128.0.0.0/3 160.0.0.0/5 \
                      168.0.0.0/6 172.0.0.0/12 172.32.0.0/11 172.64.0.0/10 172.128.0.0/9 173.0.0.0/8 174.0.0.0/7 176.0.0.0/4 \
                      192.0.0.0/9 192.128.0.0/11 192.160.0.0/13 192.169.0.0/16 192.170.0.0/15 192.172.0.0/14 192.176.0.0/12 \
                      192.192.0.0/10 193.0.0.0/8 194.0.0.0/7 196.0.0.0/6 200.0.0.0/5 208.0.0.0/4";
        let blocks: Vec<String> =
            public.split_whitespace().map(|cidr| format!("{{ipBlock: {{cidr: {cidr}}}}}")).collect();
        let spec = format!(
            "{{podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{}], ports: [{{port: 443}}]}}]}}",
            blocks.join(", ")
        );
        let text = deployment("shop", "web", 80) + &policy("shop", "out", &spec);
        let found = Case::new(&text).check_all();
        let found: Vec<_> = found.into_iter().filter(|one| ["NP105", "NP204"].contains(&one.code)).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].message, "egress rule 1 lets `web` reach 87% of all IPv4 addresses, on TCP 443");
    }
}
