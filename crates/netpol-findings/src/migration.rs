//! From the cluster-scoped policies of v1alpha1, `AdminNetworkPolicy` and `BaselineAdminNetworkPolicy`, to
//! `ClusterNetworkPolicy`, which takes their place.
//!
//! What is said of a policy here depends on names, priorities and limits alone. Whether every cell stays the same is
//! for whoever evaluates the change to say.

use std::collections::{BTreeMap, BTreeSet};

use netpol_eval::{Cluster, ClusterPolicy, PolicyId};
use netpol_manifest::{
    Change, ClusterAction, ClusterPeer, ClusterPolicyKind, ClusterPort, ClusterPortMatch, ClusterRule,
    ClusterTier, Direction, NamespacedPods, Way, Yaml,
};
use netpol_source::{ObjectRef, Span};

use crate::fix::{self, Fix, NewPolicy};
use crate::words;

/// The version that is written: the first of its kind; v1beta1 has the same schema.
const API_VERSION: &str = "policy.networking.k8s.io/v1alpha2";

/// Items that lists of rules, peers and ports of a ClusterNetworkPolicy may have.
const MOST: usize = 25;

/// The highest `priority`.
const LAST_PRIORITY: u16 = 1000;

/// Characters that `name` of a rule may have.
const LONGEST_RULE_NAME: usize = 100;

/// Characters that the name of an object may have.
const LONGEST_NAME: usize = 253;

/// What `kubectl apply` keeps of an object: it is not carried over to another one.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A policy of v1alpha1, and how it is written anew.
#[derive(Clone, Debug)]
pub struct Rewriting {
    /// The policy.
    pub policy: PolicyId,
    /// Its name.
    pub reference: ObjectRef,
    /// The change; its message says all that becomes of the policy, but not what becomes of the cells.
    pub fix: Result<Fix, String>,
    /// What of it is no longer as it was.
    pub notes: Vec<String>,
    /// The names and priorities that it takes.
    taken: Taken,
}

#[derive(Clone, Debug, Default)]
struct Taken {
    names: Vec<String>,
    priorities: Vec<u16>,
}

/// How many priorities are proposed for the BaselineAdminNetworkPolicy at the most: each is evaluated.
const MOST_PROPOSED: usize = 8;

/// Where a BaselineAdminNetworkPolicy may come among the Baseline-tier ClusterNetworkPolicies, other than in the last
/// place that is free: before each of them, the last one first, and then beside each, where its order stays undefined.
pub fn baseline_priorities(cluster: &Cluster) -> Vec<u16> {
    let is_there = superseded(cluster).any(|(_, policy)| policy.spec.priority.is_none());
    let writer = Writer::new(cluster);
    let known = writer.priorities.get(&ClusterTier::Baseline).filter(|_| is_there);
    let known: Vec<u16> = known.into_iter().flat_map(BTreeMap::keys).copied().rev().collect();
    let before = |one: &u16| one.checked_sub(1).filter(|free| !known.contains(free));
    known.iter().filter_map(before).chain(known.iter().copied()).take(MOST_PROPOSED).collect()
}

/// All policies of v1alpha1, rewritten together: none takes a name or a priority that another one has, but the
/// BaselineAdminNetworkPolicy that of `baseline`, where given.
pub fn migration(cluster: &Cluster, baseline: Option<u16>) -> Vec<Rewriting> {
    let mut writer = Writer { baseline, ..Writer::new(cluster) };
    let superseded = superseded(cluster);
    superseded
        .map(|(id, policy)| {
            let rewriting = writer.rewrite(id, policy);
            if rewriting.fix.is_ok() {
                let priorities = writer.priorities.entry(policy.spec.tier.value).or_default();
                for priority in &rewriting.taken.priorities {
                    *priorities.entry(*priority).or_default() += 1;
                }
                writer.names.extend(rewriting.taken.names.iter().cloned());
            }
            rewriting
        })
        .collect()
}

/// The policies of v1alpha1.
pub(crate) fn superseded(cluster: &Cluster) -> impl Iterator<Item = (PolicyId, &ClusterPolicy)> {
    cluster.cluster_policies().filter(|(_, policy)| policy.spec.kind != ClusterPolicyKind::Cluster)
}

