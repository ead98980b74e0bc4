//! Policies to change: those whose rule already speaks of the ports that are to be opened.

use netpol_eval::{ConnectionSet, Evaluation, Peer, PeerId, Workload};
use netpol_manifest::{self as manifest, Change, Direction, LabelSelector, Operator, Yaml};
use netpol_source::ObjectRef;

use crate::fix::Fix;
use crate::opened::opened;
use crate::policies::peer_items;
use crate::site::RuleAt;
use crate::words;

/// A change of a rule that lets a subject talk with one peer more.
#[derive(Clone, Debug)]
pub struct Amendment {
    /// The policy.
    pub policy: ObjectRef,
    /// The place of the rule in its direction, from 0.
    pub rule: usize,
    /// The change; without a message.
    pub fix: Fix,
}

/// A change of the rule that opens exactly these ports for a subject and for no other pod, so that it names this peer,
/// too; `None` where there is no such rule.
pub fn amending(
    evaluation: &Evaluation,
    direction: Direction,
    subject: PeerId,
    peer: PeerId,
    ports: &ConnectionSet,
) -> Option<Amendment> {
    let (own, other) = (evaluation.peer(subject)?.workload()?, evaluation.peer(peer)?);
    let destination = match direction {
        Direction::Ingress => Some(own),
        Direction::Egress => other.workload(),
    };
    let policies = evaluation.selecting(direction, subject).iter().copied();
    let policies = policies.filter(|id| evaluation.subjects(*id).eq([subject]));
    policies.filter_map(|id| Some((id, evaluation.cluster().policy(id)?))).find_map(|(policy_id, policy)| {
        let rules = policy.rules(direction).iter().enumerate();
        let rules = rules.map(|(index, rule)| RuleAt { policy_id, policy, direction, index, rule });
        // Without peers a rule means everyone already.
        let mut fitting = rules.filter(|at| !at.rule.peers.is_empty() && opened(at, destination) == *ports);
        let at = fitting.next()?;
        let changes = match one_value_more(evaluation, &at, own, other) {
            Some(change) => vec![change],
            None => {
                let items = at.way().key(words::peers_field(direction));
                let new = peer_items(evaluation, own, other)?;
                new.into_iter().map(|item| Change::Push(items.clone(), item)).collect()
            }
        };
        let fix = at.fix(String::new(), changes);
        Some(Amendment { policy: policy.reference(), rule: at.index, fix })
    })
}

/// One value more in a list of values by which the rule chooses pods of the peer's namespace.
fn one_value_more(
    evaluation: &Evaluation,
    at: &RuleAt<'_>,
    subject: &Workload,
    peer: &Peer,
) -> Option<Change> {
    let peer = peer.workload()?;
    let namespace = &evaluation.cluster().namespace(peer.namespace)?.name;
    let means_its_namespace = |selector: &Option<LabelSelector>| match selector {
        None => peer.namespace == subject.namespace,
        Some(selector) => matches!(selector.requirements.as_slice(),
            [one] if one.key == netpol_eval::NAMESPACE_NAME_LABEL && one.operator == Operator::In && one.values == [namespace.as_str()]),
    };
    at.rule.peers.iter().enumerate().find_map(|(item, known)| {
        let manifest::Peer::Pods { pod_selector: Some(pods), namespace_selector, .. } = known else {
            return None;
        };
        let [one] = pods.requirements.as_slice() else { return None };
        let fits =
            one.operator == Operator::In && !one.from_match_labels && means_its_namespace(namespace_selector);
        let value = peer.labels.get(&one.key).filter(|_| fits)?;
        let values = at.peer_way(item).key("podSelector").key("matchExpressions").item(0).key("values");
        Some(Change::Push(values, Yaml::text(value.as_str())))
    })
}
