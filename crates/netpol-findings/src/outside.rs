//! Who reaches, or is reached from, addresses outside: shared by NP105, NP106, NP107 and NP206.
//!
//! Two causes, each reported once: a rule that opens the addresses (with all workloads that it opens them to), of a
//! NetworkPolicy or of a cluster-scoped policy, and a namespace whose workloads no policy isolates (with all of them that
//! are open). Cluster-scoped policies that decide every connection with pods leave addresses to nobody: rules of theirs
//! for ingress name pods alone.

use std::collections::BTreeMap;

use fixedbitset::FixedBitSet;
use ipnet::IpNet;
use netpol_eval::{ConnectionSet, NamespaceId, PeerId, PolicyId};
use netpol_manifest::{Direction, Peer};
use netpol_source::{HashMap, ObjectRef, Span, order};

use crate::addresses::MOST;
use crate::cluster_rule::ClusterRuleAt;
use crate::context::Context;
use crate::fix::Fix;
use crate::site::{RuleAt, cluster_policy_span, policy_span};
use crate::tiers::Seen;
use crate::witness::Witness;
use crate::{addresses, cause, isolate, words};

/// Every address but those of pods.
const ANY: &str = "any address outside the cluster";

/// One cause, with the workloads that it concerns.
pub(crate) struct Cause<'a> {
    /// The policy, or the namespace.
    pub(crate) subject: ObjectRef,
    /// The peer or rule and the policy, or the namespace and the workloads.
    pub(crate) spans: Vec<Span>,
    /// The connection of one of the workloads.
    pub(crate) witness: Option<Witness>,
    /// For a rule: that it lets, and what it opens: "egress rule 1 lets".
    pub(crate) rule: Option<(String, String)>,
    /// What of the addresses the rule leaves out, in words: " but `10.0.0.0/8`".
    pub(crate) but: String,
    /// Which addresses it opens, in words.
    pub(crate) whom: String,
    /// What it is.
    pub(crate) origin: Origin<'a>,
    /// The workloads as a list.
    pub(crate) workloads: String,
    /// The workloads.
    pub(crate) pods: Vec<PeerId>,
}

/// What opens the addresses.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin<'a> {
    /// A rule.
    Rule(RuleAt<'a>),
    /// A rule of a cluster-scoped policy, or several rules together.
    Cluster,
    /// A namespace with workloads that are not isolated.
    Namespace(NamespaceId),
}

impl Origin<'_> {
    /// What the finding has in common with others: pods that are not isolated, and rules that are too wide, are found by
    /// several rules.
    pub(crate) fn cause(self, direction: Direction, wide: cause::Wide) -> Option<cause::Cause> {
        match self {
            Origin::Rule(at) => cause::Cause::wide(&at, wide),
            Origin::Cluster => None,
            Origin::Namespace(id) => cause::Cause::consequence(id, direction),
        }
    }
}

impl Cause<'_> {
    /// Isolates the namespace, where it is one.
    pub(crate) fn isolate(&self, context: &Context<'_>, direction: Direction) -> Option<Fix> {
        match self.origin {
            Origin::Rule(_) | Origin::Cluster => None,
            Origin::Namespace(id) => {
                // What is added for the cluster's DNS may be what cluster-scoped policies deny.
                let is_decided = |peer: &PeerId| context.tiers().is_decided(direction, *peer);
                let members = &context.namespace(id)?.members;
                if direction == Direction::Egress && members.iter().any(is_decided) {
                    return None;
                }
                // Where there are several ways, that of the namespace names them.
                let mut ways = isolate::isolate(context, id, direction);
                ways.pop().filter(|_| ways.is_empty()).map(|only| only.fix)
            }
        }
    }
}

/// Which addresses outside.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Addresses<'s> {
    /// Most of a family, however they are cut up.
    Most,
    /// Any of these.
    Of(&'s [PeerId]),
}