/// Knows what the cluster has already.
#[derive(Debug)]
pub(crate) struct Writer {
    /// Of all ClusterNetworkPolicies.
    names: BTreeSet<String>,
    /// How many policies of a tier have a priority.
    priorities: BTreeMap<ClusterTier, BTreeMap<u16, usize>>,
    /// By object: where the versions of it stand that a later one replaces.
    replaced: BTreeMap<ObjectRef, Vec<Span>>,
    /// The priority for the BaselineAdminNetworkPolicy, where it is one policy; else the last that is free.
    baseline: Option<u16>,
}

impl Writer {
    pub(crate) fn new(cluster: &Cluster) -> Self {
        let mut writer = Self {
            names: BTreeSet::new(),
            priorities: BTreeMap::new(),
            replaced: BTreeMap::new(),
            baseline: None,
        };
        for (_, policy) in cluster.cluster_policies() {
            if policy.spec.kind == ClusterPolicyKind::Cluster {
                writer.names.insert(policy.reference().name);
            }
            if let Some(priority) = &policy.spec.priority {
                let priorities = writer.priorities.entry(policy.spec.tier.value).or_default();
                *priorities.entry(priority.value).or_default() += 1;
            }
        }
        for replaced in &cluster.replaced {
            writer.replaced.entry(replaced.object.clone()).or_default().push(replaced.earlier);
        }
        writer
    }

    /// A policy on its own.
    pub(crate) fn rewrite(&self, id: PolicyId, policy: &ClusterPolicy) -> Rewriting {
        let reference = policy.reference();
        let mut notes = Vec::new();
        let mut taken = Taken::default();
        let fix = self.fix(policy, &reference, &mut notes, &mut taken);
        Rewriting { policy: id, reference, fix, notes, taken }
    }

    fn fix(
        &self,
        policy: &ClusterPolicy,
        reference: &ObjectRef,
        notes: &mut Vec<String>,
        taken: &mut Taken,
    ) -> Result<Fix, String> {
        let spec = &policy.spec;
        let object = policy.handle.object();
        if let Some(field) = policy.peers().find_map(unknown_field) {
            return Err(format!(
                "`{}` has a peer with the field `{field}`, which is not known: what a ClusterNetworkPolicy would say in \
                 its place cannot be told",
                reference.name
            ));
        }
        let directions = Direction::BOTH.map(|direction| Written::of(direction, policy.rules(direction)));
        let parts = directions.iter().map(Written::parts).max().unwrap_or(1);
        let priorities = self.priorities(policy, reference, parts)?;
        let name = self.name(object.metadata.generated, reference, spec.kind, notes);
        let mut changes = vec![
            Change::Set(Way::new().key("apiVersion"), Yaml::text(API_VERSION)),
            Change::Set(Way::new().key("kind"), Yaml::text(ClusterPolicyKind::Cluster.as_str())),
        ];
        if name != reference.name {
            changes.push(Change::Set(Way::new().key("metadata").key("name"), Yaml::text(name.as_str())));
        }
        let at = |field: &str| Way::new().key("spec").key(field);
        changes.push(Change::Lead(at("tier"), Yaml::text(tier(spec.tier.value))));
        if let (None, Some(priority)) = (&spec.priority, priorities.first()) {
            changes.push(Change::Lead(at("priority"), Yaml::Number(i64::from(*priority))));
            notes.push(self.place_of_baseline(*priority));
        }
        for written in &directions {
            written.changes(&mut changes);
            written.note(notes);
        }
        let mut added = Vec::new();
        for (part, priority) in priorities.iter().enumerate().skip(1) {
            let name = numbered(&name, part + 1, LONGEST_NAME, &self.names);
            let manifest = further(policy, &name, *priority, &directions, part);
            added.push(NewPolicy { manifest, beside: Some(policy.handle.document) });
            taken.names.push(name);
        }
        if parts > 1 {
            let names: Vec<&str> = taken.names.iter().map(String::as_str).collect();
            notes.push(format!(
                "a policy may have {MOST} rules of a direction, so the others go to {} with the next priorities",
                words::list(names)
            ));
        }
        taken.names.push(name.clone());
        taken.priorities = priorities.iter().copied().skip(usize::from(spec.priority.is_some())).collect();
        let mut all = vec![(policy.handle.span(object.range), changes)];
        if let Some(earlier) = self.replaced.get(reference) {
            // Without the one that replaces them they would be there again.
            notes.push(format!("the {} that it replaces {}", count_of(earlier.len()), goes(earlier.len())));
            all.extend(earlier.iter().map(|place| (*place, vec![Change::Remove(Way::new())])));
        }
        let said: String = notes.iter().map(|note| format!("; {note}")).collect();
        let message = format!(
            "rewrite `{}` as a ClusterNetworkPolicy of the {} tier{said}",
            reference.name,
            tier(spec.tier.value)
        );
        Ok(Fix { message, changes: all, added })
    }

