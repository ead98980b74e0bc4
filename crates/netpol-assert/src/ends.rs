//! The ends of an expectation, as sets of peers and of addresses.

use fixedbitset::FixedBitSet;
use netpol_eval::{
    Evaluation, Labels, Namespace, PeerId, SOME_VALUE, Workload, WorkloadOrigin, matches, requirement_holds,
};
use netpol_manifest::{EndNames, Expectation, Label, LabelSelector, Operator, PodsWanted, TestEnd};
use netpol_source::{Budget, Exhausted, TextRange};

use crate::addresses::Addresses;
use crate::outcome::{Expect, Side, Void};

/// Whom an end names, with what is taken out of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct End {
    /// The peers: workloads, and the ranges of which some address is meant; as destinations also domains.
    pub peers: FixedBitSet,
    /// The addresses that are meant.
    pub addresses: Addresses,
    /// The peers that a mapping names.
    pub named: FixedBitSet,
    /// Whether it names pods, so that one that is left out may be among them.
    pub may_name_pods: bool,
    /// Its first item that matches nobody.
    pub nobody: Option<TextRange>,
    /// Whether it matches somebody, and all of that is taken out.
    pub is_emptied: bool,
    /// The items of what is taken out that take nobody out.
    pub idle: Vec<TextRange>,
}

impl End {
    /// Why an expectation proves nothing by this end alone.
    pub(crate) fn void(&self, side: Side) -> Option<Void> {
        let nobody = self.nobody.map(|range| Void::Nobody(side, range));
        nobody.or(self.is_emptied.then_some(Void::NothingLeft(side)))
    }
}

/// Peers, addresses, and whether domains are among them.
struct Named {
    workloads: FixedBitSet,
    addresses: Addresses,
    domains: bool,
}

/// One end of an expectation.
///
/// # Errors
/// When there is not enough budget.
pub fn end_of(
    evaluation: &Evaluation,
    expect: Expect,
    side: Side,
    expectation: &Expectation,
    budget: &Budget,
) -> Result<End, Exhausted> {
    let (items, except) = match side {
        Side::From => (&expectation.from, &expectation.except_from),
        Side::To => (&expectation.to, &expectation.except_to),
    };
    let count = evaluation.peers().len();
    let mut end = End {
        peers: FixedBitSet::with_capacity(count),
        named: FixedBitSet::with_capacity(count),
        ..End::default()
    };
    let mut domains = false;
    for item in items {
        let mut named = named(evaluation, item, Doubt::Counts, budget)?;
        if expect == Expect::Allow {
            leave_out_hypothetical(evaluation, &mut named.workloads);
        }
        end.may_name_pods |= !matches!(item.names, EndNames::Outside | EndNames::Cidr(_));
        if named.workloads.is_clear() && named.addresses.is_empty() && end.nobody.is_none() {
            end.nobody = Some(item.range);
        }
        if matches!(item.names, EndNames::Pod(_)) {
            end.named.union_with(&named.workloads);
        }
        end.peers.union_with(&named.workloads);
        end.addresses = end.addresses.union(&named.addresses);
        domains |= named.domains;
    }
    for item in except {
        let taken = named(evaluation, item, Doubt::CountsNot, budget)?;
        let taken_domains = domains && taken.domains && has_domains(evaluation);
        if taken.workloads.is_disjoint(&end.peers)
            && end.addresses.intersection(&taken.addresses).is_empty()
            && !taken_domains
        {
            end.idle.push(item.range);
        }
        end.peers.difference_with(&taken.workloads);
        end.addresses = end.addresses.difference(&taken.addresses);
        domains &= !taken.domains;
    }
    end.named.intersect_with(&end.peers);
    for (id, peer) in evaluation.peer_ids() {
        if let Some(range) = peer.external() {
            let (found, looked_at) = end.addresses.first_in(range);
            budget.work(looked_at)?;
            end.peers.set(id.index(), found.is_some());
        } else if peer.domain().is_some() && domains && side == Side::To {
            end.peers.insert(id.index());
        }
    }
    end.is_emptied = end.nobody.is_none() && end.peers.is_clear();
    Ok(end)
}

fn has_domains(evaluation: &Evaluation) -> bool {
    evaluation.peers().last().is_some_and(|peer| peer.domain().is_some())
}

/// In `allow`, pods that the input does not hold count only where it holds none that is meant.
fn leave_out_hypothetical(evaluation: &Evaluation, workloads: &mut FixedBitSet) {
    let is_hypothetical = |at: &usize| {
        let peer = evaluation.peer(PeerId(*at as u32));
        peer.and_then(|peer| peer.workload()).is_some_and(Workload::is_hypothetical)
    };
    let hypothetical: Vec<usize> = workloads.ones().filter(is_hypothetical).collect();
    if hypothetical.len() < workloads.count_ones(..) {
        hypothetical.into_iter().for_each(|at| workloads.set(at, false));
    }
}

