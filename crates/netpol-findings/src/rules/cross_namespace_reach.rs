//! NP104: a rule that lets in pods of namespaces that no rule names.
//!
//! Speaks of workloads that some policy isolates for ingress; NP101 and NP103 speak of the others. A namespace is named
//! by a `namespaceSelector` that asks for a label (`In` or `Exists`) and matches it. What is left lets it in without
//! naming it: a rule without `from`, `namespaceSelector: {}`, a selector that only excludes, an `ipBlock` over pods; of a
//! cluster-scoped policy `namespaces: {}` and the like under `Allow`. Each is said of the rule that decides.

use std::collections::{BTreeMap, BTreeSet};

use netpol_eval::{NamespaceId, PeerId, Workload, matches};
use netpol_manifest::{ClusterAction, ClusterPeer, Direction, LabelSelector, Peer};

use crate::cluster_rule::ClusterRuleAt;
use crate::context::Context;
use crate::finding::Finding;
use crate::fix::{Fix, name_namespaces};
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::{RuleAt, cluster_policy_span, policy_span};
use crate::well_known::{chooses_namespaces, dns_ports};
use crate::witness::Witness;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP104,
    name: "cross-namespace-reach",
    severity: Severity::Medium,
    summary: "A workload accepts connections from pods of namespaces that no rule names.",
    why: "Namespaces are where teams, applications and stages end. A rule that opens a workload to every namespace, or to \
          all but a few, also opens it to those that are created tomorrow.",
    help: "Name the namespaces in `from`, with a `namespaceSelector` on `kubernetes.io/metadata.name`, and the pods beside it \
           in the same item.",
    references: &[
        refer::NSA_POLICIES,
        refer::ATTACK_DISCOVERY,
        refer::MICROSOFT_NETWORKING,
        refer::CKS_POLICIES,
        refer::KUBESCAPE_NETWORKING,
    ],
    proof: Proof::Allowed,
    fix: Some((
        Promise::Narrows,
        "Names the namespaces of today in the place of a `namespaceSelector` that names none.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    if !context.has_workloads() {
        return Vec::new();
    }
    let rules = context.rules().filter(|at| at.direction == Direction::Ingress);
    let findings = rules.filter_map(|at| finding(context, &at));
    let mut findings: Vec<Finding> = findings.collect();
    findings.extend(context.cluster_rules().filter_map(|at| of_cluster(context, &at)));
    findings
}

/// How many pairs of an end and another are looked at for one rule of a cluster-scoped policy.
const MOST_PAIRS: usize = 4096;

