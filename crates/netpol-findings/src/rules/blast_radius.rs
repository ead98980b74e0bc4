//! NP109: how far an attacker gets from each workload that the outside reaches.
//!
//! An entry is a workload that is published and lets the traffic in, or that any other address reaches in a namespace that
//! has policies. From it every
//! allowed connection is followed, on whatever port, through the workloads of the input. Pods on the host network, to
//! which policies do not apply, are entries where they are published or look like an ingress controller, and otherwise
//! take no part, and to ask the cluster's DNS, as every pod may, is no step. An entry that leads nowhere is not reported. Up to
//! ten entries have a finding each; of more, those that lead to the same workloads share one, and the ten that lead
//! furthest are reported.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use fixedbitset::FixedBitSet;
use netpol_eval::{ConnectionSet, PeerId, Workload};
use netpol_manifest::Direction;
use netpol_source::order;

use crate::context::Context;
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Code, Proof, Rule, Severity};
use crate::{well_known, words};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP109,
    name: "blast-radius",
    severity: Severity::Info,
    summary: "How far an attacker gets from a workload that the outside reaches, step by step over allowed connections.",
    why: "Workloads that the outside reaches are taken over first. What they may connect to comes next, and what that may \
          connect to: the count says how much of the cluster one hole opens.",
    help: "Cut the path where it should not be: restrict the egress of the first workload to what it needs, and the ingress of \
           the last to those that have to reach it.",
    references: &[
        refer::NSA_POLICIES,
        refer::ATTACK_DISCOVERY,
        refer::ATTACK_PUBLIC_APPLICATION,
        refer::MICROSOFT_NETWORKING,
        refer::CKS_MICROSERVICES,
    ],
    proof: Proof::Allowed,
    fix: None,
};

/// How many findings there are at most.
const MOST: usize = 10;

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let entries = entries(context);
    if entries.is_empty() {
        return Vec::new();
    }
    let mut graph = Graph::new(context);
    let mut groups: BTreeMap<(Option<PeerId>, Reach), Vec<PeerId>> = BTreeMap::new();
    let share = entries.len() > MOST;
    for entry in entries {
        let reach = graph.reach(context.evaluation().class(entry));
        let alone = (!share).then_some(entry);
        groups.entry((alone, reach)).or_default().push(entry);
    }
    let mut groups: Vec<(usize, Vec<PeerId>)> = groups
        .into_iter()
        .map(|((_, reach), entries)| (graph.count(&reach, &entries), entries))
        .filter(|(count, _)| *count > 0)
        .collect();
    order::sort_by_key(&mut groups, |(count, _)| std::cmp::Reverse(*count));
    groups.truncate(MOST);
    groups.into_iter().filter_map(|(count, entries)| finding(context, &mut graph, count, &entries)).collect()
}

/// The workloads that the outside reaches, in order. Those of a namespace that has no policies are entries only where
/// something publishes them: that all is open there is said by others.
fn entries(context: &Context<'_>) -> Vec<PeerId> {
    let exposure = context.exposure();
    let published = exposure.published.iter().filter(|publication| exposure.lets_in(context, publication));
    let mut published: Vec<PeerId> = published.map(|publication| publication.workload).collect();
    order::sort(&mut published);
    let is_bare = |peer: PeerId, workload: &Workload| {
        context.namespace(workload.namespace).is_some_and(|view| view.policies.is_empty())
            && !context.is_closed_to_addresses(Direction::Ingress, peer)
    };
    let is_entry = |peer: PeerId, by_address: bool| {
        let reached = || {
            let mut outside = context
                .any_address()
                .iter()
                .filter(|outside| !context.evaluation().allowed(**outside, peer).is_empty());
            outside.next().is_some()
        };
        published.binary_search(&peer).is_ok() || (by_address && reached())
    };
    let entries = context.input_workloads().filter(|(peer, workload)| {
        is_entry(
            *peer,
            match workload.host_network {
                true => context.roles().ingress_controllers.has(*peer),
                false => !is_bare(*peer, workload),
            },
        )
    });
    entries.map(|(peer, _)| peer).collect()
}

/// The classes that are reached from one; by number.
type Reach = Rc<[usize]>;

/// Who may connect to whom, by class of workloads of the input.
struct Graph<'c, 'a> {
    context: &'c Context<'a>,
    /// By class: its workloads.
    members: Vec<Vec<PeerId>>,
    /// The classes that have any.
    known: FixedBitSet,
    /// The classes of nothing but the cluster's DNS.
    dns: FixedBitSet,
    /// By class, once asked for: the classes that it may connect to.
    rows: Vec<Option<Rc<FixedBitSet>>>,
    /// By class, once asked for: the classes that are reached from it in any number of steps.
    reached: BTreeMap<usize, (FixedBitSet, Reach)>,
}

