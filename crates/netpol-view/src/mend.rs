//! The smallest change that would allow what is denied.
//!
//! A rule that opens just these ports for just these pods names one peer more; where there is none, a policy is added.
//! NetworkPolicies add up and never deny, so one more of them for exactly these pods allows the connection, and takes
//! nothing away where its subject is isolated in that direction already. What the Admin tier denies it cannot allow. What
//! the Baseline tier denies it can, but it isolates its subject: it is proposed where nothing is lost by that.

use netpol_eval::{Action, ConnectionSet, End, Evaluation, Labels, Peer, PeerId, PortSet, TierKind};
use netpol_findings::{Amendment, Fix, NewPolicy, amending, opening};
use netpol_manifest::{Direction, Yaml};

use crate::contract::PortsWanted;
use crate::{convert, words};

/// How many cells are looked at for what a policy would take away; where there are more, none is proposed.
const MOST_CELLS: usize = 1000;

/// A change that allows a denied connection.
#[derive(Debug)]
pub(crate) struct Mend {
    /// What it does, in one sentence.
    pub(crate) message: String,
    /// What it opens.
    pub(crate) wanted: ConnectionSet,
    /// What changes, by end: egress first.
    ends: Vec<Opening>,
}

/// How one end is opened.
#[derive(Debug)]
struct Opening {
    /// The policy to add.
    policy: NewPolicy,
    /// Or a rule that is there, with one peer more.
    amendment: Option<Amendment>,
}

impl Mend {
    /// The change, the smallest first; the last one adds policies alone.
    pub(crate) fn changes(&self) -> impl Iterator<Item = Fix> {
        let amends = self.ends.iter().any(|end| end.amendment.is_some());
        let which = if amends { &[true, false][..] } else { &[false][..] };
        which.iter().map(|amends| self.change(*amends))
    }

    fn change(&self, amends: bool) -> Fix {
        let mut fix = Fix { message: self.message.clone(), changes: Vec::new(), added: Vec::new() };
        let mut rules = Vec::new();
        for end in &self.ends {
            match end.amendment.as_ref().filter(|_| amends) {
                Some(amendment) => {
                    fix.changes.extend(amendment.fix.changes.iter().cloned());
                    rules.push(format!(
                        "rule {} of {}",
                        amendment.rule + 1,
                        words::object_name(&amendment.policy)
                    ));
                }
                None => fix.added.push(end.policy.clone()),
            }
        }
        if !rules.is_empty() {
            fix.message = format!("{}: one peer more in {}", fix.message, rules.join(" and "));
        }
        fix
    }
}

/// Whether NetworkPolicies can allow a cell.
#[derive(Debug)]
pub(crate) enum Mending {
    /// They can.
    Possible(Mend),
    /// They cannot, should not, or need not: what stands in the way, in one sentence, where that can be said.
    Impossible(Option<String>),
}

/// The change that would allow a cell: on one port, or in which nothing is allowed on what the destination is there for.
pub(crate) fn mend(
    evaluation: &Evaluation,
    source: PeerId,
    destination: PeerId,
    ports: PortsWanted,
) -> Mending {
    find(evaluation, source, destination, ports).unwrap_or(Mending::Impossible(None))
}

