//! The order of tiers: what one end of a connection lets pass.

use super::Probe;
use super::cluster_policy::{self, Action};
use super::policy;
use super::rows::Row;

/// What one end of a connection says of it, tier by tier: "Admin tier, NetworkPolicy tier, Baseline tier"
/// (`ClusterNetworkPolicySpec.tier`).
#[derive(Debug, Default)]
pub struct End<'a> {
    /// By ascending priority.
    pub(super) admin: Vec<Tied<'a>>,
    /// What NetworkPolicies open where at least one of them isolates the end.
    pub(super) isolated: Option<Vec<Opening<'a>>>,
    /// By ascending priority.
    pub(super) baseline: Vec<Tied<'a>>,
    /// What the BaselineAdminNetworkPolicy says.
    pub(super) baseline_admin: Vec<Matched<'a>>,
    pub(super) ties: Ties,
}

/// The policies of one tier and priority: the rules of each that match the other end, in order.
#[derive(Debug)]
pub(super) struct Tied<'a> {
    pub(super) priority: u64,
    pub(super) policies: Vec<Vec<Matched<'a>>>,
}

/// Which of several tied policies counts: "If two (or more) policies in the same tier with the same priority could match
/// a connection, then the implementation can apply any of the matching policies to the connection"
/// (`ClusterNetworkPolicySpec.priority`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Ties {
    /// Deny over Pass over Allow.
    #[default]
    Strict,
    /// Allow over Pass over Deny.
    Lenient,
}

impl Ties {
    fn decide(self, found: impl Iterator<Item = Action>) -> Option<Action> {
        let order = match self {
            Self::Strict => [Action::Deny, Action::Pass, Action::Allow],
            Self::Lenient => [Action::Allow, Action::Pass, Action::Deny],
        };
        let found: Vec<Action> = found.collect();
        order.into_iter().find(|action| found.contains(action))
    }
}

/// A rule of a cluster-scoped policy that matches the other end.
#[derive(Debug)]
pub(super) struct Matched<'a> {
    pub(super) action: Action,
    /// Nothing for everything.
    pub(super) ports: Option<&'a [cluster_policy::Port]>,
    /// Whose port names count.
    pub(super) names: Option<&'a Row>,
    pub(super) several: Several,
}

/// What counts over the several pods of one workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Several {
    /// What holds for each of them where it opens, for any of them where it closes.
    Strict,
    /// The other way round.
    Lenient,
}

impl Several {
    /// Whether a rule counts that holds for each pod, or for any.
    pub(super) fn counts(self, action: Action, each: bool, any: bool) -> bool {
        match (self, action) {
            (Self::Strict, Action::Allow | Action::Pass) | (Self::Lenient, Action::Deny) => each,
            (Self::Strict, Action::Deny) | (Self::Lenient, Action::Allow | Action::Pass) => any,
        }
    }
}

/// A rule of a NetworkPolicy that matches the other end.
#[derive(Debug)]
pub(super) struct Opening<'a> {
    pub(super) ports: &'a [policy::Port],
    /// Whose port names count.
    pub(super) names: Option<&'a Row>,
    pub(super) several: Several,
}

impl End<'_> {
    /// "If Admin tier has made a final decision (Accept or Deny) on a connection, then no further evaluation is done. […]
    /// v1.NetworkPolicy always makes a final decision for selected pods. Further evaluation only happens for Pods not
    /// selected by a v1.NetworkPolicy. […] If a given connection wasn't allowed or denied by any of the tiers, the
    /// default kubernetes policy is applied, which says that all pods can communicate with each other."
    /// (`ClusterNetworkPolicySpec.tier`)
    pub(super) fn allows(&self, probe: Probe) -> bool {
        match self.first_of(&self.admin, probe) {
            Some(Action::Allow) => return true,
            Some(Action::Deny) => return false,
            Some(Action::Pass) | None => {}
        }
        if let Some(openings) = &self.isolated {
            return openings.iter().any(|opening| opening.allows(probe));
        }
        // The place of the BaselineAdminNetworkPolicy among those with a priority is not defined.
        let joint = self.first_of(&self.baseline, probe);
        let own = first_rule(&self.baseline_admin, probe);
        self.ties.decide(joint.into_iter().chain(own)) != Some(Action::Deny)
    }

    /// "Policies with lower priority values have higher precedence, and are checked before policies with higher priority
    /// values in the same tier." (`ClusterNetworkPolicySpec.priority`)
    fn first_of(&self, tier: &[Tied<'_>], probe: Probe) -> Option<Action> {
        tier.iter().find_map(|tied| {
            self.ties.decide(tied.policies.iter().filter_map(|rules| first_rule(rules, probe)))
        })
    }
}

/// "a rule that appears at the top of the ingress rules would take the highest precedence"
/// (`ClusterNetworkPolicySpec.ingress`)
fn first_rule(rules: &[Matched<'_>], probe: Probe) -> Option<Action> {
    rules.iter().find_map(|rule| rule.decides(probe))
}

impl Matched<'_> {
    /// "Protocols allows for more fine-grain matching of traffic on protocol-specific attributes such as the port. If
    /// unspecified, protocol-specific attributes will not be used to match traffic."
    /// (`ClusterNetworkPolicyEgressRule.protocols`)
    ///
    /// Where the pods of a workload give one name different numbers, those of each pod are allowed, those of any are
    /// denied; a pass lets those of each pass and denies the rest.
    fn decides(&self, probe: Probe) -> Option<Action> {
        let Some(ports) = self.ports else { return Some(self.action) };
        if ports.iter().any(|port| port.holds(probe)) {
            return Some(self.action);
        }
        let destination = self.names?;
        let declared = || ports.iter().map(|port| port.declared(destination, probe));
        let (each, any) = (declared().any(|(each, _)| each), declared().any(|(_, any)| any));
        if self.several.counts(self.action, each, any) {
            return Some(self.action);
        }
        (self.action == Action::Pass && any).then_some(Action::Deny)
    }
}

impl Opening<'_> {
    /// "ports is a list of ports […] Each item in this list is combined using a logical OR. If this field is empty or
    /// missing, this rule matches all ports (traffic not restricted by port). If this field is present and contains at
    /// least one item, then this rule allows traffic only if the traffic matches at least one port in the list."
    /// (`NetworkPolicyIngressRule.ports`)
    fn allows(&self, probe: Probe) -> bool {
        self.ports.is_empty() || self.ports.iter().any(|port| port.matches(self.names, self.several, probe))
    }
}
