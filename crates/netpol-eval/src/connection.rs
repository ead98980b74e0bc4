//! Exact sets of (protocol, port), and their interning.

use std::rc::Rc;

use netpol_manifest::Protocol;
use netpol_source::{HashMap, order};

/// A set of ports 1-65535 as inclusive intervals: sorted, disjoint, and no two of them adjacent.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortSet(Vec<(u16, u16)>);

impl PortSet {
    /// No port.
    pub const NONE: Self = Self(Vec::new());

    /// Every port, 1-65535.
    pub fn all() -> Self {
        Self(vec![(1, u16::MAX)])
    }

    /// `first` to `last`, both inclusive; nothing where `last` is below `first`. Port 0 does not exist.
    pub fn range(first: u16, last: u16) -> Self {
        let first = first.max(1);
        if first <= last { Self(vec![(first, last)]) } else { Self::NONE }
    }

    /// All of these inclusive intervals, in whatever order, overlapping or not.
    pub fn from_intervals(intervals: Vec<(u16, u16)>) -> Self {
        let valid = |(first, last): (u16, u16)| (first.max(1) <= last).then_some((first.max(1), last));
        let mut intervals: Vec<(u16, u16)> = intervals.into_iter().filter_map(valid).collect();
        order::sort(&mut intervals);
        Self(merged(intervals))
    }

    /// The intervals.
    pub fn intervals(&self) -> &[(u16, u16)] {
        &self.0
    }

    /// How many ports are in it.
    pub fn count(&self) -> usize {
        self.0.iter().map(|(first, last)| usize::from(*last - *first) + 1).sum()
    }

    /// Whether there is no port in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every port is in it.
    pub fn is_all(&self) -> bool {
        self.0 == [(1, u16::MAX)]
    }

    /// Whether `port` is in it.
    pub fn contains(&self, port: u16) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= port);
        after.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|(_, last)| port <= *last)
    }

    /// The ports of either.
    pub fn union(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let in_order = std::iter::from_fn(|| match (left.peek(), right.peek()) {
            (Some(a), Some(b)) if b < a => right.next(),
            (Some(_), _) => left.next(),
            (None, _) => right.next(),
        });
        Self(merged(in_order.copied().collect()))
    }

    /// The ports of both.
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.common(other).collect())
    }

    /// The intervals of the ports of both.
    fn common<'s>(&'s self, other: &'s Self) -> impl Iterator<Item = (u16, u16)> + 's {
        let (mut left, mut right) = (self.near(other), other.near(self));
        std::iter::from_fn(move || {
            while let ([(a, b), behind_left @ ..], [(c, d), behind_right @ ..]) = (left, right) {
                let (first, last) = (*a.max(c), *b.min(d));
                if b < d {
                    left = behind_left;
                } else {
                    right = behind_right;
                }
                if first <= last {
                    return Some((first, last));
                }
            }
            None
        })
    }

    /// The ports of `self` that are not in `other`.
    pub fn difference(&self, other: &Self) -> Self {
        let mut result = Vec::new();
        let mut holes = other.near(self);
        for (first, last) in &self.0 {
            // What of the interval is not looked at yet.
            let mut from = *first;
            let mut is_left = true;
            while let [(start, end), behind @ ..] = holes {
                if end < first {
                    holes = behind;
                    continue;
                }
                if start > last {
                    break;
                }
                if *start > from {
                    result.push((from, *start - 1));
                }
                if end >= last {
                    is_left = false;
                    break;
                }
                from = *end + 1;
                holes = behind;
            }
            if is_left {
                result.push((from, *last));
            }
        }
        Self(result)
    }

    /// Whether every port of `other` is in it.
    pub fn includes(&self, other: &Self) -> bool {
        let mut near = self.near(other);
        other.0.iter().all(|(first, last)| {
            while let [(_, end), behind @ ..] = near
                && end < first
            {
                near = behind;
            }
            near.first().is_some_and(|(start, end)| start <= first && last <= end)
        })
    }

    /// Whether some port is in both.
    pub fn meets(&self, other: &Self) -> bool {
        self.common(other).next().is_some()
    }

    /// The intervals that reach between the ends of another set: a small one costs little, however large this one is.
    fn near(&self, other: &Self) -> &[(u16, u16)] {
        let (Some((first, _)), Some((_, last))) = (other.0.first(), other.0.last()) else { return &[] };
        let from = self.0.partition_point(|(_, end)| end < first);
        let to = self.0.partition_point(|(start, _)| start <= last);
        self.0.get(from..to).unwrap_or_default()
    }
}