/// The same; `None` where nothing can be said.
fn find(evaluation: &Evaluation, source: PeerId, destination: PeerId, ports: PortsWanted) -> Option<Mending> {
    let trace = evaluation.trace(source, destination)?;
    let (from, to) = (evaluation.peer(source)?, evaluation.peer(destination)?);
    let asked = match ports {
        PortsWanted::Declared => None,
        PortsWanted::One(one) => {
            let ports = PortSet::range(one.port, one.port);
            Some(ConnectionSet::of(convert::manifest_protocol(one.protocol), ports))
        }
        PortsWanted::Every => Some(ConnectionSet::all()),
    };
    let is_allowed = match &asked {
        Some(asked) => trace.allowed.includes(asked),
        None => !trace.allowed.is_empty(),
    };
    if is_allowed {
        return None;
    }
    let both = [
        (Direction::Egress, &trace.egress, source, destination),
        (Direction::Ingress, &trace.ingress, destination, source),
    ];
    let wanted = asked.unwrap_or_else(|| wanted(to, &trace.egress.allowed, &trace.ingress.allowed));
    let mut possible = wanted.clone();
    for (_, end, ..) in both {
        possible = possible.difference(&decided(end, TierKind::Admin, Action::Deny));
    }
    if possible.is_empty() {
        let rule = both.iter().find_map(|(_, end, ..)| denying(evaluation, end, TierKind::Admin, &wanted))?;
        return Some(Mending::Impossible(Some(format!(
            "{rule} denies it before any NetworkPolicy is asked: only that policy, or one that comes before it, can allow it"
        ))));
    }
    let wanted = possible;
    let mut openings = Vec::new();
    let mut ends = Vec::new();
    for (direction, end, subject, peer) in both {
        if end.allowed.includes(&wanted) {
            continue;
        }
        if evaluation.peer(peer)?.domain().is_some() {
            let message = "a NetworkPolicy cannot name a domain: only a ClusterNetworkPolicy can allow it";
            return Some(Mending::Impossible(Some(message.to_owned())));
        }
        let policy = opening(evaluation, direction, subject, &[peer], &wanted)?;
        let is_new = !evaluation.isolated(direction, subject);
        if is_new && takes_away(evaluation, direction, (subject, peer), (&policy, &wanted)) {
            let rule = denying(evaluation, end, TierKind::Baseline, &wanted)?;
            let name = words::peer_name(evaluation, evaluation.peer(subject)?);
            return Some(Mending::Impossible(Some(format!(
                "{rule} denies it where no NetworkPolicy selects the pod; one that allows it would isolate {name} for {} and cut what it may do now",
                words::direction(direction)
            ))));
        }
        let amendment = amending(evaluation, direction, subject, peer, &wanted);
        openings.push(Opening { policy, amendment });
        ends.push(match direction {
            Direction::Egress => format!("egress of {}", words::peer_name(evaluation, from)),
            Direction::Ingress => format!("ingress to {}", words::peer_name(evaluation, to)),
        });
    }
    let ports = if wanted.is_all() { "every port".to_owned() } else { words::connections(&wanted) };
    let mut message = format!("open {ports} for {}", ends.join(" and "));
    // A selector without labels is not for these pods alone.
    for workload in [from, to].into_iter().filter_map(Peer::workload).filter(|one| one.labels.is_empty()) {
        let all = match words::namespace_name(evaluation, workload) {
            "*" => "every pod of every namespace".to_owned(),
            namespace => format!("every pod of `{namespace}`"),
        };
        message.push_str(&format!("; `{}` has no labels, so {all} is meant", workload.name));
    }
    Some(Mending::Possible(Mend { message, wanted, ends: openings }))
}

/// What the rules of one action decide in a tier.
fn decided(end: &End, kind: TierKind, action: Action) -> ConnectionSet {
    let tiers = end.tiers.iter().filter(|tier| tier.kind == kind);
    let rules = tiers.flat_map(|tier| &tier.policies).flat_map(|policy| &policy.rules);
    let rules = rules.filter(|rule| rule.action == action);
    rules.fold(ConnectionSet::NONE, |all, rule| all.union(&rule.decides))
}

/// The first rule of a tier that denies something of a set: ``rule 1 of AdminNetworkPolicy `tenants` ``.
fn denying(evaluation: &Evaluation, end: &End, kind: TierKind, wanted: &ConnectionSet) -> Option<String> {
    let tiers = end.tiers.iter().filter(|tier| tier.kind == kind);
    let mut rules = tiers.flat_map(|tier| &tier.policies).flat_map(|policy| &policy.rules);
    let rule =
        rules.find(|rule| rule.action == Action::Deny && !rule.decides.intersection(wanted).is_empty())?;
    let object = evaluation.cluster().policy_handle(rule.origin.policy)?.object().reference();
    Some(format!("rule {} of {} {}", rule.origin.index + 1, object.kind, words::object_name(&object)))
}

