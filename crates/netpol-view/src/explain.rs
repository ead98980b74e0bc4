//! A trace in words.

use netpol_eval::{
    Caveat, End, Evaluation, Exemption, IpBlockPods, Peer, PeerId, PeerOutcome, PeersOutcome, Policy,
    PortOutcome, RuleTrace, Unmatched,
};
use netpol_manifest as manifest;
use netpol_manifest::{Direction, LabelSelector};
use netpol_source::{Sources, TextRange};

use crate::contract::{Action, DirectionTrace, Explanation, Tier, TraceStep};
use crate::convert::{connection_set, object_ref, span};
use crate::{certainty, mend, words};

/// How many items of one `from` or `to` are explained one by one when none of them matches.
const MOST_ITEMS: usize = 12;

/// Why a cell is what it is; `None` for a peer that is not in the matrix.
pub(crate) fn explain(
    sources: &Sources,
    evaluation: &Evaluation,
    source: PeerId,
    destination: PeerId,
) -> Option<Explanation> {
    let trace = evaluation.trace(source, destination)?;
    let (from, to) = (evaluation.peer(source)?, evaluation.peer(destination)?);
    let explainer = |direction, subject_id, subject, peer| Explainer {
        sources,
        evaluation,
        direction,
        subject_id,
        subject,
        peer,
    };
    let not_evaluated = certainty::not_evaluated(evaluation, source, destination);
    let mend = mend::mend(evaluation, source, destination).filter(|_| !not_evaluated);
    Some(Explanation {
        allowed: connection_set(&trace.allowed),
        not_evaluated,
        egress: explainer(Direction::Egress, source, from, to).end(&trace.egress),
        ingress: explainer(Direction::Ingress, destination, to, from).end(&trace.ingress),
        caveats: trace.caveats.iter().map(|caveat| caveat_in_words(evaluation, caveat)).collect(),
        mend: mend.map(|mend| mend.message),
    })
}

/// One end: the pod that policies select, and the peer that their rules speak of.
struct Explainer<'a> {
    sources: &'a Sources,
    evaluation: &'a Evaluation,
    direction: Direction,
    subject_id: PeerId,
    subject: &'a Peer,
    peer: &'a Peer,
}

