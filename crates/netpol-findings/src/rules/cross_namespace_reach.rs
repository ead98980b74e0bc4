//! NP104: a rule that lets in pods of namespaces that no rule names.
//!
//! Speaks of workloads that some policy isolates for ingress; NP101 and NP103 speak of the others. A namespace is named
//! by a `namespaceSelector` that asks for a label (`In` or `Exists`) and matches it. What is left lets it in without
//! naming it: a rule without `from`, `namespaceSelector: {}`, a selector that only excludes, an `ipBlock` over pods.

use std::collections::{BTreeMap, BTreeSet};

use netpol_eval::{NamespaceId, PeerId, matches};
use netpol_manifest::{Direction, LabelSelector, Peer};

use crate::context::{Context, RuleAt, policy_span};
use crate::finding::{Finding, Witness};
use crate::fix::{Fix, name_namespaces};
use crate::references as refer;
use crate::rule::{Example, Proof, Rule, Severity};
use crate::well_known::asks_for_a_label;

pub(crate) const RULE: Rule = Rule {
    code: "NP104",
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
    example: Example {
        triggers: "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: main, image: example, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: probe, namespace: ops, labels: {app: probe}}
spec: {containers: [{name: main, image: example}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from:
        - namespaceSelector: {}
      ports: [{port: 80}]
",
        mended: "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: main, image: example, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: probe, namespace: ops, labels: {app: probe}}
spec: {containers: [{name: main, image: example}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}
      ports: [{port: 80}]
",
    },
    proof: Proof::Allowed,
    fix: Some("Names the namespaces of today in the place of a `namespaceSelector` that names none."),
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    if !context.has_workloads() {
        return Vec::new();
    }
    let rules = context.rules().filter(|at| at.direction == Direction::Ingress);
    rules.filter_map(|at| finding(context, &at)).collect()
}

fn finding(context: &Context<'_>, at: &RuleAt<'_>) -> Option<Finding> {
    let (sources, line) = unnamed_sources(context, at)?;
    let mut by_class: BTreeMap<usize, Option<Witness>> = BTreeMap::new();
    let mut concerned = Vec::new();
    let mut witness = None;
    for subject in context.subjects(at.policy_id) {
        let class = context.evaluation().class(*subject);
        let found = by_class.entry(class).or_insert_with(|| intruder(context, at, *subject, &sources));
        if found.is_some() {
            concerned.push(*subject);
            witness = witness.or(*found);
        }
    }
    let source = context.workload(witness?.source)?;
    let example = match source.is_hypothetical() {
        true => "any other namespace".to_owned(),
        false => format!("`{}`", context.namespace_name(source.namespace)),
    };
    Some(Finding {
        rule: &RULE,
        message: format!(
            "`{}` opens {} to pods of namespaces that no rule names, {example} among them",
            at.path(),
            context.names(&concerned)
        ),
        subject: at.policy.reference(),
        spans: vec![line, policy_span(at.policy)],
        witness,
        silenced: false,
        fix: name_today(context, at),
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
            namespace_selector.as_ref().is_some_and(|one| !asks_for_a_label(one))
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
            namespace_selector.as_ref().is_some_and(|one| !asks_for_a_label(one))
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
    let selecting = context.evaluation().selecting(Direction::Ingress, subject);
    let policies = selecting.iter().filter_map(|id| context.cluster().policy(*id));
    let policies = policies.inspect(|policy| context.work(policy.rules(Direction::Ingress).len()));
    let peers = policies.flat_map(|policy| policy.rules(Direction::Ingress)).flat_map(|rule| &rule.peers);
    let naming: Vec<&LabelSelector> = peers
        .filter_map(|peer| match peer {
            Peer::Pods { namespace_selector, .. } => {
                namespace_selector.as_ref().filter(|one| asks_for_a_label(one))
            }
            Peer::Block { .. } => None,
        })
        .collect();
    let is_named = |id: NamespaceId| {
        let labels = context.cluster().namespace(id).map(|namespace| &namespace.labels);
        labels.is_some_and(|labels| naming.iter().any(|selector| matches(selector, labels)))
    };
    let mut named: BTreeSet<NamespaceId> = BTreeSet::new();
    let (mut real, mut hypothetical) = (None, None);
    for source in sources {
        let Some(workload) = context.workload(*source) else { continue };
        if named.contains(&workload.namespace) {
            continue;
        }
        if is_named(workload.namespace) {
            named.insert(workload.namespace);
            continue;
        }
        let open = ports.intersection(context.evaluation().allowed(*source, subject));
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
    use crate::testing::{Case, deployment, policy};

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
            "`ingress[0]` opens `web` to pods of namespaces that no rule names, `ops` among them"
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
}
