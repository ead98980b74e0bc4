//! NP306: one end of a connection names the other and allows it, and the other end forbids it.
//!
//! Named is a pod whose labels both the policy's `podSelector` and the peer's ask for: what is opened to everybody in a
//! namespace, or for all of them, leaves the choice to the other end. Only where nothing of what the rule opens is left,
//! and only between pods of the input. DNS servers are NP305's. One finding for each rule; where both ends name each
//! other and their ports do not meet, it is the egress rule's. What a rule before it decides is not its own: a
//! NetworkPolicy that the Admin tier overrides at its own end is no one-sided allow, and an Admin `Allow` may be one.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use fixedbitset::FixedBitSet;
use netpol_eval::{Action, ConnectionSet, Origin, PeerId, PolicyId, Workload};
use netpol_manifest::{
    ClusterAction, ClusterPeer, ClusterPortMatch, ContainerPort, Direction, PolicyPort, PortMatch,
};
use netpol_source::{HashMap, ObjectRef, Span, order};

use crate::cause::{Cause, Part};
use crate::cluster_rule::ClusterRuleAt;
use crate::context::Context;
use crate::finding::Finding;
use crate::fix::{Fix, MOST_LISTED};
use crate::policies::opening;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::{RuleAt, cluster_policy_span, opposite, policy_span, port_set};
use crate::{well_known, words};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP306,
    name: "one-sided-allow",
    severity: Severity::Medium,
    summary: "One end of a connection allows it explicitly, and the other end forbids it.",
    why: "A connection needs both ends: the egress of its source and the ingress of its destination, on the same port. Opened \
          at one end only it stays blocked, and the rule that opens it looks as if it worked.",
    help: "Open the same port at the other end as well, or remove the rule if the connection is not meant to be.",
    references: &[refer::CKS_POLICIES],
    proof: Proof::Denied,
    fix: Some((
        Promise::Opens,
        "Adds a policy at the other end that lets the connection through, unless that end opens another port: then either may be meant.",
    )),
};

/// How many pairs of classes are looked at for one rule: more than people write by name, and soon done.
const MOST_PAIRS: usize = 4096;

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = context.of_policies(&RULE, |rules| {
        let rules = rules.iter().filter(|at| well_known::asks_for_a_label(&at.policy.spec.pod_selector));
        let rules = rules.take_while(|_| !context.effort().is_exhausted());
        rules.filter_map(|at| finding(context, &At::Policy(*at))).collect()
    });
    let rules = context.cluster_rules().filter(names_subjects);
    findings.extend(rules.map(At::Cluster).filter_map(|at| finding(context, &at)));
    findings
}

/// Whether a rule of a cluster-scoped policy allows something for pods whose labels it asks for.
fn names_subjects(at: &ClusterRuleAt<'_>) -> bool {
    let pods = at.policy.spec.subject.pods.as_ref();
    at.rule.action.value == ClusterAction::Allow
        && !at.fails_closed()
        && pods.is_some_and(well_known::asks_for_a_label)
}

/// Whether a peer of a cluster-scoped policy asks for pods with some label in particular.
fn names_cluster_pods(peer: &ClusterPeer) -> bool {
    match peer {
        ClusterPeer::Pods { pods, .. } => pods.pods.as_ref().is_some_and(well_known::asks_for_a_label),
        _ => false,
    }
}