/// Every cause for connections between workloads and addresses. `counts` says which part of what is open matters, and
/// `leaves_out` which workloads another rule speaks of.
pub(crate) fn causes<'a>(
    context: &Context<'a>,
    direction: Direction,
    which: Addresses<'_>,
    counts: impl Fn(&ConnectionSet) -> ConnectionSet,
    leaves_out: impl Fn(PeerId) -> bool,
) -> Vec<Cause<'a>> {
    let mut causes: Vec<Cause<'a>> = Vec::new();
    for at in context.rules().filter(|at| at.direction == direction) {
        causes.extend(match which {
            Addresses::Most => most_opened_by_rule(context, &at, &counts, &leaves_out),
            Addresses::Of(addresses) => opened_by_rule(context, &at, addresses, &counts, &leaves_out),
        });
    }
    let addresses = match which {
        Addresses::Most => {
            let told = order::set(causes.iter().flat_map(|cause| cause.pods.iter().copied()));
            let left_out = |peer: PeerId| told.contains(&peer) || leaves_out(peer);
            causes.extend(most_opened_together(context, direction, &counts, &left_out));
            context.any_address()
        }
        Addresses::Of(addresses) => addresses,
    };
    for (origin, seen) in context.tiers().rules.iter().filter(|(origin, _)| origin.direction == direction) {
        if let Some(at) = context.cluster_rule(*origin) {
            causes.extend(opened_by_cluster_rule(context, &at, seen, addresses, &counts, &leaves_out));
        }
    }
    for (namespace, _, view) in context.namespaces() {
        let open = view.members.iter().filter(|peer| !context.is_closed_to_addresses(direction, **peer));
        let open = open.copied().filter(|peer| !leaves_out(*peer) && !context.is_cluster_dns(*peer));
        let open: Vec<PeerId> =
            open.filter(|peer| reached(context, direction, *peer, addresses, &counts).is_some()).collect();
        causes.extend(not_isolated(context, namespace, direction, &open, addresses, &counts));
    }
    causes
}

/// The first of some addresses with which a workload can connect, and on what.
fn reached(
    context: &Context<'_>,
    direction: Direction,
    workload: PeerId,
    addresses: &[PeerId],
    counts: &impl Fn(&ConnectionSet) -> ConnectionSet,
) -> Option<(PeerId, ConnectionSet)> {
    let met = addresses.iter().filter(|address| context.may_meet(workload, **address));
    let mut open = met.map(|address| (*address, counts(context.allowed(direction, workload, *address))));
    open.find(|(_, open)| !open.is_empty())
}

/// What a rule of a cluster-scoped policy opens between the first of `addresses` at which there is something and
/// workloads for which not everything is open.
fn opened_by_cluster_rule<'a>(
    context: &Context<'a>,
    at: &ClusterRuleAt<'a>,
    seen: &Seen,
    addresses: &[PeerId],
    counts: &impl Fn(&ConnectionSet) -> ConnectionSet,
    leaves_out: &impl Fn(PeerId) -> bool,
) -> Option<Cause<'a>> {
    addresses.iter().find_map(|address| opened_at(context, at, seen, *address, counts, leaves_out))
}

/// The same for one address.
fn opened_at<'a>(
    context: &Context<'a>,
    at: &ClusterRuleAt<'a>,
    seen: &Seen,
    address: PeerId,
    counts: &impl Fn(&ConnectionSet) -> ConnectionSet,
    leaves_out: &impl Fn(PeerId) -> bool,
) -> Option<Cause<'a>> {
    let direction = at.origin.direction;
    let shown = seen.outside.get(&address)?;
    let ports = &shown.first.as_ref()?.ports;
    let opened = |subject: PeerId| counts(&ports.intersection(context.allowed(direction, subject, address)));
    let concerned = shown.subjects.iter().copied().filter(|subject| {
        context.is_closed(direction, *subject)
            && context.may_meet(*subject, address)
            && !leaves_out(*subject)
            && !opened(*subject).is_empty()
    });
    let concerned: Vec<PeerId> = concerned.collect();
    let subject = *concerned.first()?;
    Some(Cause {
        subject: at.policy.reference(),
        spans: vec![at.span(), cluster_policy_span(at.policy)],
        witness: context.witness(direction, subject, address, &opened(subject)),
        rule: Some((format!("{} lets", at.plain_path()), words::ports(ports))),
        but: String::new(),
        whom: ANY.to_owned(),
        origin: Origin::Cluster,
        workloads: context.names(&concerned),
        pods: concerned,
    })
}

