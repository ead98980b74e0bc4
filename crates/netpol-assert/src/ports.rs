//! The ports that an expectation asks about, which names make another set at each destination.

use netpol_eval::{ConnectionSet, PortSet, Workload};
use netpol_manifest::{Expectation, PortMatch, Protocol, TestPort};
use netpol_source::TextRange;

use crate::outcome::Expect;

/// The ports of an expectation, before names are looked up.
#[derive(Clone, Debug, PartialEq)]
pub struct PortsWanted<'a> {
    expect: Expect,
    /// What numbers say.
    numbers: ConnectionSet,
    names: Vec<(Protocol, &'a str, TextRange)>,
    but: ConnectionSet,
    but_names: Vec<(Protocol, &'a str)>,
}

/// The ports that an expectation asks about.
pub fn ports_of(expect: Expect, expectation: &Expectation) -> PortsWanted<'_> {
    let named = |port: &'_ TestPort| matches!(port.port, PortMatch::Name(_));
    let numbers = |ports: &[TestPort]| {
        let ports = ports.iter().filter(|port| !named(port)).map(|port| match port.port {
            PortMatch::Range(first, last) => (port.protocol, first, last),
            PortMatch::Any | PortMatch::Name(_) => (port.protocol, 1, u16::MAX),
        });
        ConnectionSet::from_intervals(ports)
    };
    let name = |port: &'_ TestPort| matches!(port.port, PortMatch::Name(_)).then_some(port.range);
    let mut wanted = PortsWanted {
        expect,
        numbers: if expectation.ports.is_empty() {
            ConnectionSet::all()
        } else {
            numbers(&expectation.ports)
        },
        names: Vec::new(),
        but: numbers(&expectation.except_ports),
        but_names: Vec::new(),
    };
    for port in &expectation.ports {
        if let (PortMatch::Name(text), Some(range)) = (&port.port, name(port)) {
            wanted.names.push((port.protocol, text, range));
        }
    }
    for port in &expectation.except_ports {
        if let PortMatch::Name(text) = &port.port {
            wanted.but_names.push((port.protocol, text));
        }
    }
    wanted
}

impl PortsWanted<'_> {
    /// Whether they are the same at each destination.
    pub(crate) fn are_the_same_everywhere(&self) -> bool {
        self.names.is_empty() && self.but_names.is_empty()
    }

    /// How many names there are to look up.
    pub(crate) fn names(&self) -> usize {
        self.names.len() + self.but_names.len()
    }

    /// The ports at a destination: of a name with several numbers all where they must be denied, and those that each pod
    /// has where they must be allowed.
    pub fn at(&self, destination: Option<&Workload>) -> ConnectionSet {
        let mut all = self.numbers.clone();
        for (protocol, name, _) in &self.names {
            let numbers = destination.map_or(PortSet::NONE, |workload| match self.expect {
                Expect::Allow => workload.named_ports(name, *protocol),
                Expect::Deny => workload.any_named_ports(name, *protocol),
            });
            all = all.union(&ConnectionSet::of(*protocol, numbers));
        }
        all = all.difference(&self.but);
        for (protocol, name) in &self.but_names {
            let numbers = destination.map_or(PortSet::NONE, |workload| workload.named_ports(name, *protocol));
            all = all.difference(&ConnectionSet::of(*protocol, numbers));
        }
        all
    }

    /// Marks the names that a destination has.
    pub(crate) fn mark_known(&self, destination: &Workload, known: &mut [bool]) {
        for ((protocol, name, _), known) in self.names.iter().zip(known) {
            if !*known {
                *known = !destination.any_named_ports(name, *protocol).is_empty();
            }
        }
    }

    /// The place of the first name that is not known.
    pub(crate) fn first_unknown(&self, known: &[bool]) -> Option<TextRange> {
        let mut names = self.names.iter().zip(known);
        names.find(|(_, known)| !**known).map(|((.., range), _)| *range)
    }

    /// None of the names is known yet.
    pub(crate) fn nothing_known(&self) -> Vec<bool> {
        vec![false; self.names.len()]
    }
}