/// A rule of a cluster-scoped policy that allows pods by their absence from a list, or all of them, into workloads for
/// which not everything is open.
fn of_cluster(context: &Context<'_>, at: &ClusterRuleAt<'_>) -> Option<Finding> {
    let allows = at.rule.action.value == ClusterAction::Allow && !at.fails_closed();
    if at.origin.direction != Direction::Ingress || !allows {
        return None;
    }
    let unnamed = at.rule.peers.iter().enumerate().filter_map(|(item, peer)| match peer {
        ClusterPeer::Pods { range, pods } if !chooses_namespaces(&pods.namespaces) => Some((item, *range)),
        _ => None,
    });
    let unnamed: Vec<_> = unnamed.collect();
    let (_, line) = *unnamed.first()?;
    // Of those that nothing can tell apart one in each namespace.
    let mut sources: BTreeMap<(NamespaceId, usize), PeerId> = BTreeMap::new();
    for source in unnamed.iter().flat_map(|(item, _)| at.item_peers(context, *item)) {
        if let Some(workload) = context.workload(source).filter(|workload| !workload.host_network) {
            let key = (workload.namespace, context.evaluation().class(source));
            sources.entry(key).or_insert(source);
        }
    }
    let mut known: BTreeMap<(NamespaceId, usize), Option<Witness>> = BTreeMap::new();
    let mut pairs = 0;
    let mut concerned = Vec::new();
    let mut witness: Option<Witness> = None;
    for subject in context.subjects(at.origin.policy) {
        let Some(workload) = context.workload(*subject) else { continue };
        if !context.is_closed(Direction::Ingress, *subject) {
            continue;
        }
        let own = workload.namespace;
        let found = known.entry((own, context.evaluation().class(*subject))).or_insert_with(|| {
            let naming = naming(context, *subject);
            let (mut real, mut hypothetical) = (None, None);
            for ((namespace, _), source) in sources.iter().filter(|((namespace, _), _)| *namespace != own) {
                if is_named(context, &naming, *namespace) {
                    continue;
                }
                let allowed = context.evaluation().allowed(*source, *subject);
                if allowed.is_empty() {
                    continue;
                }
                pairs += 1;
                if pairs > MOST_PAIRS {
                    context.effort().leave_out();
                    break;
                }
                let open = at.decides(context, *subject, *source).intersection(allowed);
                let found = context.witness(Direction::Ingress, *subject, *source, &open);
                if context.workload(*source).is_some_and(Workload::is_hypothetical) {
                    hypothetical = hypothetical.or(found);
                } else if found.is_some() {
                    real = found;
                    break;
                }
            }
            real.or(hypothetical)
        });
        if found.is_some() {
            concerned.push(*subject);
            let is_real =
                |one: &Witness| context.workload(one.source).is_some_and(|one| !one.is_hypothetical());
            witness = witness.filter(is_real).or(*found);
        }
    }
    let example = example(context, witness?)?;
    Some(Finding {
        message: format!(
            "{} opens {} to pods of namespaces that no rule names, {example} among them",
            at.path(),
            context.names(&concerned)
        ),
        subject: at.policy.reference(),
        spans: vec![at.policy.handle.span(line), cluster_policy_span(at.policy)],
        witness,
        ..Finding::of(&RULE)
    })
}

/// The namespace of a source in words.
fn example(context: &Context<'_>, witness: Witness) -> Option<String> {
    let source = context.workload(witness.source)?;
    Some(match source.is_hypothetical() {
        true => "any other namespace".to_owned(),
        false => format!("`{}`", context.namespace_name(source.namespace)),
    })
}

/// The selectors by which rules for a subject name namespaces that they let in.
fn naming<'a>(context: &Context<'a>, subject: PeerId) -> Vec<&'a LabelSelector> {
    let direction = Direction::Ingress;
    let selecting = context.evaluation().selecting(direction, subject);
    let policies = selecting.iter().filter_map(|id| context.cluster().policy(*id));
    let policies = policies.inspect(|policy| context.work(policy.rules(direction).len()));
    let peers = policies.flat_map(|policy| policy.rules(direction)).flat_map(|rule| &rule.peers);
    let of_policies = peers.filter_map(|peer| match peer {
        Peer::Pods { namespace_selector, .. } => namespace_selector.as_ref(),
        Peer::Block { .. } => None,
    });
    let deciding = context.evaluation().deciding(direction, subject);
    let clusters = deciding.iter().filter_map(|id| context.cluster().cluster_policy(*id));
    let clusters = clusters.inspect(|policy| context.work(policy.rules(direction).len()));
    let rules = clusters.flat_map(|policy| policy.rules(direction));
    let rules = rules.filter(|rule| rule.action.value == ClusterAction::Allow);
    let of_clusters = rules.flat_map(|rule| &rule.peers).filter_map(|peer| match peer {
        ClusterPeer::Pods { pods, .. } => Some(&pods.namespaces),
        _ => None,
    });
    of_policies.chain(of_clusters).filter(|one| chooses_namespaces(one)).collect()
}

fn is_named(context: &Context<'_>, naming: &[&LabelSelector], id: NamespaceId) -> bool {
    context.work(naming.len());
    let labels = context.cluster().namespace(id).map(|namespace| &namespace.labels);
    labels.is_some_and(|labels| naming.iter().any(|selector| matches(selector, labels)))
}