impl Explainer<'_> {
    fn end(&self, end: &End) -> DirectionTrace {
        let mut steps = Vec::new();
        if let Some(exemption) = end.exemption {
            steps.push(default_step(self.exempt(exemption)));
        } else if end.tiers.is_empty() && !end.is_evaluated {
            steps.push(TraceStep {
                action: Action::None,
                matched: connection_set(&netpol_eval::ConnectionSet::NONE),
                ..default_step("not evaluated: a policy that may select this pod was not read".to_owned())
            });
        } else if end.tiers.is_empty() {
            let direction = words::direction(self.direction);
            let subject = words::peer_name(self.evaluation, self.subject);
            steps.push(default_step(format!(
                "no NetworkPolicy selects {subject} for {direction}, so everything is allowed"
            )));
        }
        for one in end.network_policies() {
            let Some(policy) = self.evaluation.cluster().policy(one.policy) else { continue };
            let rules = policy.rules(self.direction);
            if !one.is_evaluated {
                steps.push(self.not_evaluated(policy));
                continue;
            }
            if rules.is_empty() {
                steps.push(self.isolate(policy));
            }
            for (at, (rule, trace)) in rules.iter().zip(&one.rules).enumerate() {
                self.rule(policy, at as u32, rule, trace, &mut steps);
            }
        }
        DirectionTrace {
            allowed: connection_set(&end.allowed),
            isolated: !self.evaluation.selecting(self.direction, self.subject_id).is_empty(),
            steps,
        }
    }

    fn exempt(&self, exemption: Exemption) -> String {
        let subject = words::peer_name(self.evaluation, self.subject);
        match exemption {
            Exemption::Itself => format!("{subject} is a single pod, and a pod always reaches itself"),
            Exemption::HostNetwork => {
                format!(
                    "{subject} uses the host network, so no policy selects it and nothing is blocked at this end"
                )
            }
            Exemption::Outside => format!("{subject} is outside the cluster, where no policy applies"),
            Exemption::OwnNode => "traffic between a pod and its own node is always allowed".to_owned(),
        }
    }

    fn not_evaluated(&self, policy: &Policy) -> TraceStep {
        let direction = words::direction(self.direction);
        let reason = format!("isolates for {direction}; its rules are too many and were not evaluated");
        TraceStep { reason, ..self.isolate(policy) }
    }

    fn isolate(&self, policy: &Policy) -> TraceStep {
        let direction = words::direction(self.direction);
        let rules = match self.direction {
            Direction::Ingress => &policy.spec.ingress,
            Direction::Egress => &policy.spec.egress,
        };
        let range = rules.as_ref().map_or(policy.handle.object().range, |rules| rules.range);
        TraceStep {
            tier: Tier::NetworkPolicy,
            policy: Some(object_ref(&policy.reference())),
            rule: None,
            action: Action::Isolate,
            matched: connection_set(&netpol_eval::ConnectionSet::NONE),
            reason: format!("isolates for {direction} and has no {direction} rule, so it allows nothing"),
            span: Some(span(self.sources, policy.handle.span(range))),
        }
    }

    fn rule(
        &self,
        policy: &Policy,
        at: u32,
        rule: &manifest::Rule,
        trace: &RuleTrace,
        steps: &mut Vec<TraceStep>,
    ) {
        let mut push = |action, reason: String, range: TextRange| {
            steps.push(TraceStep {
                tier: Tier::NetworkPolicy,
                policy: Some(object_ref(&policy.reference())),
                rule: Some(at),
                action,
                matched: connection_set(&trace.matched),
                reason,
                span: Some(span(self.sources, policy.handle.span(range))),
            });
        };
        match &trace.peers {
            PeersOutcome::Items(outcomes) if !trace.peers.matches() => {
                let unmatched =
                    rule.peers.iter().zip(outcomes).filter_map(|(item, (_, outcome))| match outcome {
                        PeerOutcome::Matched => None,
                        PeerOutcome::Unmatched(why) => Some((item, why)),
                    });
                for (item, why) in unmatched.take(MOST_ITEMS) {
                    push(Action::None, self.unmatched(policy, item, why), place(item, why));
                }
                if outcomes.len() > MOST_ITEMS {
                    let more = outcomes.len() - MOST_ITEMS;
                    push(Action::None, format!("nor do {more} further items match"), rule.range);
                }
            }
            outcome => {
                let peers = self.matched_peers(policy, rule, outcome);
                let ports = self.ports(rule, &trace.ports);
                let action = if trace.matched.is_empty() { Action::None } else { Action::Allow };
                push(action, format!("{peers}; {ports}"), rule.range);
            }
        }
    }

    fn side(&self) -> &'static str {
        match self.direction {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        }
    }

    fn matched_peers(&self, policy: &Policy, rule: &manifest::Rule, outcome: &PeersOutcome) -> String {
        let PeersOutcome::Items(outcomes) = outcome else {
            return format!("no `{}`, so everyone is meant", self.side());
        };
        let matched =
            rule.peers.iter().zip(outcomes).find(|(_, (_, outcome))| *outcome == PeerOutcome::Matched);
        match matched.map(|(item, _)| item) {
            Some(manifest::Peer::Block { cidr, .. }) => {
                format!("`ipBlock` `{}` holds the address", cidr.value)
            }
            Some(manifest::Peer::Pods { pod_selector, namespace_selector, .. }) => {
                let pods = pod_selector.as_ref().and_then(words::selector);
                let namespaces = namespace_selector.as_ref().map(words::selector);
                let own = self.evaluation.cluster().namespace(policy.namespace).map_or("", |one| &one.name);
                let pods = pods.map_or_else(|| "any pod".to_owned(), |pods| format!("pods with {pods}"));
                match namespaces {
                    None => format!("matches {pods} of `{own}`"),
                    Some(None) => format!("matches {pods} of any namespace"),
                    Some(Some(namespaces)) => format!("matches {pods} of namespaces with {namespaces}"),
                }
            }
            None => String::new(),
        }
    }

    fn ports(&self, rule: &manifest::Rule, outcomes: &[PortOutcome]) -> String {
        if outcomes.is_empty() {
            return "no `ports`, so every port".to_owned();
        }
        let mut opened = Vec::new();
        let mut parts = Vec::new();
        for (port, outcome) in rule.ports.iter().zip(outcomes) {
            let name = match &port.port {
                manifest::PortMatch::Name(name) => name.as_str(),
                manifest::PortMatch::Any | manifest::PortMatch::Range(..) => "",
            };
            match outcome {
                PortOutcome::Opens(set) => opened.extend(set.intervals()),
                PortOutcome::NameNotDeclared => {
                    let protocol = port.protocol.as_str();
                    parts.push(format!("the destination declares no {protocol} port named `{name}`"));
                }
                PortOutcome::NameOfAnAddress => {
                    parts.push(format!("the port name `{name}` means nothing for an address"));
                }
            }
        }
        let opened = netpol_eval::ConnectionSet::from_intervals(opened);
        if !opened.is_empty() {
            parts.insert(0, format!("opens {}", words::connections(&opened)));
        }
        parts.join("; ")
    }

    fn unmatched(&self, policy: &Policy, item: &manifest::Peer, why: &Unmatched) -> String {
        let cluster = self.evaluation.cluster();
        let namespace = self.peer.workload().map_or("", |one| words::namespace_name(self.evaluation, one));
        match (why, item) {
            (Unmatched::NotAPod, _) => {
                "a selector matches pods only, and this end is outside the cluster".to_owned()
            }
            (Unmatched::HostNetwork, _) => "selectors do not see pods on the host network".to_owned(),
            (Unmatched::OtherNamespace, _) => {
                let own = cluster.namespace(policy.namespace).map_or("", |one| &one.name);
                let other =
                    if namespace == "*" { "another one".to_owned() } else { format!("`{namespace}`") };
                format!("no `namespaceSelector`, so only pods of `{own}` are meant; this pod is in {other}")
            }
            (
                Unmatched::NamespaceLabel { requirement, actual },
                manifest::Peer::Pods { namespace_selector, .. },
            ) => {
                let whose = if namespace == "*" {
                    "any other namespace".to_owned()
                } else {
                    format!("namespace `{namespace}`")
                };
                wants(
                    "namespaceSelector",
                    namespace_selector.as_ref(),
                    *requirement,
                    actual.as_deref(),
                    &whose,
                )
            }
            (Unmatched::PodLabel { requirement, actual }, manifest::Peer::Pods { pod_selector, .. }) => {
                wants("podSelector", pod_selector.as_ref(), *requirement, actual.as_deref(), "this pod")
            }
            (Unmatched::OutsideBlock(address), manifest::Peer::Block { cidr, .. }) => {
                format!("{} is not in `ipBlock` `{}`", self.address(address), cidr.value)
            }
            (Unmatched::Excepted(address, except), _) => {
                format!("{} is in `except` `{except}`", self.address(address))
            }
            (Unmatched::OtherFamily, manifest::Peer::Block { cidr, .. }) => {
                let family = if cidr.value.addr().is_ipv4() { "IPv4" } else { "IPv6" };
                format!(
                    "the two cannot meet over {family}, so `ipBlock` `{}` does not count here",
                    cidr.value
                )
            }
            (Unmatched::AddressUnknown, manifest::Peer::Block { cidr, .. }) => {
                format!("no address of this pod is known, so `ipBlock` `{}` does not match it", cidr.value)
            }
            (Unmatched::BlocksMatchNoPods, manifest::Peer::Block { cidr, .. }) => {
                format!("`ipBlock` `{}` matches only addresses outside the cluster", cidr.value)
            }
            _ => "does not match".to_owned(),
        }
    }

    /// The address of a pod, or the whole range of an external peer.
    fn address(&self, address: &std::net::IpAddr) -> String {
        match self.peer {
            Peer::External { .. } | Peer::Domain(_) => words::peer_name(self.evaluation, self.peer),
            Peer::Workload(_) => address.to_string(),
        }
    }
}