/// A rule that lets pods talk.
enum At<'a> {
    Policy(RuleAt<'a>),
    Cluster(ClusterRuleAt<'a>),
}

impl At<'_> {
    fn direction(&self) -> Direction {
        match self {
            Self::Policy(at) => at.direction,
            Self::Cluster(at) => at.origin.direction,
        }
    }

    fn origin(&self) -> Origin {
        match self {
            Self::Policy(at) => at.origin(),
            Self::Cluster(at) => at.origin,
        }
    }

    fn path(&self) -> String {
        match self {
            Self::Policy(at) => at.path(),
            Self::Cluster(at) => at.path(),
        }
    }

    fn reference(&self) -> ObjectRef {
        match self {
            Self::Policy(at) => at.policy.reference(),
            Self::Cluster(at) => at.policy.reference(),
        }
    }

    fn spans(&self) -> [Span; 2] {
        match self {
            Self::Policy(at) => [at.span(), policy_span(at.policy)],
            Self::Cluster(at) => [at.span(), cluster_policy_span(at.policy)],
        }
    }

    fn subjects<'c>(&self, context: &'c Context<'_>) -> &'c [PeerId] {
        context.subjects(match self {
            Self::Policy(at) => at.policy_id,
            Self::Cluster(at) => at.origin.policy,
        })
    }

    /// The peers whose labels it asks for.
    fn named(&self, context: &Context<'_>) -> BTreeSet<PeerId> {
        match self {
            Self::Policy(at) => {
                let items = at.rule.peers.iter().enumerate().filter(|(_, peer)| well_known::names_pods(peer));
                order::set(items.flat_map(|(item, _)| context.item_peers(at, item)))
            }
            Self::Cluster(at) => {
                let items = at.rule.peers.iter().enumerate().filter(|(_, peer)| names_cluster_pods(peer));
                order::set(items.flat_map(|(item, _)| at.item_peers(context, item)))
            }
        }
    }

    fn ports_on(&self, context: &Context<'_>, destination: PeerId) -> Rc<ConnectionSet> {
        match self {
            Self::Policy(at) => context.ports_on(at, Some(destination)),
            Self::Cluster(at) => Rc::new(at.ports_on(context, Some(destination))),
        }
    }

    /// Whether every port is written by itself, so that each of them is meant.
    fn names_each_port(&self) -> bool {
        match self {
            Self::Policy(at) => {
                let ports = &at.rule.ports;
                !ports.is_empty()
                    && ports.iter().all(|port| match &port.port {
                        PortMatch::Any => false,
                        PortMatch::Range(first, last) => first == last,
                        PortMatch::Name(_) => true,
                    })
            }
            Self::Cluster(at) => {
                !at.ports().is_empty()
                    && at.ports().iter().all(|port| match &port.port {
                        ClusterPortMatch::Range(_, first, last) => first == last,
                        ClusterPortMatch::Name(_) => true,
                    })
            }
        }
    }

    /// The item of `ports` that holds all of these, where it is one of a NetworkPolicy.
    fn only_port(&self, dead: &ConnectionSet) -> Option<(&RuleAt<'_>, &PolicyPort)> {
        let Self::Policy(at) = self else { return None };
        let holds = |port: &&PolicyPort| port_set(port, None).includes(dead);
        Some((at, at.rule.ports.iter().find(holds)?))
    }

    /// What of its ports no rule before it decides.
    fn decides(
        &self,
        context: &Context<'_>,
        opened: &ConnectionSet,
        ends: (PeerId, PeerId),
    ) -> ConnectionSet {
        let (subject, peer) = ends;
        match self {
            Self::Policy(at) => {
                if context.cluster().cluster_policies.is_empty() {
                    return opened.clone();
                }
                opened.intersection(&context.left_to_network_policies(at.direction, subject, peer))
            }
            Self::Cluster(at) => at.decides(context, subject, peer),
        }
    }
}

/// A subject and a peer that the rule lets talk, in vain.
struct Blocked<'a> {
    subject: PeerId,
    peer: PeerId,
    opened: Rc<ConnectionSet>,
    /// What of it the other end does not let through.
    dead: ConnectionSet,
    /// The first rule of a cluster-scoped policy that denies it at the other end.
    denied_by: Option<ClusterRuleAt<'a>>,
}