/// Sorted intervals, those joined that overlap or touch.
fn merged(intervals: Vec<(u16, u16)>) -> Vec<(u16, u16)> {
    let mut merged: Vec<(u16, u16)> = Vec::with_capacity(intervals.len());
    for (first, last) in intervals {
        match merged.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => merged.push((first, last)),
        }
    }
    merged
}

/// A set of (protocol, port).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionSet {
    ports: [PortSet; 3],
}

impl ConnectionSet {
    /// No connection.
    pub const NONE: Self = Self { ports: [PortSet::NONE, PortSet::NONE, PortSet::NONE] };

    /// Every port of every protocol.
    pub fn all() -> Self {
        Self { ports: [PortSet::all(), PortSet::all(), PortSet::all()] }
    }

    /// These ports of one protocol.
    pub fn of(protocol: Protocol, ports: PortSet) -> Self {
        let mut set = Self::NONE;
        *set.ports_mut(protocol) = ports;
        set
    }

    /// All of these inclusive intervals.
    pub fn from_intervals(intervals: impl IntoIterator<Item = (Protocol, u16, u16)>) -> Self {
        let mut by_protocol = Protocol::ALL.map(|protocol| (protocol, Vec::new()));
        for (protocol, first, last) in intervals {
            for (_, list) in by_protocol.iter_mut().filter(|(one, _)| *one == protocol) {
                list.push((first, last));
            }
        }
        let mut set = Self::NONE;
        for (protocol, list) in by_protocol {
            *set.ports_mut(protocol) = PortSet::from_intervals(list);
        }
        set
    }

    /// The ports of one protocol.
    pub fn ports(&self, protocol: Protocol) -> &PortSet {
        let [tcp, udp, sctp] = &self.ports;
        match protocol {
            Protocol::Tcp => tcp,
            Protocol::Udp => udp,
            Protocol::Sctp => sctp,
        }
    }

    fn ports_mut(&mut self, protocol: Protocol) -> &mut PortSet {
        let [tcp, udp, sctp] = &mut self.ports;
        match protocol {
            Protocol::Tcp => tcp,
            Protocol::Udp => udp,
            Protocol::Sctp => sctp,
        }
    }

    /// Its intervals, by protocol.
    pub fn intervals(&self) -> impl Iterator<Item = (Protocol, u16, u16)> {
        let of = |protocol| {
            self.ports(protocol).intervals().iter().map(move |(first, last)| (protocol, *first, *last))
        };
        Protocol::ALL.into_iter().flat_map(of)
    }

    /// Whether it is the empty set.
    pub fn is_empty(&self) -> bool {
        self.ports.iter().all(PortSet::is_empty)
    }

    /// Whether it holds every port of every protocol.
    pub fn is_all(&self) -> bool {
        self.ports.iter().all(PortSet::is_all)
    }

    /// Whether one connection is in it.
    pub fn contains(&self, protocol: Protocol, port: u16) -> bool {
        self.ports(protocol).contains(port)
    }

    /// Whether every connection of `other` is in it.
    pub fn includes(&self, other: &Self) -> bool {
        self.ports.iter().zip(&other.ports).all(|(ports, other)| ports.includes(other))
    }

    /// Whether some connection is in both.
    pub fn meets(&self, other: &Self) -> bool {
        self.ports.iter().zip(&other.ports).any(|(ports, other)| ports.meets(other))
    }

    /// The connections of either.
    pub fn union(&self, other: &Self) -> Self {
        self.combine(other, PortSet::union)
    }