impl<'c, 'a> Graph<'c, 'a> {
    fn new(context: &'c Context<'a>) -> Self {
        let classes = context.evaluation().class_count();
        let mut members = vec![Vec::new(); classes];
        let mut known = FixedBitSet::with_capacity(classes);
        for (peer, _) in context.input_workloads().filter(|(_, workload)| !workload.host_network) {
            let class = context.evaluation().class(peer);
            if let Some(members) = members.get_mut(class) {
                members.push(peer);
                known.insert(class);
            }
        }
        let mut dns = FixedBitSet::with_capacity(classes);
        let are_dns = |members: &Vec<PeerId>| members.iter().all(|peer| context.is_cluster_dns(*peer));
        dns.extend(
            members.iter().enumerate().filter(|(_, members)| are_dns(members)).map(|(class, _)| class),
        );
        Self { context, members, known, dns, rows: vec![None; classes], reached: BTreeMap::new() }
    }

    fn row(&mut self, class: usize) -> Rc<FixedBitSet> {
        let classes = self.members.len();
        let Some(slot) = self.rows.get_mut(class) else { return Rc::default() };
        let row = slot.get_or_insert_with(|| {
            let names = well_known::dns_ports();
            let asks =
                |class: usize, allowed: &ConnectionSet| self.dns.contains(class) && names.includes(allowed);
            let reached = self.context.evaluation().reached_classes(class);
            let mut row = FixedBitSet::with_capacity(classes);
            row.extend(reached.filter(|(class, allowed)| !asks(*class, allowed)).map(|(class, _)| class));
            row.intersect_with(&self.known);
            Rc::new(row)
        });
        Rc::clone(row)
    }

    fn reach(&mut self, from: usize) -> Reach {
        if let Some((_, reach)) = self.reached.get(&from) {
            return reach.clone();
        }
        let mut reached = FixedBitSet::clone(&self.row(from));
        let mut open: Vec<usize> = reached.ones().collect();
        // The classes that what is already known leads to need no look of their own.
        let mut done = FixedBitSet::with_capacity(self.members.len());
        while let Some(class) = open.pop() {
            if done.put(class) {
                continue;
            }
            if let Some((all, _)) = self.reached.get(&class) {
                reached.union_with(all);
                done.union_with(all);
                continue;
            }
            let row = self.row(class);
            open.extend(row.difference(&reached));
            reached.union_with(&row);
        }
        let reach: Reach = reached.ones().collect();
        self.reached.insert(from, (reached, reach.clone()));
        reach
    }

    /// How many workloads are reached; of several entries the least.
    fn count(&self, reach: &Reach, entries: &[PeerId]) -> usize {
        let all: usize = reach.iter().filter_map(|class| self.members.get(*class)).map(Vec::len).sum();
        let own =
            entries.iter().any(|entry| reach.binary_search(&self.context.evaluation().class(*entry)).is_ok());
        all - usize::from(own && all > 0)
    }

    /// One of the shortest paths to one of the furthest workloads, without the entry.
    fn path(&mut self, entry: PeerId) -> Vec<PeerId> {
        let from = self.context.evaluation().class(entry);
        let mut parents: BTreeMap<usize, usize> = BTreeMap::new();
        let mut seen = FixedBitSet::with_capacity(self.members.len());
        seen.grow_and_insert(from);
        let mut open = VecDeque::from([from]);
        let mut last = from;
        while let Some(class) = open.pop_front() {
            last = class;
            let row = self.row(class);
            for next in row.difference(&seen) {
                parents.insert(next, class);
                open.push_back(next);
            }
            seen.union_with(&row);
        }
        let mut classes = Vec::new();
        let mut class = last;
        while class != from {
            classes.push(class);
            let Some(parent) = parents.get(&class) else { break };
            class = *parent;
        }
        if classes.is_empty() {
            classes.push(from);
        }
        classes.reverse();
        let other = |class: usize| self.members.get(class)?.iter().copied().find(|peer| *peer != entry);
        classes.into_iter().filter_map(other).collect()
    }
}

