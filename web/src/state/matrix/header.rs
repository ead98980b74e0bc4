//! What the headers of rows and columns show and say.

use netpol_view::contract::PeerType;

use super::axis::{Alike, Axis, Entry};
use super::grid::Grid;
use crate::state::words::{ends, thousands};

/// What a row's or column's header shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name but for its end: what is cut where it does not fit.
    pub start: String,
    /// The end of a long name.
    pub end: String,
    /// The name in a sentence.
    pub full: String,
    /// What else there is to say of it; mostly nothing.
    pub note: String,
    /// What it is.
    pub kind: HeaderKind,
    /// Whether it stands for hypothetical workloads and nothing else.
    pub hypothetical: bool,
    /// Whether it stands below those that it is like.
    pub within: bool,
}

/// What a header stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderKind {
    /// A workload of the input.
    Workload,
    /// A workload on the network of its node.
    HostNetwork,
    /// A hypothetical workload.
    Hypothetical,
    /// Addresses.
    External,
    /// A namespace, or workloads that are alike, folded.
    Folded,
    /// The same, unfolded.
    Unfolded,
}

impl Grid {
    /// The header of a row.
    pub fn row_header(&self, row: usize) -> Option<Header> {
        self.header(&self.rows, row)
    }

    /// The header of a column.
    pub fn column_header(&self, column: usize) -> Option<Header> {
        let mut header = self.header(&self.columns, column)?;
        // Where there is little room the name comes first.
        if let Some(Entry::Alike(alike)) = self.columns.entries.get(column) {
            header.end = format!(" +{}", thousands(alike.more));
        }
        Some(header)
    }

    fn header(&self, axis: &Axis, place: usize) -> Option<Header> {
        let entry = *axis.entries.get(place)?;
        let unfolded = |is_so| if is_so { HeaderKind::Unfolded } else { HeaderKind::Folded };
        let kind = match entry {
            Entry::Group(group) => unfolded(match axis.entries.get(place + 1) {
                Some(Entry::Peer(peer) | Entry::Alike(Alike { first: peer, .. })) => {
                    self.analysis.names.get(*peer).is_some_and(|name| name.group == group)
                }
                _ => false,
            }),
            Entry::Alike(alike) => unfolded(axis.place_of_peer(alike.first).is_some()),
            Entry::Peer(peer) => match self.analysis.summary.peers.get(peer) {
                Some(peer) if peer.peer_type == PeerType::External => HeaderKind::External,
                Some(peer) if peer.peer_type == PeerType::Hypothetical => HeaderKind::Hypothetical,
                Some(peer) if peer.host_network == Some(true) => HeaderKind::HostNetwork,
                _ => HeaderKind::Workload,
            },
        };
        let name = entry.title(&self.analysis);
        let is_hypothetical = |peer: usize| self.analysis.is(peer, PeerType::Hypothetical);
        let hypothetical = match entry {
            Entry::Peer(peer) => is_hypothetical(peer),
            Entry::Alike(_) => false,
            Entry::Group(group) => {
                let members = axis.members.get(group).map_or(&[][..], Vec::as_slice);
                members.iter().all(|peer| is_hypothetical(*peer))
            }
        };
        let (start, end) = match entry {
            Entry::Alike(alike) => (Entry::Peer(alike.first).title(&self.analysis), alike.others()),
            Entry::Peer(_) | Entry::Group(_) => {
                let (start, end) = ends(&name);
                (start.to_owned(), end.to_owned())
            }
        };
        let note = match entry {
            Entry::Peer(peer) => self.analysis.names.get(peer).map(|name| name.note.clone()),
            Entry::Alike(_) => Some("all their cells are the same".to_owned()),
            Entry::Group(_) => None,
        };
        let within = matches!(entry, Entry::Peer(peer) if axis.is_unfolded_from(peer));
        Some(Header {
            start,
            end,
            full: entry.full(&self.analysis),
            note: note.unwrap_or_default(),
            kind,
            hypothetical,
            within,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixture;
    use crate::state::matrix::axis::Shown;
    use crate::state::matrix::geometry::Room;
    use crate::state::shared::Shared;
    use netpol_view::contract::Peer;

    fn grid(peers: Vec<Peer>) -> Grid {
        let shown = Shown { outside: true, hypothetical: true, ..Shown::default() };
        Grid::new(Shared::new(fixture::analysis(peers, |_, _| 0)), &shown, None, Room::default())
    }

    #[test]
    fn the_marks_of_headers() {
        let mut host = fixture::workload("default", "agent");
        host.host_network = Some(true);
        let mut hypothetical = fixture::workload("default", "app=x");
        hypothetical.peer_type = PeerType::Hypothetical;
        let grid = grid(vec![host, hypothetical, fixture::external(&["::/0"])]);
        let kinds: Vec<HeaderKind> =
            (0..3).filter_map(|row| grid.row_header(row)).map(|header| header.kind).collect();
        assert_eq!(kinds, [HeaderKind::HostNetwork, HeaderKind::Hypothetical, HeaderKind::External]);
    }

    #[test]
    fn a_folded_namespace_of_hypothetical_workloads_is_hypothetical() {
        let mut peers: Vec<Peer> = (0..210).map(|n| fixture::workload("a", &format!("w{n}"))).collect();
        let mut hypothetical = fixture::workload("b", "app=x");
        hypothetical.peer_type = PeerType::Hypothetical;
        peers.push(hypothetical);
        let grid = grid(peers);
        let marks: Vec<(HeaderKind, bool)> = (0..2)
            .filter_map(|row| grid.row_header(row))
            .map(|header| (header.kind, header.hypothetical))
            .collect();
        assert_eq!(marks, [(HeaderKind::Folded, false), (HeaderKind::Folded, true)]);
    }
}
