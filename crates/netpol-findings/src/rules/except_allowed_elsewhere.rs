//! NP317: addresses that an `except` leaves out, and that another rule for the same pods opens on the same ports.
//!
//! A rule that names some of these addresses alone does so on purpose: that is worth knowing and no more.

use ipnet::IpNet;
use netpol_eval::{ConnectionSet, Peer, PeerId, PolicyId};
use netpol_manifest::{self as manifest, Direction};
use netpol_source::{HashMap, HashSet, Spanned};

use crate::context::Context;
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Code, Proof, Rule, Severity};
use crate::site::{RuleAt, policy_span};
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP317,
    name: "except-allowed-elsewhere",
    severity: Severity::Low,
    summary: "Another rule for the same pods opens addresses that an `except` leaves out.",
    why: "Rules add up: an `except` takes addresses out of its own block and denies nothing. What was to be closed is open by \
          the other rule.",
    help: "Take the addresses out of the other rule too, or remove the `except` if they are meant to be open.",
    references: &[refer::CKS_POLICIES],
    proof: Proof::Allowed,
    fix: None,
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    context.of_policies(&RULE, |rules| {
        let mut findings = Vec::new();
        for at in rules {
            for peer in &at.rule.peers {
                let manifest::Peer::Block { except, .. } = peer else { continue };
                for hole in except.iter().take_while(|_| !context.effort().is_exhausted()) {
                    let Some(found) = elsewhere(context, at, hole.value) else { continue };
                    findings.push(finding(context, at, hole, &found));
                }
            }
        }
        findings
    })
}

fn finding(
    context: &Context<'_>,
    at: &RuleAt<'_>,
    hole: &Spanned<IpNet>,
    Elsewhere { subject, address, ports, rule, is_meant }: &Elsewhere<'_>,
) -> Finding {
    let range = context.evaluation().peer(*address).and_then(Peer::external);
    let addresses = match range.filter(|range| range.network != hole.value) {
        Some(range) => format!(", `{}`", range.network),
        None => String::new(),
    };
    let of_whom = match rule.policy_id == at.policy_id {
        true => String::new(),
        false => format!(" of `{}`", rule.policy.reference().name),
    };
    let does = match at.direction {
        Direction::Ingress => "lets it in",
        Direction::Egress => "opens it",
    };
    Finding {
        message: format!(
            "{} leaves out `{}`, and {}{of_whom} {does} for {}{addresses} on {}",
            at.path(),
            hole.value,
            rule.path(),
            context.names(&[*subject]),
            words::ports(ports)
        ),
        subject: at.policy.reference(),
        spans: vec![at.policy.handle.span(hole.range), policy_span(at.policy), rule.span()],
        witness: context.witness(at.direction, *subject, *address, ports),
        severity: if *is_meant { Severity::Info } else { RULE.severity },
        ..Finding::of(&RULE)
    }
}

/// What opens some addresses of an `except`.
struct Elsewhere<'a> {
    subject: PeerId,
    address: PeerId,
    ports: ConnectionSet,
    rule: RuleAt<'a>,
    /// Whether the rule names some of these addresses and no others.
    is_meant: bool,
}

/// The rule that opens addresses of a hole to a pod of the same policy, on ports of the same rule; rather one that does
/// not name them.
fn elsewhere<'a>(context: &Context<'a>, at: &RuleAt<'a>, hole: IpNet) -> Option<Elsewhere<'a>> {
    let evaluation = context.evaluation();
    let is_inside = |peer: &Peer| peer.external().is_some_and(|range| hole.contains(&range.network));
    // Addresses come behind the workloads.
    let first = context.cluster().workloads.len();
    let addresses = evaluation.peers().get(first..).unwrap_or_default();
    context.work(addresses.len());
    let addresses = (first as u32..).map(PeerId).zip(addresses);
    let inside: Vec<PeerId> = addresses.filter(|(_, peer)| is_inside(peer)).map(|(id, _)| id).collect();
    let mut naming: HashMap<(PolicyId, usize), Vec<(PeerId, bool)>> = HashMap::default();
    let mut found: Option<Elsewhere<'a>> = None;
    // What holds for one pod holds for all that the same policies select and that nothing can tell apart.
    let mut seen: HashSet<(&[PolicyId], usize)> = HashSet::default();
    context.look_into(at.policy.namespace);
    context.group(context.subjects(at.policy_id));
    for subject in context.subjects(at.policy_id) {
        context.see(*subject);
        let selecting = evaluation.selecting(at.direction, *subject);
        if !seen.insert((selecting, evaluation.class(*subject))) {
            continue;
        }
        for rule in rules_for(context, at.direction, *subject) {
            if context.effort().is_exhausted() {
                return found;
            }
            if (rule.policy_id, rule.index) == (at.policy_id, at.index) {
                continue;
            }
            let naming = naming.entry((rule.policy_id, rule.index)).or_insert_with(|| {
                context.work(inside.len());
                let named = inside.iter().map(|address| (*address, names(context, &rule, *address, hole)));
                named.filter_map(|(address, is_meant)| Some((address, is_meant?))).collect()
            });
            context.work(1);
            let Some(one) = naming.iter().find_map(|named| opened(context, at, &rule, *subject, *named))
            else {
                continue;
            };
            if !one.is_meant {
                return Some(one);
            }
            found = found.or(Some(one));
        }
    }
    found
}