/// What one rule opens between its subjects and the first of `addresses` that it covers and they may meet.
pub(crate) fn opened_by_rule<'a>(
    context: &Context<'a>,
    at: &RuleAt<'a>,
    addresses: &[PeerId],
    counts: &impl Fn(&ConnectionSet) -> ConnectionSet,
    leaves_out: &impl Fn(PeerId) -> bool,
) -> Option<Cause<'a>> {
    addresses.iter().find_map(|address| {
        let item = covering(context, at, *address)?;
        opened_by_item(context, at, (*address, item), counts, leaves_out)
    })
}

/// What one item of a rule, or a rule without any, opens between its subjects and an address.
fn opened_by_item<'a>(
    context: &Context<'a>,
    at: &RuleAt<'a>,
    (address, item): (PeerId, Option<&'a Peer>),
    counts: &impl Fn(&ConnectionSet) -> ConnectionSet,
    leaves_out: &impl Fn(PeerId) -> bool,
) -> Option<Cause<'a>> {
    let mut by_class: BTreeMap<usize, ConnectionSet> = BTreeMap::new();
    let mut concerned: Vec<PeerId> = Vec::new();
    let mut proof: Option<(PeerId, ConnectionSet)> = None;
    let subjects = context.subjects(at.policy_id).iter();
    for subject in subjects.filter(|subject| !leaves_out(**subject) && context.may_meet(**subject, address)) {
        context.see(*subject);
        let opened = by_class.entry(context.evaluation().class(*subject)).or_insert_with(|| {
            let destination = match at.direction {
                Direction::Ingress => Some(*subject),
                Direction::Egress => None,
            };
            context.ports_on(at, destination).intersection(context.allowed(at.direction, *subject, address))
        });
        if counts(opened).is_empty() {
            continue;
        }
        concerned.push(*subject);
        proof.get_or_insert_with(|| (*subject, opened.clone()));
    }
    let (subject, opened) = proof?;
    let line = item.map_or(at.span(), |peer| at.policy.handle.span(peer.range()));
    let but = item.map_or_else(String::new, |peer| left_out(at, peer));
    Some(Cause {
        subject: at.policy.reference(),
        spans: vec![line, policy_span(at.policy)],
        witness: context.witness(at.direction, subject, address, &counts(&opened)),
        rule: Some((format!("{} lets", at.path()), words::ports(&opened))),
        whom: format!("{ANY}{but}"),
        but,
        origin: Origin::Rule(*at),
        workloads: context.names(&concerned),
        pods: concerned,
    })
}

/// What one rule opens between its subjects and most addresses of a family.
pub(crate) fn most_opened_by_rule<'a>(
    context: &Context<'a>,
    at: &RuleAt<'a>,
    counts: &impl Fn(&ConnectionSet) -> ConnectionSet,
    leaves_out: &impl Fn(PeerId) -> bool,
) -> Option<Cause<'a>> {
    let is_whole = |peer: &&Peer| matches!(peer, Peer::Block { cidr, .. } if cidr.value.prefix_len() == 0);
    let whole = |address: PeerId| {
        if at.rule.peers.is_empty() {
            return Some(None);
        }
        let mut items = at.rule.peers.iter().enumerate().filter(|(_, peer)| is_whole(peer));
        items.find(|(item, _)| context.item_matches(at, *item, address)).map(|(_, peer)| Some(peer))
    };
    let by_item = context
        .any_address()
        .iter()
        .find_map(|address| opened_by_item(context, at, (*address, whole(*address)?), counts, leaves_out));
    by_item.or_else(|| {
        [true, false].into_iter().find_map(|is_v4| opened_in_parts(context, at, is_v4, counts, leaves_out))
    })
}