    /// The connections of both.
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, PortSet::intersection)
    }

    /// The connections of `self` that are not in `other`.
    pub fn difference(&self, other: &Self) -> Self {
        self.combine(other, PortSet::difference)
    }

    fn combine(&self, other: &Self, operation: impl Fn(&PortSet, &PortSet) -> PortSet) -> Self {
        let [tcp, udp, sctp] = &self.ports;
        let [other_tcp, other_udp, other_sctp] = &other.ports;
        Self { ports: [operation(tcp, other_tcp), operation(udp, other_udp), operation(sctp, other_sctp)] }
    }

    /// One connection of the set, the lowest port of the first protocol that has any.
    pub fn first(&self) -> Option<(Protocol, u16)> {
        Protocol::ALL.into_iter().find_map(|protocol| {
            self.ports(protocol).intervals().first().map(|(first, _)| (protocol, *first))
        })
    }
}

/// An interned set: equal ids mean equal sets, as long as they are of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u32);

impl ConnectionId {
    /// The empty set, in every table.
    pub const NONE: Self = Self(0);
    /// The full set, in every table.
    pub const ALL: Self = Self(1);
}

/// Interned sets with remembered unions, intersections and differences.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionTable {
    sets: Vec<Rc<ConnectionSet>>,
    ids: HashMap<Rc<ConnectionSet>, ConnectionId>,
    unions: HashMap<(ConnectionId, ConnectionId), ConnectionId>,
    intersections: HashMap<(ConnectionId, ConnectionId), ConnectionId>,
    differences: HashMap<(ConnectionId, ConnectionId), ConnectionId>,
    /// How many intervals the sets hold, and how many combinations are remembered.
    size: usize,
}

impl ConnectionTable {
    pub(crate) fn new() -> Self {
        let mut table = Self {
            sets: Vec::new(),
            ids: HashMap::default(),
            unions: HashMap::default(),
            intersections: HashMap::default(),
            differences: HashMap::default(),
            size: 0,
        };
        table.intern(ConnectionSet::NONE);
        table.intern(ConnectionSet::all());
        table
    }

    pub(crate) fn intern(&mut self, set: ConnectionSet) -> ConnectionId {
        if let Some(id) = self.ids.get(&set) {
            return *id;
        }
        let id = ConnectionId(self.sets.len() as u32);
        self.size += 8 + set.intervals().count();
        let set = Rc::new(set);
        self.sets.push(Rc::clone(&set));
        self.ids.insert(set, id);
        id
    }

    /// How much it holds: intervals, and some for each set and each combination.
    pub(crate) fn size(&self) -> usize {
        self.size + 4 * (self.unions.len() + self.intersections.len() + self.differences.len())
    }

    pub(crate) fn get(&self, id: ConnectionId) -> &ConnectionSet {
        const NONE: &ConnectionSet = &ConnectionSet::NONE;
        self.sets.get(id.0 as usize).map_or(NONE, Rc::as_ref)
    }

    pub(crate) fn union(&mut self, a: ConnectionId, b: ConnectionId) -> ConnectionId {
        match (a, b) {
            (ConnectionId::NONE, other) | (other, ConnectionId::NONE) => other,
            (ConnectionId::ALL, _) | (_, ConnectionId::ALL) => ConnectionId::ALL,
            _ if a == b => a,
            _ => {
                let key = (a.min(b), a.max(b));
                if let Some(id) = self.unions.get(&key) {
                    return *id;
                }
                let set = self.get(a).union(self.get(b));
                let id = self.intern(set);
                self.unions.insert(key, id);
                id
            }
        }
    }

    pub(crate) fn intersection(&mut self, a: ConnectionId, b: ConnectionId) -> ConnectionId {
        match (a, b) {
            (ConnectionId::ALL, other) | (other, ConnectionId::ALL) => other,
            (ConnectionId::NONE, _) | (_, ConnectionId::NONE) => ConnectionId::NONE,
            _ if a == b => a,
            _ => {
                let key = (a.min(b), a.max(b));
                if let Some(id) = self.intersections.get(&key) {
                    return *id;
                }
                let set = self.get(a).intersection(self.get(b));
                let id = self.intern(set);
                self.intersections.insert(key, id);
                id
            }
        }
    }

