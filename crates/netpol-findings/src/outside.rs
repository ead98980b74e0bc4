//! Who reaches, or is reached from, addresses outside: shared by NP105, NP106, NP107 and NP206.
//!
//! Two causes, each reported once: a rule that opens the addresses (with all workloads that it opens them to), of a
//! NetworkPolicy or of a cluster-scoped policy, and a namespace whose workloads no policy isolates (with all of them that
//! are open). Cluster-scoped policies that decide every connection with pods leave addresses to nobody: rules of theirs
//! for ingress name pods alone.

use std::collections::BTreeMap;

use ipnet::IpNet;
use netpol_eval::{ConnectionSet, NamespaceId, PeerId};
use netpol_manifest::{Direction, Peer};
use netpol_source::{ObjectRef, Span};

use crate::context::{ClusterRuleAt, Context, RuleAt, cluster_policy_span, policy_span};
use crate::finding::Witness;
use crate::fix::Fix;
use crate::tiers::Seen;
use crate::{cause, isolate, words};

/// One cause, with the workloads that it concerns.
pub(crate) struct Cause<'a> {
    /// The policy, or the namespace.
    pub(crate) subject: ObjectRef,
    /// The peer or rule and the policy, or the namespace and the workloads.
    pub(crate) spans: Vec<Span>,
    /// The connection of one of the workloads.
    pub(crate) witness: Option<Witness>,
    /// For a rule: its path and what it opens.
    pub(crate) rule: Option<(String, String)>,
    /// What of the addresses the rule leaves out, in words: " but `10.0.0.0/8`".
    pub(crate) but: String,
    /// What it is.
    pub(crate) origin: Origin<'a>,
    /// The workloads as a list.
    pub(crate) workloads: String,
    /// How many they are.
    pub(crate) count: usize,
}

/// What opens the addresses.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin<'a> {
    /// A rule.
    Rule(RuleAt<'a>),
    /// A rule of a cluster-scoped policy.
    Cluster,
    /// A namespace with workloads that are not isolated.
    Namespace(NamespaceId),
}

impl Origin<'_> {
    /// What the finding has in common with others: pods that are not isolated are found by several rules.
    pub(crate) fn cause(self, direction: Direction) -> Option<cause::Cause> {
        match self {
            Origin::Rule(_) | Origin::Cluster => None,
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

/// Every cause for connections between workloads and `addresses`. `counts` says which part of what is open matters, and
/// `leaves_out` which workloads another rule speaks of.
pub(crate) fn causes<'a>(
    context: &Context<'a>,
    direction: Direction,
    addresses: &[PeerId],
    counts: impl Fn(&ConnectionSet) -> ConnectionSet,
    leaves_out: impl Fn(PeerId) -> bool,
) -> Vec<Cause<'a>> {
    let mut causes: Vec<Cause<'a>> = Vec::new();
    for at in context.rules().filter(|at| at.direction == direction) {
        causes.extend(opened_by_rule(context, &at, addresses, &counts, &leaves_out));
    }
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
        rule: Some((at.plain_path(), words::ports(ports))),
        but: String::new(),
        origin: Origin::Cluster,
        workloads: context.names(&concerned),
        count: concerned.len(),
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
    Some(Cause {
        subject: at.policy.reference(),
        spans: vec![line, policy_span(at.policy)],
        witness: context.witness(at.direction, subject, address, &counts(&opened)),
        rule: Some((at.path(), words::ports(&opened))),
        but: item.map_or_else(String::new, |peer| left_out(at, peer)),
        origin: Origin::Rule(*at),
        workloads: context.names(&concerned),
        count: concerned.len(),
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
        origin: Origin::Namespace(namespace),
        workloads: context.names(open),
        count: open.len(),
    })
}