    /// The name of the policy, another one where a ClusterNetworkPolicy has that already.
    fn name(
        &self,
        is_generated: bool,
        reference: &ObjectRef,
        kind: ClusterPolicyKind,
        notes: &mut Vec<String>,
    ) -> String {
        if is_generated || !self.names.contains(&reference.name) {
            return reference.name.clone();
        }
        let suffix = if kind == ClusterPolicyKind::BaselineAdmin { "-baseline" } else { "-admin" };
        let longer = with_suffix(&reference.name, suffix, LONGEST_NAME);
        let name = match self.names.contains(&longer) {
            true => numbered(&longer, 2, LONGEST_NAME, &self.names),
            false => longer,
        };
        notes.push(format!(
            "it is called `{name}`, as there is a ClusterNetworkPolicy `{}` already",
            reference.name
        ));
        name
    }

    /// The priorities of the parts of a policy, in order.
    fn priorities(
        &self,
        policy: &ClusterPolicy,
        reference: &ObjectRef,
        parts: usize,
    ) -> Result<Vec<u16>, String> {
        let none = BTreeMap::new();
        let known = self.priorities.get(&policy.spec.tier.value).unwrap_or(&none);
        let following = |first: u16| -> Option<Vec<u16>> {
            let last = first.checked_add(u16::try_from(parts).ok()?.checked_sub(1)?)?;
            (last <= LAST_PRIORITY).then(|| (first..=last).collect())
        };
        let name = &reference.name;
        let Some(first) = &policy.spec.priority else {
            if let Some(priority) = self.baseline.filter(|_| parts == 1) {
                return Ok(vec![priority]);
            }
            let mut found = (0..=LAST_PRIORITY).rev().filter_map(following);
            return found.find(|all| all.iter().all(|one| !known.contains_key(one))).ok_or_else(|| {
                format!("`{name}` needs a priority of its own in the Baseline tier, and none is free")
            });
        };
        let first = first.value;
        if parts == 1 {
            return Ok(vec![first]);
        }
        let only = known.get(&first).is_some_and(|count| *count == 1);
        let found =
            following(first).filter(|all| only && all.iter().skip(1).all(|one| !known.contains_key(one)));
        found.ok_or_else(|| {
            format!(
                "`{name}` has more rules than the {MOST} of a direction that a ClusterNetworkPolicy may have, and the \
                 {} not free, or another policy has priority {first} too",
                match parts {
                    2 => "priority after its own, which a second policy would need, is".to_owned(),
                    _ => format!("priorities after its own, which {parts} policies would need, are"),
                },
            )
        })
    }

    /// How a BaselineAdminNetworkPolicy, which has no priority, stands to the other policies of its tier.
    fn place_of_baseline(&self, priority: u16) -> String {
        let known = self.priorities.get(&ClusterTier::Baseline);
        if known.is_some_and(|known| known.contains_key(&priority)) {
            return format!(
                "its priority is {priority}, as that of a ClusterNetworkPolicy of the Baseline tier: its order towards it \
                 was not defined, and is not now"
            );
        }
        let last = known.and_then(|known| known.keys().next_back());
        match last {
            None => format!("its priority is {priority}, the last"),
            Some(last) if *last < priority => format!(
                "its priority is {priority}, behind all ClusterNetworkPolicies of the Baseline tier: its order towards them \
                 was not defined"
            ),
            Some(last) => format!(
                "its priority is {priority}, before that of a ClusterNetworkPolicy with {last}: \
                 its order towards them was not defined"
            ),
        }
    }
}

fn unknown_field(peer: &ClusterPeer) -> Option<&str> {
    match peer {
        ClusterPeer::Unknown { field, .. } => Some(&field.value),
        _ => None,
    }
}