fn default_step(reason: String) -> TraceStep {
    TraceStep {
        tier: Tier::Default,
        policy: None,
        rule: None,
        action: Action::Allow,
        matched: connection_set(&netpol_eval::ConnectionSet::all()),
        reason,
        span: None,
    }
}

fn wants(
    field: &str,
    selector: Option<&LabelSelector>,
    requirement: usize,
    actual: Option<&str>,
    whose: &str,
) -> String {
    let Some(requirement) = selector.and_then(|selector| selector.requirements.get(requirement)) else {
        return format!("`{field}` does not match {whose}");
    };
    let key = &requirement.key;
    let has = match actual {
        // "Any other" namespace has a name that nobody wrote.
        Some("*") => "has another name".to_owned(),
        Some(value) => format!("has `{key}: {value}`"),
        None => format!("has no label `{key}`"),
    };
    format!("`{field}` wants `{}`; {whose} {has}", words::requirement(requirement))
}

/// The lines that decide: the requirement, the `except` entry, or the item.
fn place(item: &manifest::Peer, why: &Unmatched) -> TextRange {
    let of_selector = |selector: &Option<LabelSelector>, requirement: usize| {
        selector.as_ref().and_then(|selector| selector.requirements.get(requirement)).map(|one| one.range)
    };
    let range = match (why, item) {
        (Unmatched::NamespaceLabel { requirement, .. }, manifest::Peer::Pods { namespace_selector, .. }) => {
            of_selector(namespace_selector, *requirement)
        }
        (Unmatched::PodLabel { requirement, .. }, manifest::Peer::Pods { pod_selector, .. }) => {
            of_selector(pod_selector, *requirement)
        }
        (Unmatched::OutsideBlock(_) | Unmatched::OtherFamily, manifest::Peer::Block { cidr, .. }) => {
            Some(cidr.range)
        }
        (Unmatched::Excepted(_, network), manifest::Peer::Block { except, .. }) => {
            except.iter().find(|except| except.value == *network).map(|except| except.range)
        }
        _ => None,
    };
    range.unwrap_or(item.range())
}

