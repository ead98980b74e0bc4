//! NP203: a rule that names peers and no ports, where the containers of the destination declare some.
//!
//! The destination is the subject for ingress and the peer for egress. For ingress, pods on the host network count as
//! well: the policy means them, although it has no effect on them (NP309).

use netpol_eval::{ConnectionSet, PeerId, PortSet, Workload, matches};
use netpol_manifest::{Change, Direction, Peer, Yaml};

use crate::cause::{Cause, Wide};
use crate::context::Context;
use crate::finding::Finding;
use crate::fix::Fix;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::{RuleAt, policy_span};
use crate::{policies, words};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP203,
    name: "rule-without-ports",
    severity: Severity::Low,
    summary: "A rule opens every port, where the containers of the destination declare some.",
    why: "An absent or empty `ports` means every port of every protocol: debug endpoints, metrics, side-cars and whatever an \
          attacker starts to listen on.",
    help: "List under `ports` what the destination's containers declare and the peers need.",
    references: &[refer::NSA_POLICIES, refer::CKS_POLICIES],
    proof: Proof::Allowed,
    fix: Some((
        Promise::Narrows,
        "Lists the ports that the containers of the destinations declare, where all of them are known and declare some.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let rules = context.rules().filter(|at| at.rule.ports.is_empty() && !at.rule.peers.is_empty());
    rules.filter_map(|at| finding(context, &at)).collect()
}

fn finding(context: &Context<'_>, at: &RuleAt<'_>) -> Option<Finding> {
    let destinations = match at.direction {
        Direction::Ingress => subjects(context, at),
        Direction::Egress => peers(context, at),
    };
    let fix = list_ports(at, &destinations);
    let (destination, workload) =
        destinations.into_iter().find(|(_, workload)| !workload.declared_ports().is_empty())?;
    let declared = workload.declared_ports();
    let declared = declared.into_iter().fold(ConnectionSet::NONE, |all, port| {
        all.union(&ConnectionSet::of(port.protocol, PortSet::range(port.port, port.port)))
    });
    let ends = match at.direction {
        Direction::Ingress => any_peer(context, at, destination).map(|peer| (destination, peer)),
        Direction::Egress => {
            let mut subjects =
                context.subjects(at.policy_id).iter().filter(|subject| **subject != destination);
            subjects.next().map(|subject| (*subject, destination))
        }
    };
    let witness = ends.and_then(|(subject, peer)| {
        let undeclared = context.allowed(at.direction, subject, peer).difference(&declared);
        context.witness(at.direction, subject, peer, &undeclared)
    });
    Some(Finding {
        message: format!(
            "{} opens every port, where `{}` declares {}",
            at.path(),
            workload.name,
            words::ports(&declared)
        ),
        subject: at.policy.reference(),
        spans: vec![at.span(), policy_span(at.policy)],
        witness,
        fix,
        cause: Cause::wide(at, Wide::EveryPort),
        ..Finding::of(&RULE)
    })
}

/// Lists what the destinations declare; `None` where some are not known, declare nothing, or too much.
fn list_ports(at: &RuleAt<'_>, destinations: &[(PeerId, &Workload)]) -> Option<Fix> {
    if at.direction == Direction::Egress
        && at.rule.peers.iter().any(|peer| matches!(peer, Peer::Block { .. }))
    {
        return None;
    }
    let declared = policies::declared_by_all(destinations.iter().map(|(_, workload)| *workload))?;
    let message = format!(
        "open only what the containers declare by {}, {}: should they listen on others, that is cut",
        at.path(),
        words::ports(&declared)
    );
    let ports = Yaml::List(policies::ports(&declared));
    Some(at.fix(message, vec![Change::Set(at.way().key("ports"), ports)]))
}

fn subjects<'a>(context: &Context<'a>, at: &RuleAt<'_>) -> Vec<(PeerId, &'a Workload)> {
    let subjects = context.subjects(at.policy_id);
    if !subjects.is_empty() {
        let workloads = subjects.iter().filter_map(|peer| Some((*peer, context.workload(*peer)?)));
        return workloads.filter(|(_, workload)| !workload.is_hypothetical()).collect();
    }
    let meant = context.input_workloads().filter(|(_, workload)| {
        workload.namespace == at.policy.namespace && matches(&at.policy.spec.pod_selector, &workload.labels)
    });
    meant.map(|(peer, workload)| (peer, workload.as_ref())).collect()
}

fn peers<'a>(context: &Context<'a>, at: &RuleAt<'_>) -> Vec<(PeerId, &'a Workload)> {
    let items = at.rule.peers.iter().enumerate().filter(|(_, peer)| matches!(peer, Peer::Pods { .. }));
    let peers = items.flat_map(|(item, _)| context.item_peers(at, item));
    let workloads = peers.filter_map(|peer| Some((peer, context.workload(peer)?)));
    workloads.filter(|(_, workload)| !workload.is_hypothetical()).collect()
}

fn any_peer(context: &Context<'_>, at: &RuleAt<'_>, but: PeerId) -> Option<PeerId> {
    (0..at.rule.peers.len()).flat_map(|item| context.item_peers(at, item)).find(|peer| *peer != but)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, deployment, policy};

    fn case(spec: &str) -> Case {
        Case::new(
            &(deployment("shop", "web", 80)
                + &deployment("shop", "db", 5432)
                + &policy("shop", "open", spec)),
        )
    }

    #[test]
    fn every_port_of_the_subject() {
        let spec = "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}";
        let found = case(spec).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "ingress rule 1 opens every port, where `db` declares TCP 5432");
        assert_eq!(found[0].subject, "NetworkPolicy shop/open");
        assert_eq!(found[0].spans, ["{from: [{podSelector: {matchLabels: {app: web}}}]}", "open"]);
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> shop/db TCP 443"));
    }

    #[test]
    fn every_port_of_the_peer() {
        let spec = "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], \
                    egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]}";
        let found = case(spec).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "egress rule 1 opens every port, where `db` declares TCP 5432");
    }

    #[test]
    fn ports_that_are_named_or_not_declared() {
        let spec = "{podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]}";
        assert!(case(spec).check(&RULE).is_empty());
        let spec =
            "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/16}}]}]}";
        assert!(case(spec).check(&RULE).is_empty());
        let text = policy("shop", "open", "{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}");
        assert!(Case::new(&text).check(&RULE).is_empty());
    }
}