fn finding(context: &Context<'_>, at: &At<'_>) -> Option<Finding> {
    let direction = at.direction();
    let subjects = by_class(context, at.subjects(context).iter().copied());
    let peers = by_class(context, at.named(context).into_iter());
    if subjects.len() * peers.len() > MOST_PAIRS {
        context.effort().leave_out();
    }
    let pairs = subjects.iter().flat_map(|subjects| peers.iter().map(move |peers| (subjects, peers)));
    let mut destinations = Destinations::default();
    let mut blocked: Option<Blocked<'_>> = None;
    let (mut of_subjects, mut of_peers) = (FixedBitSet::new(), FixedBitSet::new());
    let mut closed = Closed::new();
    let mut can_open = true;
    let mut dead = ConnectionSet::NONE;
    for (subjects, peers) in pairs.take(MOST_PAIRS) {
        let Some(found) = blocked_pair(context, at, (subjects, peers), &mut destinations) else { continue };
        if !dead.includes(&found.dead) {
            dead = dead.union(&found.dead);
        }
        subjects.iter().for_each(|subject| of_subjects.grow_and_insert(subject.index()));
        peers.iter().for_each(|peer| of_peers.grow_and_insert(peer.index()));
        // No NetworkPolicy opens what a rule of another tier denies.
        can_open &= found.denied_by.is_none();
        if can_open && closed.len() <= MOST_LISTED {
            for peer in peers {
                let (others, ports) = closed.entry(*peer).or_default();
                others.extend(subjects.iter().copied().filter(|subject| subject != peer));
                if !ports.includes(&found.dead) {
                    *ports = ports.union(&found.dead);
                }
            }
        }
        blocked.get_or_insert(found);
    }
    let blocked = blocked?;
    let names = |peers: &FixedBitSet| {
        let peers = peers.ones().map(|peer| PeerId(peer as u32));
        context.names(&peers.collect::<Vec<_>>())
    };
    let them = if of_subjects.count_ones(..) == 1 { "it" } else { "them" };
    let those = if of_peers.count_ones(..) == 1 { "it" } else { "them" };
    let (subjects, peers) = (names(&of_subjects), names(&of_peers));
    let ports = words::ports(&blocked.opened);
    let other = context.evaluation().end(opposite(direction), blocked.peer, blocked.subject);
    let fix = if other.is_empty() && can_open { open_other_end(context, at, closed) } else { None };
    let lets = match direction {
        Direction::Egress => format!("{} lets {subjects} connect to {peers} on {ports}", at.path()),
        Direction::Ingress => format!("{} lets {peers} connect to {subjects} on {ports}", at.path()),
    };
    let why = match (&blocked.denied_by, direction, other.is_empty()) {
        (Some(denying), _, _) => {
            format!("{} of `{}` denies that at the other end", denying.path(), denying.name())
        }
        (None, Direction::Egress, true) => format!("no rule lets {them} in there"),
        (None, Direction::Egress, false) => {
            format!("the other end lets {them} in on {} only", words::ports(other))
        }
        (None, Direction::Ingress, true) => format!("no rule lets {those} out there"),
        (None, Direction::Ingress, false) => {
            format!("the other end lets {those} out on {} only", words::ports(other))
        }
    };
    let mut spans: Vec<Span> = at.spans().to_vec();
    match &blocked.denied_by {
        Some(denying) => spans.extend([denying.span(), cluster_policy_span(denying.policy)]),
        None => {
            let isolating = context.evaluation().selecting(opposite(direction), blocked.peer);
            spans.extend(isolating.iter().filter_map(|id| context.cluster().policy(*id)).map(policy_span));
        }
    }
    let only_port = at.only_port(&dead).and_then(|(at, port)| Cause::port(at, port, Part::Consequence));
    Some(Finding {
        message: format!("{lets}, and {why}"),
        subject: at.reference(),
        spans,
        witness: context.witness(direction, blocked.subject, blocked.peer, &blocked.dead),
        fix,
        cause: only_port.or(Some(Cause::OtherEnd(at.origin()))),
        ..Finding::of(&RULE)
    })
}

/// By pod at the other end: for whom it should be open, and on which ports.
type Closed = BTreeMap<PeerId, (BTreeSet<PeerId>, ConnectionSet)>;

/// Opens the other end as far as this one is open.
fn open_other_end(context: &Context<'_>, at: &At<'_>, closed: Closed) -> Option<Fix> {
    if closed.len() > MOST_LISTED || closed.values().any(|(subjects, _)| subjects.len() > MOST_LISTED) {
        return None;
    }
    let direction = opposite(at.direction());
    let names = context.names(&closed.keys().copied().collect::<Vec<_>>());
    let mut added = Vec::new();
    for (peer, (subjects, ports)) in closed {
        let subjects: Vec<PeerId> = subjects.into_iter().collect();
        added.push(opening(context.evaluation(), direction, peer, &subjects, &ports)?);
    }
    let message = match direction {
        Direction::Ingress => format!("let in to {names} what {} lets out", at.path()),
        Direction::Egress => format!("let out of {names} what {} lets in", at.path()),
    };
    Some(Fix::add(message, added))
}