fn finding(context: &Context<'_>, at: &RuleAt<'_>) -> Option<Finding> {
    let (sources, line) = unnamed_sources(context, at)?;
    let mut by_class: BTreeMap<usize, Option<Witness>> = BTreeMap::new();
    let mut concerned = Vec::new();
    let mut witness = None;
    // The cluster's DNS is there for every namespace.
    let is_open_to_all = |subject: PeerId| {
        context.is_cluster_dns(subject) && dns_ports().includes(&context.ports_on(at, Some(subject)))
    };
    for subject in context.subjects(at.policy_id).iter().filter(|subject| !is_open_to_all(**subject)) {
        let class = context.evaluation().class(*subject);
        let found = by_class.entry(class).or_insert_with(|| intruder(context, at, *subject, &sources));
        if found.is_some() {
            concerned.push(*subject);
            witness = witness.or(*found);
        }
    }
    let example = example(context, witness?)?;
    Some(Finding {
        message: format!(
            "{} opens {} to pods of namespaces that no rule names, {example} among them",
            at.path(),
            context.names(&concerned)
        ),
        subject: at.policy.reference(),
        spans: vec![line, policy_span(at.policy)],
        witness,
        fix: name_today(context, at),
        ..Finding::of(&RULE)
    })
}

/// The pods of other namespaces that a rule lets in without naming their namespace, and the line that does it.
fn unnamed_sources(context: &Context<'_>, at: &RuleAt<'_>) -> Option<(Vec<PeerId>, netpol_source::Span)> {
    let foreign = |peer: &PeerId| {
        let workload = context.workload(*peer);
        workload.is_some_and(|one| one.namespace != at.policy.namespace && !one.host_network)
    };
    if at.rule.peers.is_empty() {
        let all: Vec<PeerId> = context.evaluation().peer_ids().map(|(id, _)| id).filter(foreign).collect();
        return Some((all, at.span()));
    }
    let unnamed = at.rule.peers.iter().enumerate().filter(|(_, peer)| match peer {
        Peer::Block { .. } => true,
        Peer::Pods { namespace_selector, .. } => {
            namespace_selector.as_ref().is_some_and(|one| !chooses_namespaces(one))
        }
    });
    unnamed
        .map(|(item, peer)| {
            (context.item_workloads(at, item).filter(foreign).collect(), at.policy.handle.span(peer.range()))
        })
        .find(|(sources, _): &(Vec<PeerId>, _)| !sources.is_empty())
}

/// Names the namespaces that the rule lets in today; `None` for a rule that lets everyone in, or does so by addresses.
fn name_today(context: &Context<'_>, at: &RuleAt<'_>) -> Option<Fix> {
    let unnamed = |peer: &Peer| match peer {
        Peer::Block { .. } => false,
        Peer::Pods { namespace_selector, .. } => {
            namespace_selector.as_ref().is_some_and(|one| !chooses_namespaces(one))
        }
    };
    let items = at.rule.peers.iter().enumerate().filter(|(_, peer)| unnamed(peer));
    let items: Vec<usize> = items.map(|(item, _)| item).collect();
    name_namespaces(context, at, &items)
}

