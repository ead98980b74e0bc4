//! One row of the matrix and one policy by themselves, as they cross to JavaScript.

use serde::Serialize;

use super::{Action, ConnectionSet, ObjectRef, Peer, Span, Tier};

/// One peer: what selects it, what it reaches, what reaches it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PeerProfile {
    /// The same as in `Summary.peers`, without the labels of its namespace.
    pub peer: Peer,
    /// The addresses of its pods that the input tells, sorted.
    pub addresses: Vec<String>,
    /// The policies that have a say for it in ingress, in the order of the text.
    pub ingress: Vec<PolicyMention>,
    /// The same in egress.
    pub egress: Vec<PolicyMention>,
    /// Ingress rules of whatever policy that speak of it as a source.
    pub named_as_source: Vec<RuleMention>,
    /// Egress rules of whatever policy that speak of it as a destination.
    pub named_as_destination: Vec<RuleMention>,
    /// What it reaches, by what is allowed: all first, nothing last.
    pub reaches: Vec<Reach>,
    /// What reaches it, likewise.
    pub reached_by: Vec<Reach>,
    /// The findings about it or proved by a connection of it, by their places in `Summary.findings`.
    pub findings: Vec<u32>,
}

/// A policy that is spoken of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PolicyMention {
    /// What `policy` takes: `shop/deny-all[NetworkPolicy]`.
    pub id: String,
    /// The policy.
    pub object: ObjectRef,
    /// Where it is asked.
    pub tier: Tier,
    /// How many rules it has in this direction.
    pub rules: u32,
    /// Where it is written.
    pub span: Span,
}

/// A rule that speaks of a peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RuleMention {
    /// What `policy` takes.
    pub policy: String,
    /// The policy.
    pub object: ObjectRef,
    /// What it does with the peer: ``allows TCP 5432 to pods with `app: db` of `shop` ``.
    pub text: String,
    /// The rule.
    pub rule: RuleInWords,
}

/// A rule in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RuleInWords {
    /// Its index, from 0.
    pub rule: u32,
    /// Its `name`, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub name: Option<String>,
    /// What it does.
    pub action: Action,
    /// ``allows TCP 8080 from pods with `app: web` of `shop` ``.
    pub text: String,
    /// How many peers of the matrix it speaks of.
    pub peers: u32,
    /// The lines.
    pub span: Span,
}

/// Peers to which, or from which, the same is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Reach {
    /// What is allowed.
    pub connections: ConnectionSet,
    /// 0 where that is certain, 1 where it depends on the network plugin or on more than the input tells, 2 where it was
    /// not evaluated, so that `connections` says nothing.
    pub uncertain: u8,
    /// The peers, as indices of `Summary.peers`, in order.
    pub peers: Vec<u32>,
}

/// One policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PolicyProfile {
    /// What `policy` takes.
    pub id: String,
    /// The policy.
    pub object: ObjectRef,
    /// Where it is asked.
    pub tier: Tier,
    /// Its `priority`, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub priority: Option<u16>,
    /// The directions in which it has a say, `Ingress` and `Egress`, whether or not the text says so.
    pub policy_types: Vec<String>,
    /// Of a NetworkPolicy: whether `policyTypes` is written.
    pub has_policy_types: bool,
    /// The pods on which it acts, in words.
    pub selects: String,
    /// The peers that it selects, as indices of `Summary.peers`, in order.
    pub subjects: Vec<u32>,
    /// Its ingress rules; absent where it has no say in ingress.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub ingress: Option<Vec<RuleInWords>>,
    /// Its egress rules; absent where it has no say in egress.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub egress: Option<Vec<RuleInWords>>,
    /// The findings about it, by their places in `Summary.findings`.
    pub findings: Vec<u32>,
    /// Where it is written.
    pub span: Span,
}