/// The same where it is cut into blocks of one family.
fn opened_in_parts<'a>(
    context: &Context<'a>,
    at: &RuleAt<'a>,
    is_v4: bool,
    counts: &impl Fn(&ConnectionSet) -> ConnectionSet,
    leaves_out: &impl Fn(PeerId) -> bool,
) -> Option<Cause<'a>> {
    if share_of(at.rule, is_v4) < MOST {
        return None;
    }
    let items = at.rule.peers.iter().enumerate().filter(|(_, peer)| is_block_of(peer, is_v4));
    let items: Vec<(usize, &Peer)> = items.collect();
    let covered = order::set(items.iter().flat_map(|(item, _)| context.item_peers(at, *item)));
    let ranges = shares(context, covered.into_iter(), is_v4);
    let (first_range, _) = *ranges.first()?;
    let mut by_class: BTreeMap<usize, Option<Reach>> = BTreeMap::new();
    let mut concerned: Vec<PeerId> = Vec::new();
    let mut proof: Option<(PeerId, Reach)> = None;
    for subject in context.subjects(at.policy_id) {
        if leaves_out(*subject) || !context.may_meet(*subject, first_range) {
            continue;
        }
        context.see(*subject);
        let found = by_class.entry(context.evaluation().class(*subject)).or_insert_with(|| {
            let destination = Some(*subject).filter(|_| at.direction == Direction::Ingress);
            let ports = context.ports_on(at, destination);
            reach(
                &ranges,
                |range| {
                    context.work(1);
                    ports.intersection(context.allowed(at.direction, *subject, range))
                },
                counts,
            )
        });
        if let Some(found) = found {
            concerned.push(*subject);
            proof.get_or_insert_with(|| (*subject, found.clone()));
        }
    }
    let (subject, reach) = proof?;
    let mut spans: Vec<Span> = items.iter().map(|(_, peer)| at.policy.handle.span(peer.range())).collect();
    spans.push(policy_span(at.policy));
    let of = context.evaluation().peer(reach.widest)?.external()?.network.addr();
    Some(Cause {
        subject: at.policy.reference(),
        spans,
        witness: context.witness(at.direction, subject, reach.widest, &counts(&reach.opened)),
        rule: Some((format!("{} lets", at.path()), words::ports(&reach.opened))),
        but: String::new(),
        whom: addresses::whom(reach.share, of),
        origin: Origin::Rule(*at),
        workloads: context.names(&concerned),
        pods: concerned,
    })
}

/// How much of the addresses of a family is open to a workload.
#[derive(Clone, Debug)]
struct Reach {
    share: f64,
    /// The widest range, and what is open there.
    widest: PeerId,
    opened: ConnectionSet,
}

/// What is open of some ranges, where that is most of the family.
fn reach(
    ranges: &[(PeerId, f64)],
    opened: impl Fn(PeerId) -> ConnectionSet,
    counts: &impl Fn(&ConnectionSet) -> ConnectionSet,
) -> Option<Reach> {
    let (mut share, mut most) = (0.0, 0.0);
    let mut widest = None;
    for (range, of_range) in ranges {
        let opened = opened(*range);
        if counts(&opened).is_empty() {
            continue;
        }
        share += of_range;
        if *of_range > most {
            most = *of_range;
            widest = Some((*range, opened));
        }
    }
    let (widest, opened) = widest.filter(|_| share >= MOST)?;
    Some(Reach { share, widest, opened })
}

