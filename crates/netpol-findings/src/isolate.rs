//! Isolating a namespace without cutting what somebody has written down as meant.

use netpol_eval::{ConnectionSet, NamespaceId, PeerId, Policy, PolicyId};
use netpol_manifest::{Change, ClusterAction, ClusterTier, Direction, LabelSelector, Protocol, Way, Yaml};
use netpol_source::TextRange;

use crate::context::Context;
use crate::fix::{Fix, MOST_LISTED, NamedFix};
use crate::policies::{
    allow_dns, declared_by_all, dns_peers, name_part, opening_all, policy, rule, selector_of, telling_labels,
};
use crate::{well_known, words};

/// The ways to isolate every pod of a namespace in a direction: all of it, and, where its pods talk to each other today,
/// with that left open. Which is right depends on what the application needs.
pub(crate) fn isolate(context: &Context<'_>, namespace: NamespaceId, direction: Direction) -> Vec<NamedFix> {
    let Some(close) = close(context, namespace, direction) else { return Vec::new() };
    let close = NamedFix { name: "Close everything", fix: close };
    if !talks_within(context, namespace, direction) {
        return vec![close];
    }
    let keep = keep_own(context, namespace, direction, close.fix.clone());
    let keep = keep.map(|fix| NamedFix { name: "Keep the namespace's own connections", fix });
    // Where that cannot be written, closing is not the only right way either.
    keep.map_or_else(Vec::new, |keep| vec![close, keep])
}

/// The pods of a namespace that nothing isolates in a direction.
fn open_pods(context: &Context<'_>, namespace: NamespaceId, direction: Direction) -> Vec<PeerId> {
    let members = context.namespace(namespace).map_or(&[][..], |view| &view.members);
    members.iter().copied().filter(|peer| !context.evaluation().isolated(direction, *peer)).collect()
}

/// Whether a pod that nothing isolates talks to another one of its namespace.
fn talks_within(context: &Context<'_>, namespace: NamespaceId, direction: Direction) -> bool {
    let members = context.namespace(namespace).map_or(&[][..], |view| &view.members);
    let may_talk = |pod: PeerId, other: PeerId| {
        let is_another =
            pod != other || context.workload(pod).is_some_and(netpol_eval::Workload::may_have_siblings);
        is_another && !context.allowed(direction, pod, other).is_empty()
    };
    let open = open_pods(context, namespace, direction);
    context.work(open.len().min(MOST_LISTED) * members.len());
    // The first of them talks to some other, or none does: nothing isolates them.
    open.iter().take(MOST_LISTED).any(|pod| members.iter().any(|other| may_talk(*pod, *other)))
}

/// A fix that isolates, with the connections among the namespace's own pods left open.
fn keep_own(
    context: &Context<'_>,
    namespace: NamespaceId,
    direction: Direction,
    mut fix: Fix,
) -> Option<Fix> {
    let evaluation = context.evaluation();
    let members = &context.namespace(namespace)?.members;
    let open = open_pods(context, namespace, direction);
    let declared = declared_by_all(members.iter().filter_map(|peer| context.workload(*peer)));
    let ports = declared.unwrap_or_else(ConnectionSet::all);
    let own = || {
        let pods = Yaml::map([("podSelector", Yaml::Map(Vec::new()))]);
        vec![rule(direction, vec![pods], &ports)]
    };
    let mut allow = |name: &str, pods: &LabelSelector| {
        fix.added.push(policy(evaluation, namespace, name, pods, direction, own())?);
        Some(())
    };
    if open.len() == members.len() {
        let everything = LabelSelector { range: TextRange::default(), requirements: Vec::new() };
        allow("allow-same-namespace", &everything)?;
    } else if open.len() <= MOST_LISTED {
        for pod in open {
            let name = format!("allow-same-namespace-{}", name_part(evaluation.peer(pod)?));
            allow(&name, &selector_of(&telling_labels(evaluation, context.workload(pod)?)))?;
        }
    } else {
        return None;
    }
    fix.message.push_str("; the pods of the namespace stay connected with each other");
    Some(fix)
}