/// A connection to the subject from a namespace that none of its rules names; from the input where there is one.
fn intruder(context: &Context<'_>, at: &RuleAt<'_>, subject: PeerId, sources: &[PeerId]) -> Option<Witness> {
    if sources.is_empty() {
        return None;
    }
    let ports = context.ports_on(at, Some(subject));
    let naming = naming(context, subject);
    let mut named: BTreeSet<NamespaceId> = BTreeSet::new();
    let (mut real, mut hypothetical) = (None, None);
    for source in sources {
        let Some(workload) = context.workload(*source) else { continue };
        if named.contains(&workload.namespace) {
            continue;
        }
        if is_named(context, &naming, workload.namespace) {
            named.insert(workload.namespace);
            continue;
        }
        let mut open = ports.intersection(context.evaluation().allowed(*source, subject));
        if !open.is_empty() {
            // What a tier before it allows is not opened by a NetworkPolicy.
            open = open.intersection(&context.left_to_network_policies(Direction::Ingress, subject, *source));
        }
        let found = context.witness(Direction::Ingress, subject, *source, &open);
        if workload.is_hypothetical() {
            hypothetical = hypothetical.or(found);
        } else if found.is_some() {
            real = found;
            break;
        }
    }
    real.or(hypothetical)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, cluster_policy, deployment, policy};

    fn case(spec: &str) -> Case {
        Case::new(
            &(deployment("shop", "web", 80) + &deployment("ops", "spy", 1) + &policy("shop", "web", spec)),
        )
    }

    #[test]
    fn every_namespace_is_let_in() {
        let found =
            case("{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 80}]}]}")
                .check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/web");
        assert_eq!(
            found[0].message,
            "ingress rule 1 opens `web` to pods of namespaces that no rule names, `ops` among them"
        );
        assert_eq!(found[0].spans, ["{namespaceSelector: {}}", "web"]);
        assert_eq!(found[0].witness.as_deref(), Some("ops/spy -> shop/web TCP 80"));
    }

    #[test]
    fn a_namespace_that_a_rule_names_is_meant() {
        let spec = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 80}]}, \
                    {from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}]}]}";
        assert!(case(spec).check(&RULE).is_empty());
        let spec = "{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}";
        assert!(case(spec).check(&RULE).is_empty());
    }

    #[test]
    fn a_workload_that_no_policy_selects_is_not_its_matter() {
        assert!(
            Case::new(&(deployment("shop", "web", 80) + &deployment("ops", "spy", 1)))
                .check(&RULE)
                .is_empty()
        );
    }

    #[test]
    fn an_exclusion_names_no_namespace() {
        let spec = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: \
                    [{key: kubernetes.io/metadata.name, operator: NotIn, values: [dev]}]}}]}]}";
        assert_eq!(case(spec).check(&RULE).len(), 1);
    }
    #[test]
    fn a_rule_of_a_cluster_scoped_policy() {
        let allow =
            "{action: Accept, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 80}}}]}";
        let admin = |rules: &str| {
            cluster_policy("open", "Admin", 5, &format!("subject: {{namespaces: {{}}}}, ingress: [{rules}]"))
        };
        let found = |policies: &str| {
            Case::new(&(deployment("shop", "web", 80) + &deployment("ops", "spy", 1) + policies)).check(&RULE)
        };
        let deny = policy("shop", "deny", "{podSelector: {}}");
        let one = found(&(admin(allow) + &deny));
        assert_eq!(one.len(), 1);
        assert_eq!(one[0].subject, "ClusterNetworkPolicy open");
        assert_eq!(
            one[0].message,
            "ingress rule 1 opens `web` to pods of namespaces that no rule names, `ops` among them"
        );
        assert_eq!(one[0].spans, ["{namespaces: {}}", "open"]);
        assert_eq!(one[0].witness.as_deref(), Some("ops/spy -> shop/web TCP 80"));
        // Everything is open anyway; or the rule decides nothing.
        assert!(found(&admin(allow)).is_empty());
        let denied = "{action: Deny, from: [{namespaces: {}}]}";
        assert!(found(&(admin(&format!("{denied}, {allow}")) + &deny)).is_empty());
        assert_eq!(found(&admin(&format!("{allow}, {denied}"))).len(), 1);
        // A name, by whichever rule lets it in.
        let named =
            "{action: Accept, from: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: ops}}}]}";
        assert!(found(&(admin(named) + &deny)).is_empty());
        let by_policy = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: \
                         {kubernetes.io/metadata.name: ops}}}]}]}";
        let of_shop = found(&(admin(allow) + &policy("shop", "web", by_policy)));
        assert!(of_shop.is_empty(), "{of_shop:?}");
    }

    #[test]
    fn the_rule_that_decides_is_the_cause() {
        let admin = "subject: {namespaces: {}}, ingress: [{action: Accept, from: [{namespaces: {}}]}]";
        let both = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 80}]}]}";
        let text = deployment("shop", "web", 80)
            + &deployment("ops", "spy", 1)
            + &policy("shop", "web", both)
            + &cluster_policy("open", "Admin", 5, admin);
        let found = Case::new(&text).check(&RULE);
        assert_eq!(
            found.iter().map(|one| one.subject.as_str()).collect::<Vec<_>>(),
            ["ClusterNetworkPolicy open"]
        );
    }

    #[test]
    fn a_label_that_every_namespace_has_names_none() {
        let exists = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: \
                      kubernetes.io/metadata.name, operator: Exists}]}}], ports: [{port: 80}]}]}";
        let found = case(exists).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].witness.as_deref(), Some("ops/spy -> shop/web TCP 80"));
    }
}