/// The pods of the input, those that nothing can tell apart together, in order of the first of them.
fn by_class(context: &Context<'_>, peers: impl Iterator<Item = PeerId>) -> Vec<Vec<PeerId>> {
    let of_input = |peer: &PeerId| Some(context.workload(*peer)?).filter(|one| !one.is_hypothetical());
    let peers: Vec<(PeerId, &Workload)> = peers.filter_map(|peer| Some(peer).zip(of_input(&peer))).collect();
    let mut classes: Vec<Vec<PeerId>> = Vec::new();
    let mut known: HashMap<usize, usize> = HashMap::default();
    context.work(peers.len());
    for (peer, workload) in &peers {
        context.see(*peer);
        context.look_into(workload.namespace);
        let at = *known.entry(context.evaluation().class(*peer)).or_insert(classes.len());
        match classes.get_mut(at) {
            Some(class) => class.push(*peer),
            None => classes.push(vec![*peer]),
        }
    }
    context.group(&peers.iter().map(|(peer, _)| *peer).collect::<Vec<_>>());
    classes
}

/// What counts of a destination for one rule, once for each.
#[derive(Default)]
struct Destinations {
    known: HashMap<PeerId, Option<Rc<ConnectionSet>>>,
}

impl Destinations {
    /// What the rule opens there; `None` for a DNS server, of which another rule speaks.
    fn opened(
        &mut self,
        context: &Context<'_>,
        at: &At<'_>,
        destination: PeerId,
    ) -> Option<Rc<ConnectionSet>> {
        context.work(1);
        let opened = || {
            let is_other = context.workload(destination).is_some() && !context.roles().dns.has(destination);
            is_other.then(|| at.ports_on(context, destination))
        };
        self.known.entry(destination).or_insert_with(opened).clone()
    }
}

fn blocked_pair<'a>(
    context: &Context<'a>,
    at: &At<'_>,
    (subjects, peers): (&[PeerId], &[PeerId]),
    destinations: &mut Destinations,
) -> Option<Blocked<'a>> {
    let mut pairs = subjects.iter().flat_map(|subject| peers.iter().map(move |peer| (*subject, *peer)));
    let (subject, peer) = pairs.find(|(subject, peer)| subject != peer)?;
    let (source, destination) = match at.direction() {
        Direction::Ingress => (peer, subject),
        Direction::Egress => (subject, peer),
    };
    let opened = destinations.opened(context, at, destination)?;
    let allowed = context.evaluation().allowed(source, destination);
    if allowed.includes(&opened) {
        return None;
    }
    let is_partly_open = opened.meets(allowed);
    if is_partly_open && !at.names_each_port() {
        return None;
    }
    let dead = opened.difference(allowed);
    if is_partly_open {
        // Of several ports some get through: the others are missed where each is written by itself and is there.
        let declared = context.workload(destination).map(Workload::declared_ports).unwrap_or_default();
        let is_there = |port: &&ContainerPort| dead.contains(port.protocol, port.port);
        if !(declared.is_empty() || declared.iter().any(is_there)) {
            return None;
        }
    }
    if at.direction() == Direction::Ingress && egress_names(context, source, destination) {
        return None;
    }
    // What another rule at this end denies is not left to the other one.
    let opened = at.decides(context, &opened, (subject, peer));
    let dead = opened.intersection(&dead);
    let denied_by = denied_by(context, opposite(at.direction()), (peer, subject), &dead);
    (!dead.is_empty()).then(|| Blocked { subject, peer, opened: Rc::new(opened), dead, denied_by })
}

/// The first rule of a cluster-scoped policy that denies some of these connections at an end.
fn denied_by<'a>(
    context: &Context<'a>,
    direction: Direction,
    (subject, peer): (PeerId, PeerId),
    among: &ConnectionSet,
) -> Option<ClusterRuleAt<'a>> {
    if context.cluster().cluster_policies.is_empty() {
        return None;
    }
    context.work(context.evaluation().deciding(direction, subject).len() + 1);
    let end = context.evaluation().end_trace(direction, subject, peer)?;
    let mut rules = end.policies().flat_map(|policy| &policy.rules);
    let denies = rules.find(|rule| rule.action == Action::Deny && rule.decides.meets(among))?;
    context.cluster_rule(denies.origin)
}