/// Whether a policy for pods that none isolates would take something from any of them, besides what it is for.
fn takes_away(
    evaluation: &Evaluation,
    direction: Direction,
    (subject, peer): (PeerId, PeerId),
    (policy, wanted): (&NewPolicy, &ConnectionSet),
) -> bool {
    let (Some(labels), Some(own)) = (selected(policy), evaluation.peer(subject).and_then(Peer::workload))
    else {
        return true;
    };
    let is_selected = |workload: &netpol_eval::Workload| {
        workload.namespace == own.namespace
            && !workload.host_network
            && labels.iter().all(|(key, value)| workload.labels.get(key) == Some(value))
    };
    let subjects = evaluation.peer_ids().filter(|(id, peer)| {
        peer.workload().is_some_and(is_selected) && !evaluation.isolated(direction, *id)
    });
    let mut cells = 0;
    for (one, _) in subjects {
        for (other, _) in evaluation.peer_ids() {
            if evaluation.end(direction, one, other).is_empty() {
                continue;
            }
            cells += 1;
            let trace = match direction {
                Direction::Egress => evaluation.trace(one, other).map(|trace| trace.egress),
                Direction::Ingress => evaluation.trace(other, one).map(|trace| trace.ingress),
            };
            let Some(end) = trace.filter(|_| cells <= MOST_CELLS) else { return true };
            let mut lost = end.allowed.difference(&decided(&end, TierKind::Admin, Action::Allow));
            if other == peer {
                lost = lost.difference(wanted);
            }
            if end.exemption.is_none() && !lost.is_empty() {
                return true;
            }
        }
    }
    false
}

/// `matchLabels` of a policy's subjects; `None` where it asks for something else.
fn selected(policy: &NewPolicy) -> Option<Labels> {
    let field = |map: &Yaml, name: &str| match map {
        Yaml::Map(fields) => fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()),
        _ => None,
    };
    let selector = field(&field(&policy.manifest, "spec")?, "podSelector")?;
    if field(&selector, "matchExpressions").is_some() {
        return None;
    }
    let Some(Yaml::Map(labels)) = field(&selector, "matchLabels") else { return Some(Labels::new()) };
    let mut found = Labels::new();
    for (key, value) in labels {
        let Yaml::Text(value) = value else { return None };
        found.insert(key, value);
    }
    Some(found)
}

/// What to allow: the ports that the destination declares, as far as the other end allows some of them already.
fn wanted(destination: &Peer, egress: &ConnectionSet, ingress: &ConnectionSet) -> ConnectionSet {
    let declared = destination.workload().map(|workload| {
        workload.declared_ports().iter().fold(ConnectionSet::NONE, |set, port| {
            set.union(&ConnectionSet::of(port.protocol, netpol_eval::PortSet::range(port.port, port.port)))
        })
    });
    let declared = declared.filter(|declared| !declared.is_empty()).unwrap_or_else(ConnectionSet::all);
    let mut candidates = vec![declared.clone()];
    candidates.extend([egress, ingress].map(|end| declared.intersection(end)));
    candidates.extend([egress, ingress].into_iter().filter(|end| !end.is_all()).cloned());
    // The narrowest that is not empty: what one end has opened for this purpose already.
    let fits = |set: &&ConnectionSet| !set.is_empty();
    let opened =
        candidates.iter().skip(1).filter(fits).find(|set| declared.includes(set) && **set != declared);
    let by_one_end = candidates.iter().skip(3).find(fits);
    opened.or(by_one_end.filter(|_| declared.is_all())).unwrap_or(&declared).clone()
}