fn finding(
    context: &Context<'_>,
    graph: &mut Graph<'_, '_>,
    count: usize,
    entries: &[PeerId],
) -> Option<Finding> {
    let entry = *entries.first()?;
    let path = graph.path(entry);
    let next = *path.first()?;
    let home = context.workload(entry)?.namespace;
    let name = |peer: &PeerId| {
        context.workload(*peer).map(|workload| match workload.namespace == home {
            true => format!("`{}`", workload.full_name()),
            false => format!("`{}/{}`", context.namespace_name(workload.namespace), workload.full_name()),
        })
    };
    let steps: Vec<String> = std::iter::once(&entry).chain(&path).filter_map(name).collect();
    let plural = words::plural(count);
    let who = match entries.len() {
        1 => format!("{}, which the outside reaches,", context.names(entries)),
        _ => format!("one of {}, which the outside reaches,", context.names(entries)),
    };
    let same_namespace =
        entries.iter().all(|peer| context.workload(*peer).is_some_and(|workload| workload.namespace == home));
    let subject = match entries.len() > 1 && same_namespace {
        true => context.namespace_ref(home),
        false => context.workload_ref(entry)?,
    };
    let allowed = context.evaluation().allowed(entry, next);
    let mut spans: Vec<_> = context.workload_spans(entries).collect();
    spans.extend(context.workload_spans(&path));
    // Parts of one workload have one name.
    let mut known = BTreeSet::new();
    spans.retain(|span| known.insert(*span));
    Some(Finding {
        message: format!(
            "whoever takes over {who} gets to {count} more workload{plural}: internet → {}",
            steps.join(" → ")
        ),
        subject,
        spans,
        witness: context.witness(Direction::Egress, entry, next, allowed),
        ..Finding::of(&RULE)
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, coredns, deployment, host_network_pod, policy, service};

    /// `to` opens its port to `from`, and to nobody else.
    fn edge(from: &str, to: &str) -> String {
        let spec = format!(
            "{{podSelector: {{matchLabels: {{app: {to}}}}}, ingress: [{{from: [{{podSelector: {{matchLabels: {{app: \
             {from}}}}}}}]}}]}}"
        );
        policy("shop", &format!("{from}-to-{to}"), &spec)
    }

    fn chain() -> String {
        ["web", "api", "db"].map(|name| deployment("shop", name, 80)).concat()
            + &edge("web", "api")
            + &edge("api", "db")
    }

    #[test]
    fn the_path_to_the_furthest() {
        let found = Case::new(&chain()).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "Deployment shop/web");
        assert_eq!(
            found[0].message,
            "whoever takes over `web`, which the outside reaches, gets to 2 more workloads: internet → `web` → `api` → `db`"
        );
        assert_eq!(found[0].spans, ["web", "api", "db"]);
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> shop/api TCP 80"));
    }

    #[test]
    fn shortest_paths_over_namespaces() {
        let open = policy("ops", "open", "{podSelector: {}, ingress: [{}]}");
        let text = chain() + &deployment("ops", "store", 80) + &edge("web", "db") + &open;
        let found = Case::new(&text).check(&RULE);
        // A rule opens `store` to everyone, and it reaches `web`, which is not isolated.
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].subject, "Deployment ops/store");
        assert_eq!(
            found[0].message,
            "whoever takes over `store`, which the outside reaches, gets to 3 more workloads: internet → `store` → \
             `shop/web` → `shop/db`"
        );
    }

    #[test]
    fn published_workloads_are_entries() {
        let closed = "{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]}";
        let closed = chain() + &policy("shop", "web", closed);
        assert!(Case::new(&closed).check(&RULE).is_empty());
        let text = closed + &service("shop", "web", "type: LoadBalancer, ports: [{port: 80}]");
        assert_eq!(Case::new(&text).check(&RULE).len(), 1);
    }

    #[test]
    fn many_entries_share_a_finding() {
        let bare: String = (0..30).map(|at| deployment("shop", &format!("w{at}"), 80)).collect();
        assert!(Case::new(&bare).check(&RULE).is_empty());
        let text = bare + &policy("shop", "open", "{podSelector: {}, ingress: [{}]}");
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "Namespace shop");
        assert_eq!(
            found[0].message,
            "whoever takes over one of `w0`, `w1`, `w2` and 27 more, which the outside reaches, gets to 29 more workloads: \
             internet → `w0` → `w1`"
        );
    }

    #[test]
    fn asking_for_names_is_no_step() {
        let names = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 53, protocol: UDP}]}]}";
        let entry = policy("shop", "web", "{podSelector: {matchLabels: {app: web}}, ingress: [{}]}");
        let text = deployment("shop", "web", 80) + &entry + &coredns();
        assert_eq!(Case::new(&text).check(&RULE).len(), 1, "every port is open");
        let text = text + &policy("kube-system", "names", names);
        assert!(Case::new(&text).check(&RULE).is_empty());
        // What no policy tells apart from it is no DNS, wherever it stands.
        for name in ["a", "z"] {
            let found = Case::new(&(text.clone() + &deployment("kube-system", name, 53))).check(&RULE);
            assert_eq!(found.len(), 1, "{name}");
        }
        // Nor is it a step for pods on the host network.
        let anyone = names.replace("from: [{namespaceSelector: {}}], ", "");
        let text = coredns() + &policy("kube-system", "names", &anyone);
        let text = text + &host_network_pod("ops", "ingress-nginx");
        assert!(Case::new(&text).check(&RULE).is_empty());
    }

    #[test]
    fn entries_that_lead_nowhere() {
        assert!(Case::new(&deployment("shop", "web", 80)).check(&RULE).is_empty());
        let text = deployment("shop", "web", 80)
            + &deployment("shop", "db", 80)
            + &policy("shop", "deny", "{podSelector: {matchLabels: {app: db}}}")
            + &policy("shop", "web", "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}");
        assert!(Case::new(&text).check(&RULE).is_empty());
        let node = host_network_pod("shop", "exporter") + &host_network_pod("shop", "proxy");
        assert!(Case::new(&(deployment("shop", "web", 80) + &node)).check(&RULE).is_empty());
    }
}