    /// What of `a` is not in `b`.
    pub(crate) fn difference(&mut self, a: ConnectionId, b: ConnectionId) -> ConnectionId {
        match (a, b) {
            (ConnectionId::NONE, _) | (_, ConnectionId::ALL) => ConnectionId::NONE,
            (_, ConnectionId::NONE) => a,
            _ if a == b => ConnectionId::NONE,
            _ => {
                if let Some(id) = self.differences.get(&(a, b)) {
                    return *id;
                }
                let set = self.get(a).difference(self.get(b));
                let id = self.intern(set);
                self.differences.insert((a, b), id);
                id
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(intervals: &[(u16, u16)]) -> PortSet {
        intervals.iter().fold(PortSet::NONE, |set, (first, last)| set.union(&PortSet::range(*first, *last)))
    }

    #[test]
    fn unions_merge_overlapping_and_adjacent_intervals() {
        assert_eq!(set(&[(80, 90), (91, 95), (1, 2), (85, 86)]).intervals(), [(1, 2), (80, 95)]);
        assert_eq!(set(&[(1, 65535), (7, 7)]), PortSet::all());
        assert_eq!(set(&[(65535, 65535), (65534, 65534)]).intervals(), [(65534, 65535)]);
    }

    #[test]
    fn intersections_and_differences_are_exact() {
        let set_a = set(&[(10, 20), (30, 40), (65535, 65535)]);
        let set_b = set(&[(15, 32), (40, 50)]);
        assert_eq!(set_a.intersection(&set_b).intervals(), [(15, 20), (30, 32), (40, 40)]);
        assert_eq!(set_a.difference(&set_b).intervals(), [(10, 14), (33, 39), (65535, 65535)]);
        assert_eq!(PortSet::all().difference(&set_a).intervals(), [(1, 9), (21, 29), (41, 65534)]);
        assert!(set_a.difference(&PortSet::all()).is_empty());
        let between = set(&[(21, 29), (50, 60)]);
        assert!(set_a.intersection(&between).is_empty() && between.intersection(&set_a).is_empty());
        assert_eq!((set_a.difference(&between), between.difference(&set_a)), (set_a, between));
    }

    #[test]
    fn whether_sets_meet_or_include_each_other_is_what_their_intersections_and_differences_say() {
        // All sets of the ports 1 to 6 and the last one.
        let of = |bits: u32| {
            let ports = (0..7).filter(|bit| bits & (1 << bit) != 0);
            let ports = ports.map(|bit| if bit == 6 { u16::MAX } else { bit + 1 });
            PortSet::from_intervals(ports.map(|port| (port, port)).collect())
        };
        for one in 0..128 {
            for other in 0..128 {
                let (a, b) = (of(one), of(other));
                assert_eq!((a.intersection(&b), a.difference(&b)), (of(one & other), of(one & !other)));
                assert_eq!((a.meets(&b), a.includes(&b)), (one & other != 0, other & !one == 0));
            }
        }
        let (few, many) = (set(&[(10, 20), (30, 40)]), set(&[(5, 50)]));
        assert!(many.includes(&few) && !few.includes(&many) && few.meets(&many));
        assert!(!few.includes(&set(&[(12, 35)])) && few.includes(&set(&[(10, 20), (31, 31)])));
        assert_eq!(many.difference(&few).intervals(), [(5, 9), (21, 29), (41, 50)]);
        assert_eq!(set(&[(12, 35)]).difference(&few).intervals(), [(21, 29)]);
    }

    #[test]
    fn port_0_does_not_exist() {
        assert!(PortSet::range(0, 0).is_empty());
        assert!(!PortSet::all().contains(0));
        assert!(PortSet::all().contains(65535));
    }

    #[test]
    fn equal_sets_are_interned_once() {
        let mut table = ConnectionTable::new();
        let web = table.intern(ConnectionSet::of(Protocol::Tcp, PortSet::range(80, 80)));
        let dns = table.intern(ConnectionSet::of(Protocol::Udp, PortSet::range(53, 53)));
        let both = table.union(web, dns);
        assert_eq!(both, table.union(dns, web));
        assert_eq!(table.intersection(both, web), web);
        assert_eq!(table.difference(both, web), dns);
        assert_eq!(table.difference(web, both), ConnectionId::NONE);
        assert_eq!(table.intersection(web, dns), ConnectionId::NONE);
        assert_eq!(table.union(both, ConnectionId::ALL), ConnectionId::ALL);
    }
}