/// Whether a workload counts of which some pods may be meant, as the value of a label is not the same on all of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doubt {
    Counts,
    CountsNot,
}

fn named(evaluation: &Evaluation, item: &TestEnd, doubt: Doubt, budget: &Budget) -> Result<Named, Exhausted> {
    let mut workloads = FixedBitSet::with_capacity(evaluation.peers().len());
    let count = evaluation.cluster().workloads.len();
    let mut addresses = Addresses::default();
    match &item.names {
        EndNames::Any | EndNames::Pods => workloads.insert_range(..count),
        EndNames::Outside | EndNames::Cidr(_) => {}
        EndNames::Pod(wanted) => mapping(evaluation, wanted, doubt, budget, &mut workloads)?,
    }
    let domains = matches!(item.names, EndNames::Any | EndNames::Outside);
    if domains {
        addresses = Addresses::all();
    } else if let EndNames::Cidr(network) = &item.names {
        addresses = Addresses::new([*network]);
    }
    Ok(Named { workloads, addresses, domains })
}

fn mapping(
    evaluation: &Evaluation,
    wanted: &PodsWanted,
    doubt: Doubt,
    budget: &Budget,
    found: &mut FixedBitSet,
) -> Result<(), Exhausted> {
    let cluster = evaluation.cluster();
    let size = |selector: &Option<LabelSelector>| {
        let requirements = selector.iter().flat_map(|selector| &selector.requirements);
        requirements.map(|requirement| 1 + requirement.values.len()).sum::<usize>()
    };
    let own = 1 + wanted.labels.len() + size(&wanted.pod_selector);
    let of_namespace =
        1 + wanted.namespaces.len() + wanted.namespace_labels.len() + size(&wanted.namespace_selector);
    let pods: usize = match wanted.name {
        Some(_) => cluster.workloads.iter().map(|workload| workload.pods.len()).sum(),
        None => 0,
    };
    let both = own.saturating_mul(cluster.workloads.len());
    let all = both.saturating_add(of_namespace.saturating_mul(cluster.namespaces.len())).saturating_add(pods);
    budget.work(all)?;
    let in_namespace: Vec<bool> =
        cluster.namespaces.iter().map(|namespace| is_in(wanted, namespace)).collect();
    for (at, workload) in cluster.workloads.iter().enumerate() {
        let is_meant =
            in_namespace.get(workload.namespace.0 as usize) == Some(&true) && is_one(wanted, workload, doubt);
        if is_meant {
            found.insert(at);
        }
    }
    Ok(())
}

/// Whether a mapping names a workload: one of which some pods may be meant counts.
pub fn is_meant(evaluation: &Evaluation, wanted: &PodsWanted, workload: &Workload) -> bool {
    let namespace = evaluation.cluster().namespace(workload.namespace);
    namespace.is_some_and(|namespace| is_in(wanted, namespace)) && is_one(wanted, workload, Doubt::Counts)
}

fn is_in(wanted: &PodsWanted, namespace: &Namespace) -> bool {
    let names = &wanted.namespaces;
    (names.is_empty() || names.iter().any(|name| name.value == namespace.name))
        && has_labels(&wanted.namespace_labels, &namespace.labels, Doubt::CountsNot)
        && wanted.namespace_selector.as_ref().is_none_or(|selector| matches(selector, &namespace.labels))
}

fn is_one(wanted: &PodsWanted, workload: &Workload, doubt: Doubt) -> bool {
    has_labels(&wanted.labels, &workload.labels, doubt)
        && wanted.pod_selector.as_ref().is_none_or(|selector| fits(selector, &workload.labels, doubt))
        && wanted.name.as_ref().is_none_or(|name| is_called(workload, &name.value))
}

fn is_called(workload: &Workload, name: &str) -> bool {
    matches!(workload.origin, WorkloadOrigin::Input { .. })
        && (workload.name == name || workload.has_pod(name))
}

fn has_labels(wanted: &[Label], labels: &Labels, doubt: Doubt) -> bool {
    wanted.iter().all(|label| {
        labels
            .get(&label.key.value)
            .is_some_and(|value| *value == label.value.value || doubt == Doubt::Counts && value == SOME_VALUE)
    })
}

fn fits(selector: &LabelSelector, labels: &Labels, doubt: Doubt) -> bool {
    selector.requirements.iter().all(|requirement| {
        let is_some_value = labels.get(&requirement.key).is_some_and(|value| value == SOME_VALUE);
        match (requirement.operator, doubt) {
            (Operator::In, Doubt::Counts) if is_some_value => true,
            (Operator::NotIn, Doubt::CountsNot) if is_some_value => false,
            _ => requirement_holds(requirement, labels),
        }
    })
}