/// Whether an egress rule for `source` names `destination`, and opens a port that it has.
fn egress_names(context: &Context<'_>, source: PeerId, destination: PeerId) -> bool {
    let direction = Direction::Egress;
    let names = |id: &PolicyId| {
        let Some(policy) = context.cluster().policy(*id) else { return false };
        well_known::asks_for_a_label(&policy.spec.pod_selector)
            && policy.rules(direction).iter().enumerate().any(|(index, rule)| {
                let at = RuleAt { policy_id: *id, policy, direction, index, rule };
                let mut items =
                    rule.peers.iter().enumerate().filter(|(_, peer)| well_known::names_pods(peer));
                items.any(|(item, _)| {
                    context.evaluation().item_matches(*id, direction, index, item, destination)
                }) && !context.ports_on(&at, Some(destination)).is_empty()
            })
    };
    let of_cluster = |at: &ClusterRuleAt<'_>| {
        let Origin { policy, direction, index } = at.origin;
        let mut items = at.rule.peers.iter().enumerate().filter(|(_, peer)| names_cluster_pods(peer));
        names_subjects(at)
            && items.any(|(item, _)| {
                context.evaluation().item_matches(policy, direction, index, item, destination)
            })
            && !at.ports_on(context, Some(destination)).is_empty()
    };
    let deciding = context.evaluation().deciding(direction, source).iter();
    let mut of_clusters = deciding.flat_map(|id| {
        let policy = context.cluster().cluster_policy(*id);
        let rules = policy.map_or(0, |policy| policy.rules(direction).len());
        (0..rules).filter_map(|index| context.cluster_rule(Origin { policy: *id, direction, index }))
    });
    context.evaluation().selecting(direction, source).iter().any(names)
        || of_clusters.any(|at| of_cluster(&at))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, cluster_policy, deployment, policy};

    const DENY: &str = "{podSelector: {}, policyTypes: [Ingress, Egress]}";

    fn to(name: &str, port: u16) -> String {
        format!(
            "{{podSelector: {{matchLabels: {{app: web}}}}, policyTypes: [Egress], egress: [{{to: [{{podSelector: \
             {{matchLabels: {{app: {name}}}}}}}], ports: [{{port: {port}}}]}}]}}"
        )
    }

    fn from_web(name: &str, port: u16) -> String {
        format!(
            "{{podSelector: {{matchLabels: {{app: {name}}}}}, ingress: [{{from: [{{podSelector: {{matchLabels: {{app: \
             web}}}}}}], ports: [{{port: {port}}}]}}]}}"
        )
    }

    fn shop() -> String {
        deployment("shop", "web", 80) + &deployment("shop", "db", 5432) + &policy("shop", "deny", DENY)
    }

    #[test]
    fn egress_without_ingress() {
        let found = Case::new(&(shop() + &policy("shop", "web", &to("db", 5432)))).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/web");
        assert_eq!(
            found[0].message,
            "egress rule 1 lets `web` connect to `db` on TCP 5432, and no rule lets it in there"
        );
        assert_eq!(
            found[0].spans,
            ["{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 5432}]}", "web", "deny"]
        );
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> shop/db TCP 5432"));
    }

    #[test]
    fn ingress_without_egress() {
        let found = Case::new(&(shop() + &policy("shop", "db", &from_web("db", 5432)))).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/db");
        assert_eq!(
            found[0].message,
            "ingress rule 1 lets `web` connect to `db` on TCP 5432, and no rule lets it out there"
        );
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> shop/db TCP 5432"));
    }

    #[test]
    fn ports_that_do_not_meet_are_one_finding() {
        let text =
            shop() + &policy("shop", "web", &to("db", 80)) + &policy("shop", "db", &from_web("db", 5432));
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "egress rule 1 lets `web` connect to `db` on TCP 80, and the other end lets it in on TCP 5432 only"
        );
    }

    #[test]
    fn both_ends_or_an_end_that_is_open() {
        let both =
            shop() + &policy("shop", "web", &to("db", 5432)) + &policy("shop", "db", &from_web("db", 5432));
        assert!(Case::new(&both).check(&RULE).is_empty());
        let open = deployment("shop", "web", 80)
            + &deployment("shop", "db", 5432)
            + &policy("shop", "web", &to("db", 5432));
        assert!(Case::new(&open).check(&RULE).is_empty());
    }

    #[test]
    fn what_is_opened_for_everybody_leaves_the_choice_to_the_other_end() {
        let broad = "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]}";
        assert!(Case::new(&(shop() + &policy("shop", "out", broad))).check(&RULE).is_empty());
        let whole = to("db", 5432).replace("{matchLabels: {app: db}}", "{}");
        assert!(Case::new(&(shop() + &policy("shop", "out", &whole))).check(&RULE).is_empty());
    }
    const WEB: &str = "{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}}";
    const DB: &str = "{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: db}}}}";

    #[test]
    fn a_rule_of_a_cluster_scoped_policy() {
        let admin = format!(
            "subject: {WEB}, egress: [{{action: Accept, to: [{DB}], protocols: [{{tcp: {{destinationPort: {{number: \
             5432}}}}}}]}}]"
        );
        let admin = cluster_policy("web", "Admin", 5, &admin);
        let found = Case::new(&(shop() + &admin)).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "ClusterNetworkPolicy web");
        assert_eq!(
            found[0].message,
            "egress rule 1 lets `web` connect to `db` on TCP 5432, and no rule lets it in there"
        );
        assert_eq!(found[0].spans[1..], ["web", "deny"]);
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> shop/db TCP 5432"));
        // The NetworkPolicy beside it decides nothing: it is said once.
        let both = Case::new(&(shop() + &admin + &policy("shop", "web", &to("db", 5432)))).check(&RULE);
        assert_eq!(
            both.iter().map(|one| one.subject.as_str()).collect::<Vec<_>>(),
            ["ClusterNetworkPolicy web"]
        );
        let open = shop() + &admin + &policy("shop", "db", &from_web("db", 5432));
        assert!(Case::new(&open).check(&RULE).is_empty());
    }

    #[test]
    fn a_deny_of_the_admin_tier() {
        let deny = |subject: &str, rules: &str| {
            cluster_policy("guard", "Admin", 5, &format!("subject: {subject}, {rules}"))
        };
        let open = || {
            deployment("shop", "web", 80)
                + &deployment("shop", "db", 5432)
                + &policy("shop", "web", &to("db", 5432))
        };
        // At the other end.
        let found = Case::new(&(open() + &deny(DB, "ingress: [{action: Deny, from: [{namespaces: {}}]}]")));
        let found = found.check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "egress rule 1 lets `web` connect to `db` on TCP 5432, and ingress rule 1 of `guard` denies that at the other end"
        );
        assert_eq!(found[0].spans[1..], ["web", "{action: Deny, from: [{namespaces: {}}]}", "guard"]);
        // At its own the other end is not asked.
        let own = Case::new(&(open() + &deny(WEB, "egress: [{action: Deny, to: [{namespaces: {}}]}]")));
        assert!(own.check(&RULE).is_empty());
    }

    #[test]
    fn some_of_the_ports_are_dead() {
        let out = "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: \
                   {app: db}}}], ports: [{port: 80}, {port: 5432}]}]}";
        let into = "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: \
                    [{port: 80}]}]}";
        let text = deployment("shop", "web", 80)
            + &deployment("shop", "db", 5432)
            + &policy("shop", "out", out)
            + &policy("shop", "into", into);
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/out");
        assert_eq!(
            found[0].message,
            "egress rule 1 lets `web` connect to `db` on TCP 80 and TCP 5432, and the other end lets it in on TCP 80 only"
        );
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> shop/db TCP 5432"));
        // Every port at one end and some at the other is how people write it.
        let every = out.replace(", ports: [{port: 80}, {port: 5432}]", "");
        let text = deployment("shop", "web", 80)
            + &deployment("shop", "db", 5432)
            + &policy("shop", "out", &every)
            + &policy("shop", "into", into);
        assert!(Case::new(&text).check(&RULE).is_empty());
    }
}