fn tier(tier: ClusterTier) -> &'static str {
    match tier {
        ClusterTier::Admin => "Admin",
        ClusterTier::Baseline => "Baseline",
    }
}

fn count_of(count: usize) -> String {
    if count == 1 { "one".to_owned() } else { count.to_string() }
}

fn goes(count: usize) -> &'static str {
    if count == 1 { "goes" } else { "go" }
}

/// The name with a suffix, cut so that it is not too long.
fn with_suffix(name: &str, suffix: &str, longest: usize) -> String {
    let kept = longest.saturating_sub(suffix.len());
    let short: String = name.chars().take(kept).collect();
    format!("{}{suffix}", short.trim_end_matches(['-', '.']))
}

/// The name with the first number from `first` on with which it is free.
fn numbered(name: &str, first: usize, longest: usize, taken: &BTreeSet<String>) -> String {
    let mut number = first;
    loop {
        let found = with_suffix(name, &format!("-{number}"), longest);
        if !taken.contains(&found) {
            return found;
        }
        number += 1;
    }
}

/// The rules of a direction as a ClusterNetworkPolicy can hold them.
#[derive(Debug)]
struct Written<'a> {
    direction: Direction,
    rules: &'a [ClusterRule],
    /// What becomes of each rule.
    pieces: Vec<Vec<Piece<'a>>>,
}

/// A rule of a ClusterNetworkPolicy: a rule of before, or a part of one.
#[derive(Debug)]
struct Piece<'a> {
    rule: &'a ClusterRule,
    /// Which of the pieces of the rule it is, from 1.
    number: usize,
    peers: Vec<&'a ClusterPeer>,
    ports: Option<Vec<&'a ClusterPort>>,
}

impl<'a> Written<'a> {
    fn of(direction: Direction, rules: &'a [ClusterRule]) -> Self {
        Self { direction, rules, pieces: rules.iter().map(pieces).collect() }
    }

    fn all(&self) -> impl Iterator<Item = &Piece<'a>> {
        self.pieces.iter().flatten()
    }

    /// How many policies it takes to hold the rules.
    fn parts(&self) -> usize {
        self.all().count().div_ceil(MOST).max(1)
    }

    /// Whether each rule stays one rule of one policy.
    fn is_rule_by_rule(&self) -> bool {
        let stays = |(rule, pieces): (&ClusterRule, &Vec<Piece<'_>>)| match pieces.as_slice() {
            [only] => only.peers.len() == rule.peers.len(),
            _ => false,
        };
        self.pieces.len() <= MOST && self.rules.iter().zip(&self.pieces).all(stays)
    }

    fn part(&self, part: usize) -> Vec<Yaml> {
        let pieces = self.all().skip(part * MOST).take(MOST);
        pieces.map(|piece| piece.yaml(self.direction)).collect()
    }

    /// Of the policy that is there.
    fn changes(&self, changes: &mut Vec<Change>) {
        let list = Way::new().key("spec").key(words::field(self.direction));
        if !self.is_rule_by_rule() {
            changes.push(Change::Set(list, Yaml::List(self.part(0))));
            return;
        }
        for (index, piece) in self.all().enumerate() {
            let way = list.clone().item(index);
            if piece.rule.action.value == ClusterAction::Allow {
                changes.push(Change::Set(way.clone().key("action"), Yaml::text("Accept")));
            }
            let (Some(ports), Some(before)) = (&piece.ports, &piece.rule.ports) else { continue };
            let field = way.key("ports");
            if ports.len() == before.value.len() {
                let items = ports.iter().enumerate();
                changes.extend(items.map(|(at, port)| Change::Set(field.clone().item(at), protocol(port))));
            } else {
                changes.push(Change::Set(field.clone(), protocols(ports)));
            }
            changes.push(Change::Rename(field, "protocols".to_owned()));
        }
    }

    /// Says what is no longer as it was.
    fn note(&self, notes: &mut Vec<String>) {
        let path = |index: usize| words::rule(self.direction, index);
        let paths = |holds: &dyn Fn(&ClusterRule, &[Piece<'_>]) -> bool| -> Vec<String> {
            let all = self.rules.iter().zip(&self.pieces).enumerate();
            all.filter(|(_, (rule, pieces))| holds(rule, pieces)).map(|(index, _)| path(index)).collect()
        };
        let gone = paths(&|_, pieces| pieces.is_empty());
        if !gone.is_empty() {
            notes.push(format!("{} matched nothing and {}", words::phrases(gone.clone()), goes(gone.len())));
        }
        let fewer = paths(&|rule, pieces| {
            !pieces.is_empty() && rule.ports.iter().flat_map(|ports| &ports.value).any(matches_nothing)
        });
        if !fewer.is_empty() {
            notes.push(format!(
                "ranges of {} that end before they start matched nothing and go",
                words::phrases(fewer)
            ));
        }
        let nameless = paths(&|rule, pieces| {
            let had_addresses = !rule.peers.iter().all(|peer| is_pods(&peer));
            had_addresses && !pieces.is_empty() && !pieces.iter().any(Piece::has_addresses)
        });
        if !nameless.is_empty() {
            notes.push(format!(
                "the addresses of {} have none of the named ports, matched nothing and go",
                words::phrases(nameless)
            ));
        }
        let split = paths(&|_, pieces| pieces.len() > 1);
        if !split.is_empty() {
            notes.push(format!(
                "{} become{} several rules",
                words::phrases(split.clone()),
                if split.len() == 1 { "s" } else { "" }
            ));
        }
        if !self.is_rule_by_rule() {
            notes.push(format!("comments inside `{}` are not kept", words::field(self.direction)));
        }
    }
}

