//! What rules open on a destination, as far as ports go: worked out once for all that declare the same ports.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use netpol_eval::{ConnectionSet, PeerId, PolicyId, Workload};
use netpol_manifest::{Direction, PortMatch, Protocol};

use crate::scene::Scene;
use crate::site::{RuleAt, port_set};
use netpol_source::HashMap;

/// How many intervals of ports are kept in mind at the most.
const MOST_INTERVALS: usize = 2_000_000;

/// Of a rule: the policy, the direction and the index.
type RuleKey = (PolicyId, Direction, usize);

/// By rule and by number of the list of ports that a destination declares.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    known: RefCell<HashMap<(RuleKey, u32), Rc<ConnectionSet>>>,
    intervals: Cell<usize>,
    /// By peer: a number that those share whose pods declare the same ports; from 1.
    lists: RefCell<HashMap<PeerId, u32>>,
    numbers: RefCell<HashMap<Declared, u32>>,
}

/// By pod: name, protocol and number of each port.
type Declared = Vec<Vec<(Option<String>, Protocol, u16)>>;

impl Opened {
    /// What a rule opens on a destination; without one, what it opens by number.
    pub(crate) fn by(
        &self,
        scene: &Scene<'_>,
        at: &RuleAt<'_>,
        destination: Option<PeerId>,
    ) -> Rc<ConnectionSet> {
        let destination = destination.and_then(|peer| Some((peer, scene.workload(peer)?)));
        let names_ports = || at.rule.ports.iter().any(|port| matches!(port.port, PortMatch::Name(_)));
        let rule = (at.policy_id, at.direction, at.index);
        let list = match destination {
            Some((peer, workload)) if names_ports() => self.list(scene, peer, workload),
            // By number, a rule opens the same everywhere.
            _ => 0,
        };
        if let Some(known) = self.known.borrow().get(&(rule, list)) {
            scene.work(1);
            return Rc::clone(known);
        }
        scene.work(at.rule.ports.len() + 1);
        let opened = Rc::new(opened(at, destination.map(|(_, workload)| workload)));
        let intervals = self.intervals.get() + opened.intervals().count() + 1;
        let mut known = self.known.borrow_mut();
        self.intervals.set(intervals);
        if intervals > MOST_INTERVALS {
            known.clear();
            self.intervals.set(0);
        }
        known.insert((rule, list), Rc::clone(&opened));
        opened
    }

    fn list(&self, scene: &Scene<'_>, peer: PeerId, workload: &Workload) -> u32 {
        if let Some(known) = self.lists.borrow().get(&peer) {
            return *known;
        }
        let pod = |ports: &Vec<netpol_manifest::ContainerPort>| {
            ports.iter().map(|port| (port.name.clone(), port.protocol, port.port)).collect()
        };
        let declared: Declared = workload.ports.iter().map(pod).collect();
        scene.work(declared.iter().map(Vec::len).sum::<usize>() + 1);
        let mut numbers = self.numbers.borrow_mut();
        let next = u32::try_from(numbers.len() + 1).unwrap_or(u32::MAX);
        let number = *numbers.entry(declared).or_insert(next);
        self.lists.borrow_mut().insert(peer, number);
        number
    }
}

/// What a rule opens on a destination, looked at for itself.
pub(crate) fn opened(at: &RuleAt<'_>, destination: Option<&Workload>) -> ConnectionSet {
    if at.rule.ports.is_empty() {
        return ConnectionSet::all();
    }
    // All at once: one after the other would take long for a long list.
    let ports = at.rule.ports.iter().map(|port| port_set(port, destination));
    ConnectionSet::from_intervals(ports.flat_map(|set| set.intervals().collect::<Vec<_>>()))
}