/// The ranges of a family among some peers, with their shares of it.
fn shares(context: &Context<'_>, peers: impl Iterator<Item = PeerId>, is_v4: bool) -> Vec<(PeerId, f64)> {
    let ranges = peers.filter_map(|peer| Some((peer, context.evaluation().peer(peer)?.external()?)));
    let of_family = ranges.filter(|(_, range)| range.network.addr().is_ipv4() == is_v4);
    of_family.map(|(peer, range)| (peer, addresses::share_left(range.network, &range.but))).collect()
}

fn is_block_of(peer: &Peer, is_v4: bool) -> bool {
    matches!(peer, Peer::Block { cidr, .. } if cidr.value.addr().is_ipv4() == is_v4)
}

/// The share of a family that the blocks of a rule hold at the most.
fn share_of(rule: &netpol_manifest::Rule, is_v4: bool) -> f64 {
    let blocks = rule.peers.iter().filter(|peer| is_block_of(peer, is_v4));
    let shares = blocks.filter_map(|peer| match peer {
        Peer::Block { cidr, except, .. } => {
            let except: Vec<IpNet> = except.iter().map(|network| network.value).collect();
            Some(addresses::share_left(cidr.value, &except))
        }
        Peer::Pods { .. } => None,
    });
    shares.sum()
}

/// What rules open together that none of them does by itself, by the policies that select the workloads.
fn most_opened_together<'a>(
    context: &Context<'a>,
    direction: Direction,
    counts: &impl Fn(&ConnectionSet) -> ConnectionSet,
    leaves_out: &impl Fn(PeerId) -> bool,
) -> Vec<Cause<'a>> {
    let mut causes = Vec::new();
    for is_v4 in [true, false] {
        let mut by_policy: BTreeMap<PolicyId, Vec<RuleAt<'a>>> = BTreeMap::new();
        for at in context.rules().filter(|at| at.direction == direction && share_of(at.rule, is_v4) > 0.0) {
            by_policy.entry(at.policy_id).or_default().push(at);
        }
        let share = |id: &PolicyId| {
            let rules = by_policy.get(id).into_iter().flatten();
            rules.map(|at| share_of(at.rule, is_v4)).sum::<f64>()
        };
        let by_policy_share: BTreeMap<PolicyId, f64> = by_policy.keys().map(|id| (*id, share(id))).collect();
        let ranges = match by_policy_share.values().sum::<f64>() >= MOST {
            true => shares(context, context.evaluation().peer_ids().map(|(id, _)| id), is_v4),
            false => continue,
        };
        let mut subjects = FixedBitSet::with_capacity(context.evaluation().peers().len());
        subjects.extend(by_policy.keys().flat_map(|id| context.subjects(*id)).map(|subject| subject.index()));
        let subjects = subjects.ones().map(|subject| PeerId(subject as u32));
        let mut by_class: BTreeMap<usize, Option<Reach>> = BTreeMap::new();
        let mut groups: BTreeMap<Vec<PolicyId>, (Vec<PeerId>, Reach)> = BTreeMap::new();
        // Those of the policies that select a pod which have blocks, where they may come to that much together.
        let mut known: HashMap<&[PolicyId], Option<Vec<PolicyId>>> = HashMap::default();
        for subject in subjects.filter(|subject| !leaves_out(*subject)) {
            let selecting = context.evaluation().selecting(direction, subject);
            let selecting = known.entry(selecting).or_insert_with(|| {
                let with_blocks = selecting.iter().copied().filter(|id| by_policy.contains_key(id));
                let with_blocks: Vec<PolicyId> = with_blocks.collect();
                let share: f64 = with_blocks.iter().filter_map(|id| by_policy_share.get(id)).sum();
                (share >= MOST).then_some(with_blocks)
            });
            let Some(selecting) = selecting else { continue };
            let found = by_class.entry(context.evaluation().class(subject)).or_insert_with(|| {
                reach(
                    &ranges,
                    |range| {
                        context.work(1);
                        context.allowed(direction, subject, range).clone()
                    },
                    counts,
                )
            });
            let met = ranges.first().is_some_and(|(range, _)| context.may_meet(subject, *range));
            if let Some(found) = found.as_ref().filter(|_| met) {
                groups
                    .entry(selecting.clone())
                    .or_insert_with(|| (Vec::new(), found.clone()))
                    .0
                    .push(subject);
            }
        }
        causes.extend(groups.into_iter().filter_map(|(policies, (pods, reach))| {
            let rules: Vec<&RuleAt<'a>> =
                policies.iter().filter_map(|id| by_policy.get(id)).flatten().collect();
            together(context, direction, &rules, pods, &reach, counts)
        }));
    }
    causes
}

