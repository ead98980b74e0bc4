//! NP306: one end of a connection names the other and allows it, and the other end forbids it.
//!
//! Named is a pod whose labels both the policy's `podSelector` and the peer's ask for: what is opened to everybody in a
//! namespace, or for all of them, leaves the choice to the other end. Only where nothing of what the rule opens is left,
//! and only between pods of the input. DNS servers are NP305's. One finding for each rule; where both ends name each
//! other and their ports do not meet, it is the egress rule's.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use netpol_eval::{ConnectionSet, PeerId, PolicyId};
use netpol_manifest::Direction;
use netpol_source::{Span, order};

use crate::context::{Context, RuleAt, cluster_policy_span, opposite, policy_span};
use crate::denied::denying;
use crate::finding::Finding;
use crate::fix::{Fix, MOST_LISTED};
use crate::policies::opening;
use crate::references as refer;
use crate::rule::{Example, Proof, Rule, Severity};
use crate::{well_known, words};

pub(crate) const RULE: Rule = Rule {
    code: "NP306",
    name: "one-sided-allow",
    severity: Severity::Medium,
    summary: "One end of a connection allows it explicitly, and the other end forbids it.",
    why: "A connection needs both ends: the egress of its source and the ingress of its destination, on the same port. Opened \
          at one end only it stays blocked, and the rule that opens it looks as if it worked.",
    help: "Open the same port at the other end as well, or remove the rule if the connection is not meant to be.",
    references: &[refer::CKS_POLICIES],
    example: Example {
        triggers: "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: main, image: example, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: main, image: example, ports: [{containerPort: 5432}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web-egress, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
    - to:
        - podSelector: {matchLabels: {app: db}}
      ports: [{port: 5432}]
",
        mended: "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: main, image: example, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: main, image: example, ports: [{containerPort: 5432}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web-egress, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
    - to:
        - podSelector: {matchLabels: {app: db}}
      ports: [{port: 5432}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db-from-web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
    - from:
        - podSelector: {matchLabels: {app: web}}
      ports: [{port: 5432}]
",
    },
    proof: Proof::Denied,
    fix: Some(
        "Adds a policy at the other end that lets the connection through, unless that end opens another port: then either may be meant.",
    ),
    check,
};

/// How many pairs of classes are looked at for one rule: more than people write by name, and soon done.
const MOST_PAIRS: usize = 4096;

fn check(context: &Context<'_>) -> Vec<Finding> {
    let rules = context.rules().filter(|at| well_known::asks_for_a_label(&at.policy.spec.pod_selector));
    rules.filter_map(|at| finding(context, &at)).collect()
}

/// A subject and a peer that the rule lets talk, in vain.
struct Blocked {
    subject: PeerId,
    peer: PeerId,
    opened: Rc<ConnectionSet>,
}

fn finding(context: &Context<'_>, at: &RuleAt<'_>) -> Option<Finding> {
    let items = at.rule.peers.iter().enumerate().filter(|(_, peer)| well_known::names_pods(peer));
    let named = order::set(items.flat_map(|(item, _)| context.item_peers(at, item)));
    let subjects = by_class(context, context.subjects(at.policy_id).iter().copied());
    let peers = by_class(context, named.into_iter());
    if subjects.len() * peers.len() > MOST_PAIRS {
        context.effort().leave_out();
    }
    let pairs = subjects.values().flat_map(|subjects| peers.values().map(move |peers| (subjects, peers)));
    let mut blocked: Option<Blocked> = None;
    let (mut of_subjects, mut of_peers) = (BTreeSet::new(), BTreeSet::new());
    let mut closed = Closed::new();
    for (subjects, peers) in pairs.take(MOST_PAIRS) {
        let Some(found) = blocked_pair(context, at, subjects, peers) else { continue };
        of_subjects.extend(subjects.iter().copied());
        of_peers.extend(peers.iter().copied());
        for peer in peers {
            let (others, ports) = closed.entry(*peer).or_default();
            others.extend(subjects.iter().copied().filter(|subject| subject != peer));
            *ports = ports.union(&found.opened);
        }
        blocked.get_or_insert(found);
    }
    let blocked = blocked?;
    let names = |peers: BTreeSet<PeerId>| context.names(&peers.into_iter().collect::<Vec<_>>());
    let them = if of_subjects.len() == 1 { "it" } else { "them" };
    let those = if of_peers.len() == 1 { "it" } else { "them" };
    let (subjects, peers) = (names(of_subjects), names(of_peers));
    let ports = words::ports(&blocked.opened);
    let other = other_end(context, at, &blocked);
    let (source, destination) = match at.direction {
        Direction::Ingress => (blocked.peer, blocked.subject),
        Direction::Egress => (blocked.subject, blocked.peer),
    };
    let denied = denying(context, source, destination, &blocked.opened);
    let fix = if other.is_empty() && denied.is_none() { open_other_end(context, at, closed) } else { None };
    let of_network_policies = || match (at.direction, other.is_empty()) {
        (Direction::Egress, true) => {
            format!(
                "`{}` lets {subjects} connect to {peers} on {ports}, and no rule lets {them} in there",
                at.path()
            )
        }
        (Direction::Egress, false) => format!(
            "`{}` lets {subjects} connect to {peers} on {ports}, and the other end lets {them} in on {} only",
            at.path(),
            words::ports(other)
        ),
        (Direction::Ingress, true) => {
            format!(
                "`{}` lets {peers} connect to {subjects} on {ports}, and no rule lets {those} out there",
                at.path()
            )
        }
        (Direction::Ingress, false) => format!(
            "`{}` lets {peers} connect to {subjects} on {ports}, and the other end lets {those} out on {} only",
            at.path(),
            words::ports(other)
        ),
    };
    let message = match &denied {
        Some(rule) => {
            let (from, to) = match at.direction {
                Direction::Ingress => (&peers, &subjects),
                Direction::Egress => (&subjects, &peers),
            };
            format!(
                "`{}` lets {from} connect to {to} on {ports}, and {} of `{}` denies it",
                at.path(),
                rule.path(),
                rule.name()
            )
        }
        None => of_network_policies(),
    };
    let mut spans: Vec<Span> = vec![at.span(), policy_span(at.policy)];
    let isolating = context.evaluation().selecting(opposite(at.direction), blocked.peer);
    match &denied {
        Some(rule) => spans.extend([rule.span(), cluster_policy_span(rule.policy)]),
        None => {
            spans.extend(isolating.iter().filter_map(|id| context.cluster().policy(*id)).map(policy_span))
        }
    }
    Some(Finding {
        rule: &RULE,
        message,
        subject: at.policy.reference(),
        spans,
        witness: context.witness(at.direction, blocked.subject, blocked.peer, &blocked.opened),
        silenced: false,
        fix,
    })
}

/// By pod at the other end: for whom it should be open, and on which ports.
type Closed = BTreeMap<PeerId, (BTreeSet<PeerId>, ConnectionSet)>;

/// Opens the other end as far as this one is open.
fn open_other_end(context: &Context<'_>, at: &RuleAt<'_>, closed: Closed) -> Option<Fix> {
    if closed.len() > MOST_LISTED || closed.values().any(|(subjects, _)| subjects.len() > MOST_LISTED) {
        return None;
    }
    let direction = opposite(at.direction);
    let names = context.names(&closed.keys().copied().collect::<Vec<_>>());
    let mut added = Vec::new();
    for (peer, (subjects, ports)) in closed {
        let subjects: Vec<PeerId> = subjects.into_iter().collect();
        added.push(opening(context.evaluation(), direction, peer, &subjects, &ports)?);
    }
    let message = match direction {
        Direction::Ingress => format!("let in to {names} what `{}` lets out", at.path()),
        Direction::Egress => format!("let out of {names} what `{}` lets in", at.path()),
    };
    Some(Fix::add(message, added))
}

/// The pods of the input, those that nothing can tell apart together.
fn by_class(context: &Context<'_>, peers: impl Iterator<Item = PeerId>) -> BTreeMap<usize, Vec<PeerId>> {
    let mut classes: BTreeMap<usize, Vec<PeerId>> = BTreeMap::new();
    for peer in peers {
        if context.workload(peer).is_some_and(|workload| !workload.is_hypothetical()) {
            classes.entry(context.evaluation().class(peer)).or_default().push(peer);
        }
    }
    classes
}

fn blocked_pair(
    context: &Context<'_>,
    at: &RuleAt<'_>,
    subjects: &[PeerId],
    peers: &[PeerId],
) -> Option<Blocked> {
    let mut pairs = subjects.iter().flat_map(|subject| peers.iter().map(move |peer| (*subject, *peer)));
    let (subject, peer) = pairs.find(|(subject, peer)| subject != peer)?;
    let (source, destination) = match at.direction {
        Direction::Ingress => (peer, subject),
        Direction::Egress => (subject, peer),
    };
    let workload = context.workload(destination)?;
    if well_known::is_dns(workload) {
        return None;
    }
    let opened = context.ports_on(at, Some(destination));
    let left = opened.intersection(context.evaluation().allowed(source, destination));
    let said_by_egress = at.direction == Direction::Ingress && egress_names(context, source, destination);
    (!opened.is_empty() && left.is_empty() && !said_by_egress).then_some(Blocked { subject, peer, opened })
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
    context.evaluation().selecting(direction, source).iter().any(names)
}

/// What the other end allows.
fn other_end<'a>(context: &Context<'a>, at: &RuleAt<'_>, blocked: &Blocked) -> &'a ConnectionSet {
    context.evaluation().end(opposite(at.direction), blocked.peer, blocked.subject)
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
            "`egress[0]` lets `web` connect to `db` on TCP 5432, and no rule lets it in there"
        );
        assert_eq!(
            found[0].spans,
            ["{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 5432}]}", "web", "deny"]
        );
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> shop/db TCP 5432"));
    }

    #[test]
    fn a_cluster_scoped_policy_that_denies_it() {
        let web = deployment("shop", "web", 80) + &deployment("shop", "db", 5432);
        for (field, peers) in [("ingress", "from"), ("egress", "to")] {
            let deny = format!(
                "subject: {{namespaces: {{}}}}, {field}: [{{action: Deny, {peers}: [{{namespaces: {{}}}}]}}]"
            );
            let text = web.clone()
                + &policy("shop", "web", &to("db", 5432))
                + &cluster_policy("deny", "Admin", 5, &deny);
            let found = Case::new(&text).check(&RULE);
            assert_eq!(found.len(), 1);
            assert_eq!(
                found[0].message,
                format!(
                    "`egress[0]` lets `web` connect to `db` on TCP 5432, and `{field}[0]` of `deny` denies it"
                )
            );
        }
    }

    #[test]
    fn ingress_without_egress() {
        let found = Case::new(&(shop() + &policy("shop", "db", &from_web("db", 5432)))).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/db");
        assert_eq!(
            found[0].message,
            "`ingress[0]` lets `web` connect to `db` on TCP 5432, and no rule lets it out there"
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
            "`egress[0]` lets `web` connect to `db` on TCP 80, and the other end lets it in on TCP 5432 only"
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
}