/// Isolates every pod of a namespace in a direction. What the policies of the other end name stays open for the pods that
/// are open today; for egress, so does the cluster's DNS.
///
/// Not offered where it would cut off what is meant to be reached: what something publishes, and the pods of
/// `kube-system`, which the whole cluster needs, or what a rule of the Baseline tier allows, which is asked no longer then.
/// Nor where a policy would have nothing left to do.
fn close(context: &Context<'_>, namespace: NamespaceId, direction: Direction) -> Option<Fix> {
    let name = context.namespace_name(namespace);
    if name == well_known::SYSTEM_NAMESPACE {
        return None;
    }
    let view = context.namespace(namespace)?;
    let evaluation = context.evaluation();
    let open = open_pods(context, namespace, direction);
    if open.iter().any(|peer| baseline_allows(context, direction, *peer)) {
        return None;
    }
    let everything = LabelSelector { range: TextRange::default(), requirements: Vec::new() };
    let (mut fix, deny) = match denying_some(context, &view.policies, direction)?.as_slice() {
        [] => {
            let deny = format!("default-deny-{}", words::field(direction));
            let policy = policy(evaluation, namespace, &deny, &everything, direction, Vec::new())?;
            (Fix::add(String::new(), vec![policy]), format!("add the policy `{deny}`"))
        }
        [one] => {
            let all = Change::Set(Way::new().key("spec").key("podSelector"), Yaml::Map(Vec::new()));
            let deny = format!("let `{}` select every pod", one.reference().name);
            (Fix::change(&one.handle, String::new(), vec![all]), deny)
        }
        _ => return None,
    };
    let whose = match direction {
        Direction::Ingress => "to",
        Direction::Egress => "from",
    };
    fix.message = format!(
        "{deny}, which closes all connections {whose} the pods of `{name}` but those that another policy allows"
    );
    if direction == Direction::Ingress {
        let published = &context.exposure().published;
        let is_published = |peer: &PeerId| published.iter().any(|one| one.workload == *peer);
        if open.iter().any(is_published) {
            return None;
        }
        keep_named(context, direction, &open, &mut fix)?;
        return Some(fix);
    }
    let both = |protocol| protocol != Protocol::Sctp;
    if !open.is_empty() {
        fix.message.push_str(", and let them ask the cluster's DNS");
    }
    keep_named(context, direction, &open, &mut fix)?;
    if open.len() == view.members.len() {
        fix.added.push(allow_dns(context, dns_peers(context), namespace, "allow-dns", &everything, both)?);
        return Some(fix);
    }
    if open.len() > MOST_LISTED {
        return None;
    }
    for peer in &open {
        let workload = context.workload(*peer)?;
        let pods = selector_of(&telling_labels(evaluation, workload));
        let name = format!("allow-dns-to-{}", name_part(evaluation.peer(*peer)?));
        fix.added.push(allow_dns(context, dns_peers(context), namespace, &name, &pods, both)?);
    }
    Some(fix)
}

/// Whether the Baseline tier has a rule for a pod that allows something: it is not asked for pods that are isolated.
fn baseline_allows(context: &Context<'_>, direction: Direction, pod: PeerId) -> bool {
    let deciding = context.evaluation().deciding(direction, pod);
    let mut policies = deciding.iter().filter_map(|id| context.cluster().cluster_policy(*id));
    policies.any(|policy| {
        policy.spec.tier.value == ClusterTier::Baseline
            && policy.rules(direction).iter().any(|rule| rule.action.value == ClusterAction::Allow)
    })
}

/// The policies that do nothing but isolate some pods in a direction: they would have nothing left to do beside one that
/// isolates every pod. `None` where one of them isolates in the other direction, too.
fn denying_some<'a>(
    context: &Context<'a>,
    policies: &[PolicyId],
    direction: Direction,
) -> Option<Vec<&'a Policy>> {
    let policies = policies.iter().filter_map(|id| context.cluster().policy(*id));
    let denying = policies.filter(|policy| {
        policy.isolates(direction)
            && policy.rules(direction).is_empty()
            && !policy.spec.pod_selector.requirements.is_empty()
    });
    let denying: Vec<&Policy> = denying.collect();
    let isolates_both = |policy: &&Policy| Direction::BOTH.into_iter().all(|one| policy.isolates(one));
    (!denying.iter().any(isolates_both)).then_some(denying)
}

/// Opens for each of these pods what the other end names; `None` where that is too much to write by itself.
fn keep_named(context: &Context<'_>, direction: Direction, open: &[PeerId], fix: &mut Fix) -> Option<()> {
    let named = context.named()?;
    let mut kept = 0;
    for pod in open {
        let Some(others) = named.get(&(direction, *pod)) else { continue };
        let mut groups: Vec<(Vec<PeerId>, ConnectionSet)> = Vec::new();
        for (other, ports) in others {
            match groups.iter_mut().find(|(_, known)| known == ports) {
                Some((peers, _)) => peers.push(*other),
                None => groups.push((vec![*other], ports.clone())),
            }
        }
        kept += 1;
        if kept > MOST_LISTED || others.len() > MOST_LISTED {
            return None;
        }
        fix.added.push(opening_all(context.evaluation(), direction, *pod, &groups)?);
    }
    if kept > 0 {
        fix.message.push_str("; what the policies of the other end name stays open");
    }
    Some(())
}