fn together<'a>(
    context: &Context<'a>,
    direction: Direction,
    rules: &[&RuleAt<'a>],
    pods: Vec<PeerId>,
    reach: &Reach,
    counts: &impl Fn(&ConnectionSet) -> ConnectionSet,
) -> Option<Cause<'a>> {
    let first = *pods.first()?;
    let of = context.evaluation().peer(reach.widest)?.external()?.network.addr();
    let mut spans: Vec<Span> = rules.iter().map(|at| at.span()).collect();
    let mut policies: Vec<Span> = rules.iter().map(|at| policy_span(at.policy)).collect();
    policies.dedup();
    spans.extend(policies);
    let name = |at: &&RuleAt<'a>| format!("{} of `{}`", at.path(), at.policy.reference().name);
    let at = **rules.first()?;
    Some(Cause {
        subject: at.policy.reference(),
        spans,
        witness: context.witness(direction, first, reach.widest, &counts(&reach.opened)),
        rule: Some((
            format!("together {} let", words::phrases(rules.iter().map(name).collect())),
            words::ports(&reach.opened),
        )),
        but: String::new(),
        whom: addresses::whom(reach.share, of),
        origin: Origin::Cluster,
        workloads: context.names(&pods),
        pods,
    })
}

/// What a block leaves out, in words.
fn left_out(at: &RuleAt<'_>, peer: &Peer) -> String {
    let Peer::Block { except, .. } = peer else { return String::new() };
    let by_another = |network: &IpNet| {
        let others = at.rule.peers.iter().filter(|other| !std::ptr::eq(*other, peer));
        others.into_iter().any(|other| match other {
            Peer::Block { cidr, .. } => cidr.value.contains(network),
            Peer::Pods { .. } => false,
        })
    };
    let networks = except.iter().map(|network| network.value).filter(|network| !by_another(network));
    let networks: Vec<String> = networks.map(|network| network.to_string()).collect();
    match networks.is_empty() {
        true => String::new(),
        false => format!(" but {}", words::list(networks.iter().map(String::as_str))),
    }
}

/// The item of a rule that covers an address; `Some(None)` for a rule that covers everyone.
fn covering<'a>(context: &Context<'_>, at: &RuleAt<'a>, address: PeerId) -> Option<Option<&'a Peer>> {
    if at.rule.peers.is_empty() {
        return Some(None);
    }
    let blocks = at.rule.peers.iter().enumerate().filter(|(_, peer)| matches!(peer, Peer::Block { .. }));
    let mut blocks = blocks.filter(|(item, _)| context.item_matches(at, *item, address));
    blocks.next().map(|(_, peer)| Some(peer))
}

fn not_isolated<'a>(
    context: &Context<'a>,
    namespace: NamespaceId,
    direction: Direction,
    open: &[PeerId],
    addresses: &[PeerId],
    counts: &impl Fn(&ConnectionSet) -> ConnectionSet,
) -> Option<Cause<'a>> {
    let first = *open.first()?;
    let (address, opened) = reached(context, direction, first, addresses, counts)?;
    Some(Cause {
        subject: context.namespace_ref(namespace),
        spans: context.namespace_spans(namespace, open),
        witness: context.witness(direction, first, address, &opened),
        rule: None,
        but: String::new(),
        whom: ANY.to_owned(),
        origin: Origin::Namespace(namespace),
        workloads: context.names(open),
        pods: open.to_vec(),
    })
}