/// Whether an item of `ports` is a range that ends before it starts.
fn matches_nothing(port: &ClusterPort) -> bool {
    matches!(port.port, ClusterPortMatch::Range(_, first, last) if first > last)
}

fn is_pods(peer: &&ClusterPeer) -> bool {
    matches!(peer, ClusterPeer::Pods { .. })
}

/// A rule as rules with no more peers and ports than a rule may have, together matching the same; none where it matches
/// nothing.
fn pieces(rule: &ClusterRule) -> Vec<Piece<'_>> {
    let peers: Vec<&ClusterPeer> = rule.peers.iter().collect();
    let ports: Option<Vec<&ClusterPort>> = rule.ports.as_ref().map(|ports| {
        // The others match nothing, and would be refused.
        ports.value.iter().filter(|port| !matches_nothing(port)).collect()
    });
    let is_named = |port: &&ClusterPort| matches!(port.port, ClusterPortMatch::Name(_));
    let has_names = ports.iter().flatten().any(is_named);
    // A named port matches nothing at an address, and the experimental definitions refuse both in one rule.
    let groups = match &ports {
        Some(all) if has_names && !peers.iter().all(is_pods) => {
            let (pods, addresses): (Vec<_>, Vec<_>) = peers.into_iter().partition(is_pods);
            let numbers = all.iter().copied().filter(|port| !is_named(port)).collect();
            vec![(pods, ports.clone()), (addresses, Some(numbers))]
        }
        _ => vec![(peers, ports)],
    };
    let mut pieces = Vec::new();
    for (peers, ports) in groups {
        for peers in peers.chunks(MOST) {
            let ports = match &ports {
                Some(ports) => ports.chunks(MOST).map(|ports| Some(ports.to_vec())).collect(),
                None => vec![None],
            };
            for ports in ports {
                let number = pieces.len() + 1;
                pieces.push(Piece { rule, number, peers: peers.to_vec(), ports });
            }
        }
    }
    pieces
}

impl Piece<'_> {
    /// Whether it has peers that have no named ports.
    fn has_addresses(&self) -> bool {
        !self.peers.iter().all(is_pods)
    }

    fn yaml(&self, direction: Direction) -> Yaml {
        let mut fields = Vec::new();
        if let Some(name) = &self.rule.name {
            let name = match self.number {
                1 => name.value.clone(),
                number => with_suffix(&name.value, &format!("-{number}"), LONGEST_RULE_NAME),
            };
            fields.push(("name".to_owned(), Yaml::Text(name)));
        }
        let action = match self.rule.action.value {
            ClusterAction::Allow => "Accept",
            ClusterAction::Deny => "Deny",
            ClusterAction::Pass => "Pass",
        };
        fields.push(("action".to_owned(), Yaml::text(action)));
        let peers = self.peers.iter().map(|one| peer(one)).collect();
        fields.push((words::peers_field(direction).to_owned(), Yaml::List(peers)));
        if let Some(ports) = &self.ports {
            fields.push(("protocols".to_owned(), protocols(ports)));
        }
        Yaml::Map(fields)
    }
}