/// The rules for a pod in a direction.
fn rules_for<'a>(
    context: &Context<'a>,
    direction: Direction,
    subject: PeerId,
) -> impl Iterator<Item = RuleAt<'a>> {
    let cluster = context.cluster();
    let selecting = context.evaluation().selecting(direction, subject).iter();
    let policies = selecting.filter_map(|id| Some((*id, cluster.policy(*id)?)));
    policies.flat_map(move |(policy_id, policy)| {
        let rules = policy.rules(direction).iter().enumerate();
        rules.map(move |(index, rule)| RuleAt { policy_id, policy, direction, index, rule })
    })
}

/// What another rule opens of an address, of all that the rule with the hole opens beside it.
fn opened<'a>(
    context: &Context<'a>,
    at: &RuleAt<'a>,
    rule: &RuleAt<'a>,
    subject: PeerId,
    (address, is_meant): (PeerId, bool),
) -> Option<Elsewhere<'a>> {
    let destination = (at.direction == Direction::Ingress).then_some(subject);
    let own = context.ports_on(at, destination);
    let ports = context.ports_on(rule, destination).intersection(&own);
    let ports = ports.intersection(context.allowed(at.direction, subject, address));
    (!ports.is_empty()).then_some(Elsewhere { subject, address, ports, rule: *rule, is_meant })
}

/// Whether a rule that opens an address of a hole names nothing beside the hole; `None` where it does not open it.
fn names(context: &Context<'_>, at: &RuleAt<'_>, address: PeerId, hole: IpNet) -> Option<bool> {
    if at.rule.peers.is_empty() {
        return Some(false);
    }
    let items = at.rule.peers.iter().enumerate();
    let opening = items.filter(|(item, _)| context.item_matches(at, *item, address));
    let is_within = opening.map(|(_, peer)| match peer {
        manifest::Peer::Block { cidr, .. } => hole.contains(&cidr.value),
        manifest::Peer::Pods { .. } => false,
    });
    is_within.reduce(|all, one| all && one)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::Severity;
    use crate::testing::{Case, Found, deployment, policy};

    fn found(rules: &str, other: &str) -> Vec<Found> {
        let spec = format!("{{podSelector: {{}}, policyTypes: [Egress], egress: [{rules}]}}");
        Case::new(&(deployment("shop", "web", 80) + &policy("shop", "p", &spec) + other)).check(&RULE)
    }

    const BUT_METADATA: &str =
        "{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32, 10.0.0.0/8]}}]}";

    #[test]
    fn another_policy_opens_it() {
        let all = policy(
            "shop",
            "all",
            "{podSelector: {matchLabels: {app: web}}, egress: [{ports: [{port: 80}]}]}",
        );
        let found = found(BUT_METADATA, &all);
        assert_eq!(found.len(), 2);
        assert_eq!(
            found[0].message,
            "egress rule 1 leaves out `169.254.169.254/32`, and egress rule 1 of `all` opens it for `web` on \
             TCP 80"
        );
        assert_eq!(found[0].spans, ["169.254.169.254/32", "p", "{ports: [{port: 80}]}"]);
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> 169.254.169.254/32 TCP 80"));
        assert!(
            found.iter().all(|one| one.severity == Severity::Low && one.subject == "NetworkPolicy shop/p")
        );
    }

    #[test]
    fn a_rule_beside_it_names_some_on_purpose() {
        let found = found(
            &format!("{BUT_METADATA}, {{to: [{{ipBlock: {{cidr: 10.1.0.0/16}}}}], ports: [{{port: 443}}]}}"),
            "",
        );
        let [one] = &found[..] else { panic!("one finding: {found:?}") };
        assert_eq!(one.severity, Severity::Info);
        assert!(
            one.message.ends_with("egress rule 2 opens it for `web`, `10.1.0.0/16` on TCP 443"),
            "{}",
            one.message
        );
    }

    #[test]
    fn what_is_not_opened() {
        let but = "{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}], ports: [{port: 443}]}";
        // Other ports, the same hole, other pods, and a policy of a direction that it does not isolate.
        assert!(
            found(&format!("{but}, {{to: [{{ipBlock: {{cidr: 10.0.0.0/8}}}}], ports: [{{port: 53}}]}}"), "")
                .is_empty()
        );
        assert!(found(&format!("{but}, {but}"), "").is_empty());
        let others = policy("shop", "o", "{podSelector: {matchLabels: {app: db}}, egress: [{}]}");
        assert!(found(but, &others).is_empty());
        let ingress = policy("shop", "o", "{podSelector: {}, policyTypes: [Ingress], egress: [{}]}");
        assert!(found(but, &ingress).is_empty());
    }
}