fn caveat_in_words(evaluation: &Evaluation, caveat: &Caveat) -> String {
    match caveat {
        Caveat::IpBlockReading { reading, allowed } => {
            let reading = match reading {
                IpBlockPods::KnownAddresses => "matches pods by their known addresses",
                IpBlockPods::Never => "never matches pods",
                IpBlockPods::AnyAddress => "may match pods of unknown address",
            };
            let allowed = words::connections(allowed);
            format!("network plugins differ: where an `ipBlock` {reading}, this cell is: {allowed}")
        }
        Caveat::NotEvaluated => {
            "not evaluated: policies here are too large or too many, and what they allow is not known; nothing is shown as open".to_owned()
        }
        Caveat::Families { v4, v6 } => {
            let allowed = |set: &Option<netpol_eval::ConnectionSet>| {
                set.as_ref().map_or("not in common".to_owned(), words::connections)
            };
            format!(
                "addresses of one family meet only addresses of the same family; over IPv4: {}, over IPv6: {}",
                allowed(v4),
                allowed(v6)
            )
        }
        Caveat::NamespaceLabels(namespaces) => {
            let names = namespaces.iter().filter_map(|id| evaluation.cluster().namespace(*id));
            let names: Vec<String> = names.map(|namespace| format!("`{}`", namespace.name)).collect();
            let whose = if names.len() == 1 { "namespace" } else { "namespaces" };
            format!(
                "the input does not hold the {whose} {}, whose labels a `namespaceSelector` asks for; with other labels this cell would be another: add the Namespace with its labels",
                names.join(" and ")
            )
        }
        Caveat::HostNetwork(peer) => {
            let name = evaluation.peer(*peer).map(|peer| words::peer_name(evaluation, peer)).unwrap_or_default();
            format!(
                "{name} uses the host network: network plugins differ in how they treat it; here no policy selects it, selectors do not see it, and its traffic carries its node's address"
            )
        }
        Caveat::NodeTraffic => {
            "traffic between a node and the pods that run on it is always allowed; the verdict here is for a pod on another node".to_owned()
        }
        Caveat::Siblings => {
            "the verdict is between two pods of this workload; a pod always reaches itself".to_owned()
        }
        Caveat::Hairpin => {
            "network plugins differ on connections that a pod opens to its own Service and that come back to it".to_owned()
        }
        Caveat::RewrittenAddress => {
            "a load balancer or a node port may replace the address before the policy sees it; `ipBlock` then sees the node's".to_owned()
        }
        Caveat::AmbiguousPortName(name) => {
            format!("the port name `{name}` stands for several numbers on these pods; network plugins differ in which they allow")
        }
        Caveat::EndPort => "`endPort` needs a network plugin that supports it; others allow the first port only".to_owned(),
        Caveat::Sctp => "SCTP needs a network plugin that supports it".to_owned(),
        Caveat::Tied(policies) => {
            let cluster = evaluation.cluster();
            let names = policies.iter().filter_map(|id| cluster.policy_handle(*id));
            let names: Vec<String> = names.map(|one| format!("`{}`", one.object().metadata.name.value)).collect();
            format!(
                "{} have the same priority and decide differently; any of them may come first, and the strictest is shown",
                names.join(" and ")
            )
        }
        Caveat::Undetermined { least, most } => format!(
            "the input does not tell all that the policies ask for (addresses, labels of nodes, or ports that are the same on all pods): at least {} is allowed, at most {}",
            words::connections(least),
            words::connections(most)
        ),
        Caveat::HypotheticalPortName(name) => {
            format!("no pod of the input declares the port name `{name}`; a number stands in for it")
        }
    }
}
