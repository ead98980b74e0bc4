//! NP310: a policy meant to keep other namespaces out that also cuts the namespace's own pods off from each other.
//!
//! What is meant cannot be read from a policy for certain. This is taken for it: the policy isolates every pod of its
//! namespace for ingress, no policy isolates every pod for egress as well (that is a default deny of both directions,
//! and meant to cut everything). Then, judged on all
//! policies of the namespace: no rule lets in any pod of the namespace, and none of the policy's own rules speaks of
//! pods at all. A namespace with a single workload is left
//! alone.

use std::collections::BTreeMap;

use netpol_eval::{ConnectionSet, NamespaceId, PeerId, Policy, PolicyId};
use netpol_manifest::{Change, Direction, Peer, Way, Yaml};

use crate::context::Context;
use crate::finding::Finding;
use crate::fix::Fix;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::scene::NamespaceView;
use crate::site::policy_span;
use crate::witness::Witness;
use crate::{policies, words};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP310,
    name: "isolates-its-own-namespace",
    severity: Severity::Info,
    summary: "A policy that keeps other namespaces out also cuts the namespace's own pods off from each other.",
    why: "Isolating a pod stops everyone who is not let in, the neighbours in its own namespace included. An application of \
          several workloads stops working.",
    help: "To keep out other namespaces only, let in the own one: `ingress: [{from: [{podSelector: {}}]}]`.",
    references: &[refer::CKS_POLICIES],
    proof: Proof::Denied,
    fix: Some((
        Promise::Opens,
        "Lets in the pods of the namespace, on the ports that their containers declare, or on every port where there are no pods to tell.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut closed = BTreeMap::new();
    let policies = context.policies();
    policies.filter_map(|(id, policy)| finding(context, id, policy, &mut closed)).collect()
}

/// By namespace whose pods are to reach each other again: the ports that they declare; `None` for any other.
type Closed = BTreeMap<NamespaceId, Option<Declared>>;

/// What all pods declare; `None` where not all of them declare ports.
type Declared = Option<ConnectionSet>;

/// Whether policies keep the pods of a namespace apart, though not from everything.
fn is_closed(context: &Context<'_>, view: &NamespaceView) -> bool {
    view.policies.iter().all(|id| {
        context.work(1);
        context.cluster().policy(*id).is_some_and(|one| {
            !context.isolates_namespace(one, Direction::Egress) && !opens_own_namespace(context, *id, one)
        })
    })
}

fn finding(context: &Context<'_>, id: PolicyId, policy: &Policy, closed: &mut Closed) -> Option<Finding> {
    if !context.isolates_namespace(policy, Direction::Ingress) || lets_pods_in(policy) {
        return None;
    }
    let reference = policy.reference();
    let view = context.namespace(policy.namespace)?;
    if context.has_workloads() && view.members.len() < 2 {
        return None;
    }
    let ports = closed.entry(policy.namespace).or_insert_with(|| {
        let workloads = view.members.iter().filter_map(|peer| context.workload(*peer));
        let ports = || match context.has_workloads() {
            true => policies::declared_by_all(workloads),
            false => Some(ConnectionSet::all()),
        };
        is_closed(context, view).then(ports)
    });
    let ports = ports.as_ref()?;
    let subjects = context.subjects(id);
    let witness = witness(context, subjects);
    // The Admin tier may let neighbours in all the same.
    if subjects.len() > 1 && witness.is_none() {
        return None;
    }
    let namespace = context.namespace_name(policy.namespace);
    let message = format!(
        "`{}` keeps other namespaces out of `{namespace}`, and its own pods out as well: no rule lets them reach each other",
        reference.name
    );
    let mut spans = vec![policy_span(policy)];
    spans.extend(policy.spec.ingress.as_ref().map(|rules| policy.handle.span(rules.range)));
    Some(Finding {
        message,
        subject: reference,
        spans,
        witness,
        fix: ports.as_ref().map(|ports| let_in_neighbours(context, policy, ports)),
        ..Finding::of(&RULE)
    })
}

/// Lets in the pods of the namespace.
fn let_in_neighbours(context: &Context<'_>, policy: &Policy, ports: &ConnectionSet) -> Fix {
    let own = Yaml::map([("podSelector", Yaml::Map(Vec::new()))]);
    let rule = policies::rule(Direction::Ingress, vec![own], ports);
    let message = format!(
        "let the pods of `{}` reach each other, on {}",
        context.namespace_name(policy.namespace),
        words::ports(ports)
    );
    let change = Change::Push(Way::new().key("spec").key("ingress"), rule);
    Fix::change(&policy.handle, message, vec![change])
}

/// Whether a rule speaks of pods: then it is not other namespaces that the policy is there to keep out.
fn lets_pods_in(policy: &Policy) -> bool {
    let by_address = |peer: &Peer| matches!(peer, Peer::Block { .. });
    !policy
        .rules(Direction::Ingress)
        .iter()
        .all(|rule| !rule.peers.is_empty() && rule.peers.iter().all(by_address))
}

/// Whether some ingress rule of a policy lets in a pod of the policy's own namespace, be it by its address.
fn opens_own_namespace(context: &Context<'_>, id: PolicyId, policy: &Policy) -> bool {
    let is_own = |peer: PeerId| {
        context
            .workload(peer)
            .is_some_and(|workload| workload.namespace == policy.namespace && !workload.host_network)
    };
    let rules = policy.rules(Direction::Ingress).iter().enumerate();
    policy.isolates(Direction::Ingress)
        && rules.into_iter().any(|(index, rule)| {
            rule.peers.is_empty()
                || (0..rule.peers.len()).any(|item| {
                    context.evaluation().item_peers(id, Direction::Ingress, index, item).any(is_own)
                })
        })
}

/// Two neighbours that do not reach each other, of the first few.
fn witness(context: &Context<'_>, subjects: &[PeerId]) -> Option<Witness> {
    const TRIED: usize = 8;
    let few = subjects.get(..TRIED).unwrap_or(subjects);
    let mut pairs = few.iter().flat_map(|source| few.iter().map(move |destination| (*source, *destination)));
    pairs.find_map(|(source, destination)| {
        let declared = context.workload(destination)?.declared_ports();
        let declared = declared.first().map(|port| (port.protocol, port.port));
        let (protocol, port) = declared.unwrap_or((netpol_manifest::Protocol::Tcp, 80));
        let is_denied = !context.evaluation().allowed(source, destination).contains(protocol, port);
        (source != destination && is_denied).then_some(Witness { source, destination, protocol, port })
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, deployment, policy};

    const ISOLATION: &str = "{podSelector: {}, policyTypes: [Ingress], ingress: []}";

    fn shop() -> String {
        deployment("shop", "web", 80) + &deployment("shop", "db", 5432)
    }

    #[test]
    fn nobody_gets_in_at_all() {
        let found = Case::new(&(shop() + &policy("shop", "isolation", ISOLATION))).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/isolation");
        assert_eq!(
            found[0].message,
            "`isolation` keeps other namespaces out of `shop`, and its own pods out as well: no rule lets them reach each \
             other"
        );
        assert_eq!(found[0].spans, ["isolation", "[]"]);
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> shop/db TCP 5432"));
        assert_eq!(Case::new(&policy("shop", "isolation", ISOLATION)).check(&RULE).len(), 1);
    }

    #[test]
    fn the_own_namespace_is_let_in() {
        let spec = "{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}";
        assert!(Case::new(&(shop() + &policy("shop", "isolation", spec))).check(&RULE).is_empty());
        let rule = "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}";
        let text = shop() + &policy("shop", "isolation", ISOLATION) + &policy("shop", "db", rule);
        assert!(Case::new(&text).check(&RULE).is_empty());
    }

    #[test]
    fn a_default_deny_is_meant_as_it_is() {
        let both = "{podSelector: {}, policyTypes: [Ingress, Egress]}";
        assert!(Case::new(&(shop() + &policy("shop", "isolation", both))).check(&RULE).is_empty());
    }

    /// What a policy does is what counts, whatever it is called.
    #[test]
    fn a_name_says_nothing() {
        for name in ["deny-all", "lockdown", "default-deny-ingress", "deny-other-namespaces"] {
            let found = Case::new(&(shop() + &policy("shop", name, ISOLATION))).check(&RULE);
            assert_eq!(found.len(), 1, "{name}");
        }
    }
}
