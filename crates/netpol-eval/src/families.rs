//! The families of addresses in which the pods of two peers can meet.

use crate::cluster::Cluster;
use crate::compile::Family;
use crate::peer::{Peer, addresses_of};

/// The families of which the pods of a peer have addresses: which of [`PodFamilies`] occur among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Families([bool; 5]);

/// The families of the addresses of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PodFamilies {
    /// It is no pod: which addresses meet is clear.
    Outside,
    /// No address is known.
    Unknown,
    V4,
    V6,
    Both,
}

impl PodFamilies {
    const ALL: [Self; 5] = [Self::Outside, Self::Unknown, Self::V4, Self::V6, Self::Both];

    /// The families in which two pods can meet, each to be judged by itself, the results to be united.
    fn meeting(self, other: Self) -> &'static [usize] {
        let has = |one: Self| match one {
            Self::Outside | Self::Unknown | Self::Both => (true, true),
            Self::V4 => (true, false),
            Self::V6 => (false, true),
        };
        if matches!((self, other), (Self::Outside, _) | (_, Self::Outside) | (Self::Unknown, Self::Unknown)) {
            return &[EITHER];
        }
        let ((a4, a6), (b4, b6)) = (has(self), has(other));
        match (a4 && b4, a6 && b6) {
            (true, true) => &[V4, V6],
            (true, false) => &[V4],
            (false, true) => &[V6],
            (false, false) => &[],
        }
    }
}

/// Which blocks count for pods: all, those of IPv4, those of IPv6; index into the rows of an end.
pub(crate) const EITHER: usize = 0;
pub(crate) const V4: usize = 1;
pub(crate) const V6: usize = 2;

impl Families {
    pub(crate) fn of(cluster: &Cluster, peer: &Peer) -> Self {
        let mut found = Self::default();
        let mut add = |families: PodFamilies| {
            for (has, one) in found.0.iter_mut().zip(PodFamilies::ALL) {
                *has |= one == families;
            }
        };
        match peer.workload() {
            None => add(PodFamilies::Outside),
            Some(workload) if workload.pods.is_empty() => add(PodFamilies::Unknown),
            Some(workload) => {
                for pod in &workload.pods {
                    let (mut v4, mut v6) = (false, false);
                    for address in addresses_of(cluster, workload, pod) {
                        v4 |= address.is_ipv4();
                        v6 |= address.is_ipv6();
                    }
                    add(match (v4, v6) {
                        (false, false) => PodFamilies::Unknown,
                        (true, false) => PodFamilies::V4,
                        (false, true) => PodFamilies::V6,
                        (true, true) => PodFamilies::Both,
                    });
                }
            }
        }
        found
    }

    /// For each kind of pods of the one and of the other, the families in which they meet. What is allowed is what each
    /// pair of pods may do.
    pub(crate) fn meetings(self, other: Self) -> Vec<&'static [usize]> {
        let kinds = |families: Self| {
            PodFamilies::ALL.into_iter().zip(families.0).filter(|(_, has)| *has).map(|(kind, _)| kind)
        };
        let mut meetings: Vec<&'static [usize]> = Vec::new();
        for own in kinds(self) {
            for meeting in kinds(other).map(|other| own.meeting(other)) {
                if !meetings.contains(&meeting) {
                    meetings.push(meeting);
                }
            }
        }
        meetings
    }
    /// The family in which every pod of the one meets every pod of the other; `None` where there is none, or several.
    pub(crate) fn only(self, other: Self) -> Option<Family> {
        match self.meetings(other).as_slice() {
            [[V4]] => Some(Family::V4),
            [[V6]] => Some(Family::V6),
            _ => None,
        }
    }
}
