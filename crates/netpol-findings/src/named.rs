//! What policies name at the other end of a connection: meant to be, whatever else is closed.

use std::collections::{BTreeMap, BTreeSet};

use netpol_eval::{ConnectionSet, PeerId};
use netpol_manifest::Direction;

use crate::opened::Opened;
use crate::roles::Roles;
use crate::scene::Scene;
use crate::site::opposite;
use crate::well_known;

/// What policies name and allow, by the pod at the other end and the direction seen from there: with whom, on what.
pub(crate) type Named = BTreeMap<(Direction, PeerId), BTreeMap<PeerId, ConnectionSet>>;

/// How many connections between two pods by name are kept in mind: more than people write.
const MOST_NAMED: usize = 4096;

/// All connections that a policy names from one pod to another and that are allowed; `None` for too many.
pub(crate) fn named(scene: &Scene<'_>, roles: &Roles, opened: &Opened) -> Option<Named> {
    let mut named = Named::new();
    let mut left = MOST_NAMED;
    for at in scene.all_rules().filter(|at| well_known::asks_for_a_label(&at.policy.spec.pod_selector)) {
        let items = at.rule.peers.iter().enumerate().filter(|(_, peer)| well_known::names_pods(peer));
        let mut peers = BTreeSet::new();
        for (item, _) in items {
            peers.extend(scene.item_peers(&at, item));
        }
        for (subject, peer) in scene
            .subjects(at.policy_id)
            .iter()
            .flat_map(|subject| peers.iter().map(move |peer| (*subject, *peer)))
        {
            scene.work(1);
            if scene.effort().is_exhausted() {
                return None;
            }
            let (source, destination) = match at.direction {
                Direction::Ingress => (peer, subject),
                Direction::Egress => (subject, peer),
            };
            let is_real =
                [subject, peer].map(|end| scene.workload(end).is_some_and(|one| !one.is_hypothetical()));
            if subject == peer || is_real != [true; 2] || roles.dns.has(destination) {
                continue;
            }
            let open = opened
                .by(scene, &at, Some(destination))
                .intersection(scene.evaluation().allowed(source, destination));
            if open.is_empty() {
                continue;
            }
            left = left.checked_sub(1)?;
            let others = named.entry((opposite(at.direction), peer)).or_default();
            let known = others.entry(subject).or_default();
            *known = known.union(&open);
        }
    }
    Some(named)
}