fn protocols(ports: &[&ClusterPort]) -> Yaml {
    Yaml::List(ports.iter().map(|port| protocol(port)).collect())
}

/// An item of `protocols`.
fn protocol(port: &ClusterPort) -> Yaml {
    match &port.port {
        ClusterPortMatch::Name(name) => Yaml::map([("destinationNamedPort", Yaml::text(name.as_str()))]),
        ClusterPortMatch::Range(protocol, first, last) => {
            let number = |port: u16| Yaml::Number(i64::from(port));
            let port = match first == last {
                true => Yaml::map([("number", number(*first))]),
                false => {
                    let range = Yaml::map([("start", number(*first)), ("end", number(*last))]);
                    Yaml::map([("range", range)])
                }
            };
            let field = protocol.as_str().to_ascii_lowercase();
            Yaml::map([(&field, Yaml::map([("destinationPort", port)]))])
        }
    }
}

fn peer(peer: &ClusterPeer) -> Yaml {
    let texts = |all: &mut dyn Iterator<Item = String>| {
        // The values of a list that is a set: host bits that are cleared may make two of them equal.
        let mut known = BTreeSet::new();
        Yaml::List(all.filter(|one| known.insert(one.clone())).map(Yaml::Text).collect())
    };
    match peer {
        ClusterPeer::Pods { pods, .. } => namespaced(pods),
        ClusterPeer::Nodes { selector, .. } => Yaml::map([("nodes", fix::selector(selector))]),
        ClusterPeer::Networks { networks, .. } => {
            let networks = &mut networks.iter().map(|network| network.value.to_string());
            Yaml::map([("networks", texts(networks))])
        }
        ClusterPeer::DomainNames { names, .. } => {
            Yaml::map([("domainNames", texts(&mut names.iter().map(|name| name.value.clone())))])
        }
        // No policy with such a peer comes here.
        ClusterPeer::Unknown { field, .. } => Yaml::map([(&field.value, Yaml::Map(Vec::new()))]),
    }
}

fn namespaced(pods: &NamespacedPods) -> Yaml {
    let namespaces = fix::selector(&pods.namespaces);
    match &pods.pods {
        None => Yaml::map([("namespaces", namespaces)]),
        Some(selector) => {
            let pods =
                Yaml::map([("namespaceSelector", namespaces), ("podSelector", fix::selector(selector))]);
            Yaml::map([("pods", pods)])
        }
    }
}

/// A policy of its own for rules that the first one cannot hold.
fn further(
    policy: &ClusterPolicy,
    name: &str,
    priority: u16,
    directions: &[Written<'_>],
    part: usize,
) -> Yaml {
    let metadata = &policy.handle.object().metadata;
    let mut fields = vec![("name".to_owned(), Yaml::text(name))];
    for (field, all) in [("labels", &metadata.labels), ("annotations", &metadata.annotations)] {
        let kept = all.iter().filter(|label| label.key.value != LAST_APPLIED);
        let kept: Vec<_> =
            kept.map(|label| (label.key.value.clone(), Yaml::text(label.value.value.as_str()))).collect();
        if !kept.is_empty() {
            fields.push((field.to_owned(), Yaml::Map(kept)));
        }
    }
    let mut spec = vec![
        ("tier".to_owned(), Yaml::text(tier(policy.spec.tier.value))),
        ("priority".to_owned(), Yaml::Number(i64::from(priority))),
        ("subject".to_owned(), namespaced(&policy.spec.subject)),
    ];
    for written in directions {
        let rules = written.part(part);
        if !rules.is_empty() {
            spec.push((words::field(written.direction).to_owned(), Yaml::List(rules)));
        }
    }
    Yaml::map([
        ("apiVersion", Yaml::text(API_VERSION)),
        ("kind", Yaml::text(ClusterPolicyKind::Cluster.as_str())),
        ("metadata", Yaml::Map(fields)),
        ("spec", Yaml::Map(spec)),
    ])
}
