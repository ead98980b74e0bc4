//! Policies after an edit: those that are the same stay compiled.

use std::cell::LazyCell;
use std::rc::Rc;

use fixedbitset::FixedBitSet;
use netpol_manifest::Direction;
use netpol_source::{Budget, HashMap};

use super::{Compiled, CompiledPolicy, Compiler, PeerSet, PeerSetId, PortNameId};
use crate::blocks::Addresses;
use crate::cluster::Cluster;
use crate::connection::ConnectionTable;
use crate::index::Index;
use crate::lower::{LeafKind, Lowered, Pods};
use crate::peer::{IpBlockPods, Peer};
use crate::since::Since;

/// Compiles the policies that are not the same as before; sets of peers and port names keep their numbers.
pub(super) fn compile_again(
    (cluster, peers): (&Cluster, &[Peer]),
    chosen: IpBlockPods,
    connections: &mut ConnectionTable,
    budget: &Budget,
    (since, before): (&Since, &Compiled),
) -> Compiled {
    let mut result = Compiled { touched: None, ..before.clone() };
    let mut used = vec![false; result.peer_sets.len()];
    let kept = before.policies.iter().zip(&since.policies).filter(|(_, is_same)| **is_same);
    for (policy, _) in kept {
        for set in policy.sets() {
            if let Some(used) = used.get_mut(set.0 as usize) {
                *used = true;
            }
        }
    }
    let nothing = Rc::new(PeerSet::nothing(peers.len()));
    let mut free = Vec::new();
    for (at, (set, used)) in result.peer_sets.iter_mut().zip(&used).enumerate() {
        if !used {
            *set = Rc::clone(&nothing);
            free.push(PeerSetId(at as u32));
        }
    }
    let names = before.port_names.iter().zip((0..).map(PortNameId));
    let names = names.map(|((protocol, name), id)| ((*protocol, name.as_str()), id)).collect();
    let index = Index::few(cluster);
    let mut patched = vec![false; result.peer_sets.len()];
    if !since.changed.is_empty() {
        let kept = cluster.policy_ids().zip(&before.policies).zip(&since.policies);
        for ((id, compiled), _) in kept.filter(|(_, is_same)| **is_same) {
            let Some(lowered) = Lowered::new(cluster, id) else { continue };
            for (wanted, set) in pods_of(&lowered, compiled) {
                let at = set.0 as usize;
                let Some(patched) = patched.get_mut(at).filter(|patched| !**patched) else { continue };
                *patched = true;
                let found = since.changed.iter().map(|peer| (*peer, index.holds(wanted, *peer)));
                let found: Vec<(usize, [bool; 2])> = found.collect();
                if let Some(set) = result.peer_sets.get_mut(at)
                    && let Some(other) = set.with(peers, &found)
                {
                    *set = Rc::new(other);
                }
            }
        }
    }
    let mut compiler = Compiler {
        cluster,
        peers,
        chosen,
        budget,
        index,
        addresses: LazyCell::new(|| Addresses::new(cluster, peers)),
        sets: HashMap::default(),
        names,
        free,
        result,
    };
    compiler.result.touched = Some(touched(before, &compiler.result, since));
    let changed = cluster.policy_ids().zip(&since.policies).filter(|(_, is_same)| !**is_same);
    for (id, _) in changed {
        let Some(lowered) = Lowered::new(cluster, id) else { continue };
        let subjects = compiler.pods(lowered.subjects);
        let policy = compiler.policy(&lowered, subjects, id.0, true, connections);
        if let Some(slot) = compiler.result.policies.get_mut(id.0 as usize) {
            *slot = Rc::new(policy);
        }
    }
    compiler.result
}

/// By policy: whether it is another, or some set of it is, or holds peers that declare other ports.
fn touched(before: &Compiled, now: &Compiled, since: &Since) -> Vec<bool> {
    let holds =
        |set: &PeerSet| since.with_other_ports.iter().any(|at| set.all().any(|set| set.contains(*at)));
    let sets = before.peer_sets.iter().zip(&now.peer_sets);
    let touched: Vec<bool> = sets.map(|(old, new)| !Rc::ptr_eq(old, new) || holds(new)).collect();
    let touches = |set: PeerSetId| touched.get(set.0 as usize) == Some(&true);
    let touched = before.policies.iter().zip(&since.policies).map(|(policy, is_same)| {
        !is_same
            || policy.sets().any(touches)
            || !since.with_other_ports.is_empty() && policy.is_for_everyone()
    });
    touched.collect()
}

/// The pods that a policy speaks of, with their sets.
fn pods_of<'l>(lowered: &'l Lowered<'l>, compiled: &'l CompiledPolicy) -> Vec<(Pods<'l>, PeerSetId)> {
    let mut found = vec![(lowered.subjects, compiled.subjects)];
    for direction in Direction::BOTH {
        let rules = lowered.rules(direction).into_iter().flatten();
        for (rule, compiled) in rules.zip(compiled.rules(direction).into_iter().flatten()) {
            let leaves = rule.peers.iter().flatten().zip(compiled.peers.iter().flatten());
            found.extend(leaves.filter_map(|(leaf, compiled)| match &leaf.kind {
                LeafKind::Pods(wanted) => Some((*wanted, compiled.set)),
                LeafKind::Block(_) | LeafKind::Networks(_) | LeafKind::Nodes(_) | LeafKind::Domain(_) => None,
            }));
        }
    }
    found
}

impl Compiled {
    /// Whether there are the same sets of peers, in whatever order and however often: then the same peers are alike.
    pub(crate) fn tells_the_same_apart(&self, before: &Self) -> bool {
        let is_in = |set: &Rc<PeerSet>, others: &[Rc<PeerSet>]| {
            set.all().all(FixedBitSet::is_clear) || others.iter().any(|other| other == set)
        };
        let (old, new) = (&before.peer_sets, &self.peer_sets);
        let differing = |one: &[Rc<PeerSet>], other: &[Rc<PeerSet>]| {
            let pairs = one
                .iter()
                .enumerate()
                .filter(|(at, set)| !other.get(*at).is_some_and(|other| Rc::ptr_eq(other, set)));
            pairs.map(|(_, set)| Rc::clone(set)).collect::<Vec<_>>()
        };
        differing(old, new).iter().all(|set| is_in(set, new))
            && differing(new, old).iter().all(|set| is_in(set, old))
    }
}
