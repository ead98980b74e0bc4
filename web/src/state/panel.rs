//! What is open beside the matrix: why a cell is what it is, a question, all about one peer or policy, a change before it is
//! made.

use netpol_view::Reach;
use netpol_view::contract::{
    Explanation, Peer, PeerType, PortWanted, PortsWanted, Preview, Protocol, Verdict,
};
use netpol_view::sheet::Sheet;

use super::questions::{Standing, Typed};
use super::shared::Shared;

/// A cell that was opened, and why it is what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// Peer id.
    pub source: String,
    /// Peer id.
    pub destination: String,
    /// The answer.
    pub answer: Answer<Explanation>,
    /// Where the keyboard goes back to.
    pub(super) from: Origin,
    pub(super) request: u32,
    /// Whether it was opened since it was last answered.
    pub(super) is_new: bool,
}

/// What is known of something that was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<T> {
    /// The worker was asked.
    Asked,
    /// It answered.
    Known(Shared<T>),
    /// Its analysis has no answer.
    Unknown,
}

impl<T> Answer<T> {
    /// The answer, once it is there.
    pub fn known(&self) -> Option<&Shared<T>> {
        match self {
            Self::Known(answer) => Some(answer),
            Self::Asked | Self::Unknown => None,
        }
    }
}

/// The question that is open: can this source reach this destination?
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What was asked, or what the form begins with.
    pub typed: Typed,
    /// The answer.
    pub state: QueryState,
    /// Those that are kept, in their order.
    pub kept: Vec<Kept>,
    pub(super) request: u32,
    /// Whether somebody has asked since it was last answered.
    pub(super) is_new: bool,
}

/// A question that is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// How it stands.
    pub standing: Standing,
    pub(super) request: u32,
}

/// How far a question is.
#[derive(Clone, Debug, PartialEq)]
pub enum QueryState {
    /// Not asked yet.
    Open,
    /// The worker was asked.
    Asked,
    /// Of one port: yes or no, and why.
    Answered(Shared<Verdict>),
    /// Of any port: what is allowed, and why.
    Reached(Shared<Reach>),
    /// An end is nobody's, the port is none, or the worker cannot tell; in words.
    Failed(String),
}

impl Query {
    /// The ids of the ends that are meant, once it is answered.
    pub fn ends(&self) -> Option<(&str, &str)> {
        match &self.state {
            QueryState::Answered(verdict) => {
                Some((&verdict.connection.source, &verdict.connection.destination))
            }
            QueryState::Reached(reach) => Some((&reach.source, &reach.destination)),
            QueryState::Open | QueryState::Asked | QueryState::Failed(_) => None,
        }
    }

    /// Whether it was asked, so that it is asked again of a newer analysis.
    pub(super) fn was_asked(&self) -> bool {
        self.state != QueryState::Open
    }
}

/// A peer or a policy that is described.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// What it is called: the id of a peer, or of a policy.
    pub id: String,
    /// What there is to say.
    pub answer: Answer<Sheet>,
    /// Where the keyboard goes back to.
    pub from: Origin,
    pub(super) request: u32,
}

/// Where somebody was who wants to know all about something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In the matrix.
    Matrix,
    /// In the editor.
    Editor,
    /// At a finding, by its place in the list.
    Finding(u32),
    /// In the task of a lab.
    Task,
}

/// A change that somebody wants to see before it is made.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// What it mends.
    pub of: Mended,
    /// The change.
    pub answer: Answer<Preview>,
    /// What else is to be known of it.
    pub notes: Vec<String>,
    pub(super) request: u32,
    /// Of the input that it is for.
    pub(super) revision: u32,
}

/// What a change mends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mended {
    /// The cell that is open or asked about, on these ports.
    Cell(PortsWanted),
    /// A finding of the analysis in sight, by its place in the list.
    Finding(u32),
    /// The same in one of several ways, by its place among them.
    Way(u32, u32),
    /// A finding that is meant to be so, by its place: an annotation says it.
    Silenced(u32),
    /// All policies of a superseded kind.
    Superseded,
}

/// So many declared ports are offered.
const MOST_PORTS: usize = 6;
/// The port of most that is outside.
const HTTPS: PortWanted = PortWanted { protocol: Protocol::Tcp, port: 443 };

/// What a change of a cell may open: what its destination is there for, and last everything.
pub fn ports_offered(destination: &Peer) -> Vec<PortsWanted> {
    let mut offered: Vec<PortsWanted> = Vec::new();
    for port in destination.ports.iter().flatten() {
        let port = PortsWanted::One(PortWanted { protocol: port.protocol, port: port.port });
        if !offered.contains(&port) && offered.len() < MOST_PORTS {
            offered.push(port);
        }
    }
    if destination.peer_type == PeerType::External {
        offered.push(PortsWanted::One(HTTPS));
    }
    offered.push(PortsWanted::Every);
    offered
}

#[cfg(test)]
mod tests {
    use netpol_view::contract::Port;

    use super::*;
    use crate::state::fixture;

    #[test]
    fn what_a_destination_is_there_for_is_offered_first() {
        let one = |protocol, port| PortsWanted::One(PortWanted { protocol, port });
        let mut peer = fixture::workload("shop", "cart");
        peer.ports = None;
        assert_eq!(ports_offered(&peer), [PortsWanted::Every]);
        let port = |protocol, port| Port { name: None, port, protocol };
        let (http, dns) = (port(Protocol::Tcp, 8080), port(Protocol::Udp, 53));
        peer.ports = Some(vec![http.clone(), dns, http]);
        let wanted = [one(Protocol::Tcp, 8080), one(Protocol::Udp, 53), PortsWanted::Every];
        assert_eq!(ports_offered(&peer), wanted);
        let outside = ports_offered(&fixture::external(&["0.0.0.0/0"]));
        assert_eq!(outside, [one(Protocol::Tcp, 443), PortsWanted::Every]);
    }
}
