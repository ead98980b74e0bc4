//! Peers that nothing in the input can tell apart, and what they may do to each other.
//!
//! 1. Peers that the same peer sets hold under every reading, and on which port names stand for the same numbers, form
//!    an *atom*: as the other end of a connection they are all alike.
//! 2. Subjects that the same policies select share a [*row*](crate::rows): by atom, what their end allows.
//! 3. Peers of atoms that every row treats alike, with the same rows of their own and addresses of the same families,
//!    form a *class*. A cell of two classes is the intersection of the source's egress row at the destination's atom
//!    and the destination's ingress row at the source's atom.
//!
//! Nothing here knows of nodes: that a pod and its own node always reach each other is laid over the cells.

mod cells;

use std::hash::Hash;
use std::rc::Rc;

use fixedbitset::FixedBitSet;
use netpol_manifest::Direction;
use netpol_source::{Budget, Exhausted, HashMap};

use crate::cluster::{Cluster, PolicyId};
use crate::compile::{Compiled, Family, READINGS};
use crate::connection::{ConnectionId, ConnectionTable};
use crate::ends::{End, Ends, KeptRows, Lists, OldAtoms};
use crate::families::{EITHER, Families, V4, V6};
use crate::index::{ByDirection, Interner, mixed, refine};
use crate::matrix::ClassMatrix;
use crate::peer::{Peer, PeerId};
use crate::rows::{Atom, List, PortNames, Row, RowKey, RowMaker};
use crate::since::Since;

/// What a cell of the matrix takes, with how certain it is.
const BYTES_A_CELL: usize = 5;

/// All peers by class.
#[derive(Clone, Debug)]
pub(crate) struct Classes {
    /// Distinct lists of policies that have a say for a peer; the first is empty.
    lists: Vec<List>,
    /// The number of the first policy that is no NetworkPolicy.
    first_of_cluster: PolicyId,
    /// By direction and peer.
    list_of: ByDirection<Vec<u32>>,
    pub(crate) names: PortNames,
    /// By peer.
    atom_of: Vec<u32>,
    atoms: Vec<Atom>,
    class_of: Vec<u32>,
    classes: Vec<Class>,
    rows: Vec<Rc<Row>>,
    /// By row: alike for those that come to the same.
    row_hashes: Vec<u64>,
    /// What the rows are made of.
    row_keys: Interner<RowKey>,
    /// How many rows are those of the evaluation before.
    kept_rows: usize,
    /// How many cells are not.
    made_cells: usize,
    ends: Vec<End>,
    /// The peers with which cells may be others than in the evaluation before; `None` where there was none.
    other_ends: Option<FixedBitSet>,
    /// The sets that occur in the matrix, none and all first.
    distinct: Vec<ConnectionId>,
}

/// Peers that are alike as source and as destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Class {
    /// One of its atoms, which all rows treat alike.
    atom: u32,
    egress: u32,
    ingress: u32,
    families: Families,
}

/// What was found before, and what is the same.
#[derive(Clone, Copy)]
pub(crate) struct Before<'b> {
    pub(crate) since: &'b Since,
    pub(crate) compiled: &'b Compiled,
    pub(crate) classes: &'b Classes,
    pub(crate) matrix: &'b ClassMatrix,
}

impl Before<'_> {
    /// What the atoms were.
    fn atoms(self, atom_of: &[u32], atoms: &[Atom]) -> OldAtoms {
        let before = self.classes;
        let of = self.since.numbers_before(atoms.len(), atom_of, &before.atom_of);
        OldAtoms::new(atoms, before.atoms.len(), of)
    }
}

impl Classes {
    /// Finds the classes of the peers, and what each may do to each: the matrix, without what is laid over it, and how many
    /// peers are not in it for want of budget.
    pub(crate) fn new(
        (cluster, peers): (&Cluster, &[Peer]),
        compiled: &Compiled,
        connections: &mut ConnectionTable,
        budget: &Budget,
        before: Option<Before<'_>>,
    ) -> (Self, ClassMatrix, usize) {
        let names = PortNames::new(
            compiled,
            peers,
            connections,
            before.map(|before| (before.since, &before.classes.names)),
        );
        let kept = before.filter(|before| {
            before.since.changed.is_empty()
                && before.classes.names.of_peer == names.of_peer
                && compiled.tells_the_same_apart(before.compiled)
        });
        let (atom_of, atoms) = match kept {
            Some(before) => (before.classes.atom_of.clone(), before.classes.atoms.clone()),
            None => atoms(compiled, &names, peers.len()),
        };
        let old_atoms = before.map(|before| before.atoms(&atom_of, &atoms));
        let old_names = before.map(|before| names.before(before.since, &before.classes.names));
        let mut lists = Lists::default();
        let list_of = ByDirection::new(|direction| lists.of_peers(compiled, direction, 0, peers.len()));
        // Under the readings that know other subjects.
        let other_lists: Vec<ByDirection<Option<Vec<u32>>>> = (1..READINGS)
            .map(|reading| {
                let differs = compiled.policies.iter().any(|policy| {
                    let subjects = compiled.peer_sets.get(policy.subjects.0 as usize);
                    subjects.is_some_and(|subjects| subjects.differs_under(reading))
                });
                ByDirection::new(|direction| {
                    differs.then(|| lists.of_peers(compiled, direction, reading, peers.len()))
                })
            })
            .collect();
        let lists = lists.lists;
        let mut maker = RowMaker::new(compiled, connections, (&names, &atoms, &lists), budget);
        let old = old_atoms.as_ref().zip(old_names.as_deref());
        let kept = before.zip(old).map(|(Before { since, classes: before, .. }, old)| {
            KeptRows::new(since, &before.lists, (&before.row_keys, &before.rows, &before.row_hashes), old)
        });
        let mut ends = Ends::new(compiled, &lists, kept);
        let unread: Vec<bool> = peers
            .iter()
            .map(|peer| {
                let workload = peer.workload().filter(|workload| !workload.host_network);
                let namespace = workload.and_then(|workload| cluster.namespace(workload.namespace));
                namespace.is_some_and(|namespace| cluster.left_out.unread.concerns(&namespace.name))
            })
            .collect();
        let mut of_peer = |at: usize, direction: Direction| {
            if unread.get(at) == Some(&true) {
                return ends.not_evaluated();
            }
            let list = list_of.of(direction).get(at).copied().unwrap_or_default();
            let mut lists = [list; READINGS];
            for (list, others) in lists.iter_mut().skip(1).zip(&other_lists) {
                if let Some(other) = others.of(direction).as_ref().and_then(|others| others.get(at)) {
                    *list = *other;
                }
            }
            let names = names.of_peer.get(at).copied().unwrap_or_default();
            ends.end(&mut maker, direction, lists, names)
        };
        let ends_of: Vec<[u32; 2]> = (0..peers.len())
            .map(|at| [of_peer(at, Direction::Ingress), of_peer(at, Direction::Egress)])
            .collect();
        let Ends { rows, hashes: row_hashes, old: old_rows, keys: row_keys, ends, .. } = ends;
        let alike = alike(&rows, atoms.len(), budget).unwrap_or_else(|_| (0..atoms.len() as u32).collect());
        let mut classes: Interner<Class> = Interner::default();
        let mut found = Vec::new();
        let class_of = peers.iter().zip(&atom_of).zip(&ends_of).map(|((peer, atom), [ingress, egress])| {
            let atom = alike.get(*atom as usize).copied().unwrap_or_default();
            let families = Families::of(cluster, peer);
            let class = Class { atom, egress: *egress, ingress: *ingress, families };
            let (number, is_new) = classes.intern(class);
            if is_new {
                found.push(class);
            }
            number
        });
        let class_of = class_of.collect();
        let mut this = Self {
            lists,
            first_of_cluster: PolicyId(cluster.policies.len() as u32),
            list_of,
            names,
            atom_of,
            atoms,
            class_of,
            classes: found,
            row_hashes,
            rows,
            row_keys,
            kept_rows: old_rows.iter().flatten().count(),
            made_cells: 0,
            ends,
            other_ends: None,
            distinct: vec![ConnectionId::NONE, ConnectionId::ALL],
        };
        let (matrix, left_out) = this.fill(connections, budget, before.map(|before| (before, &*old_rows)));
        this.other_ends = before.map(|before| this.other_ends(before, &old_rows));
        (this, matrix, left_out)
    }

    /// The policies that have a say for a peer in a direction, in order of their numbers.
    pub(crate) fn deciding(&self, direction: Direction, peer: PeerId) -> &[PolicyId] {
        let list = self.list_of.of(direction).get(peer.index());
        list.and_then(|list| self.lists.get(*list as usize)).map_or(&[], |list| &list.policies)
    }

    /// The NetworkPolicies among them.
    pub(crate) fn selecting(&self, direction: Direction, peer: PeerId) -> &[PolicyId] {
        let deciding = self.deciding(direction, peer);
        let isolating = deciding.partition_point(|policy| *policy < self.first_of_cluster);
        deciding.get(..isolating).unwrap_or_default()
    }

    /// By peer.
    pub(crate) fn class_of(&self, peer: PeerId) -> Option<u32> {
        self.class_of.get(peer.index()).copied()
    }

    /// By peer.
    pub(crate) fn atom_of(&self, peer: PeerId) -> Option<u32> {
        self.atom_of.get(peer.index()).copied()
    }

    /// The peers with which cells may be others than in the evaluation before; `None` where there was none.
    pub(crate) fn with_other_ends(&self) -> Option<&FixedBitSet> {
        self.other_ends.as_ref()
    }

    /// Whether each peer is of the same atom.
    pub(crate) fn has_same_atoms(&self, other: &Self) -> bool {
        self.atom_of == other.atom_of
    }

    /// How many atoms there are.
    pub(crate) fn atom_count(&self) -> usize {
        self.atoms.len()
    }

    /// The sets that occur in the matrix; the first is none, the second all.
    pub(crate) fn distinct(&self) -> &[ConnectionId] {
        &self.distinct
    }

    /// What one end allows, with the blocks of the one family in which the two meet or else of both; `None` where that
    /// was not evaluated.
    pub(crate) fn end(&self, direction: Direction, subject: PeerId, peer: PeerId) -> Option<ConnectionId> {
        let family = match self.only_family(subject, peer) {
            None => EITHER,
            Some(Family::V4) => V4,
            Some(Family::V6) => V6,
        };
        let subject = self.classes.get(self.class_of(subject)? as usize)?;
        self.row(direction, *subject, 0, family)?.allowed(self.atom_of(peer)?)
    }

    /// The family in which all pods of the one meet all pods of the other; `None` where there is none, or several.
    pub(crate) fn only_family(&self, one: PeerId, other: PeerId) -> Option<Family> {
        let families = |peer| Some(self.classes.get(self.class_of(peer)? as usize)?.families);
        families(one)?.only(families(other)?)
    }

    /// What both ends together allow under a reading, for each kind of pods of both, in each family in which they meet:
    /// the two to be intersected, the families to be united, and the kinds to be intersected. `None` where some of it was
    /// not evaluated.
    pub(crate) fn ends(
        &self,
        reading: usize,
        source: PeerId,
        destination: PeerId,
    ) -> Option<Vec<Vec<(ConnectionId, ConnectionId)>>> {
        let from = *self.classes.get(self.class_of(source)? as usize)?;
        let to = *self.classes.get(self.class_of(destination)? as usize)?;
        let in_family = |family: &usize| {
            let egress = self.row(Direction::Egress, from, reading, *family)?.allowed(to.atom)?;
            Some((egress, self.row(Direction::Ingress, to, reading, *family)?.allowed(from.atom)?))
        };
        let meetings = from.families.meetings(to.families).into_iter();
        meetings.map(|families| families.iter().map(in_family).collect()).collect()
    }

    /// What both ends allow over IPv4 and over IPv6, for two that are judged family by family; `None` inside for a family
    /// that they do not have in common, or where that was not evaluated.
    pub(crate) fn families(
        &self,
        source: PeerId,
        destination: PeerId,
    ) -> Option<[Option<(ConnectionId, ConnectionId)>; 2]> {
        let from = *self.classes.get(self.class_of(source)? as usize)?;
        let to = *self.classes.get(self.class_of(destination)? as usize)?;
        let meetings = from.families.meetings(to.families);
        (meetings != [&[EITHER]]).then(|| {
            [V4, V6].map(|family| {
                let family = *meetings.iter().copied().flatten().find(|meeting| **meeting == family)?;
                let egress = self.row(Direction::Egress, from, 0, family)?.allowed(to.atom)?;
                Some((egress, self.row(Direction::Ingress, to, 0, family)?.allowed(from.atom)?))
            })
        })
    }

    /// Whether a port name decides between two that does not stand for the same number on all pods.
    pub(crate) fn is_ambiguous(&self, source: PeerId, destination: PeerId) -> bool {
        let class = |peer| self.classes.get(self.class_of(peer)? as usize).copied();
        let (Some(from), Some(to)) = (class(source), class(destination)) else { return false };
        let meetings = from.families.meetings(to.families);
        meetings.into_iter().flatten().any(|family| {
            let egress = self.row(Direction::Egress, from, 0, *family);
            let ingress = self.row(Direction::Ingress, to, 0, *family);
            egress.is_some_and(|row| row.is_ambiguous(to.atom))
                || ingress.is_some_and(|row| row.is_ambiguous(from.atom))
        })
    }

    /// The numbers that the names of policies stand for on some pods of a peer, and not on all, or beside others.
    pub(crate) fn doubtful(&self, peer: PeerId) -> impl Iterator<Item = ConnectionId> {
        self.names.doubtful(peer)
    }

    fn row(&self, direction: Direction, class: Class, reading: usize, family: usize) -> Option<&Row> {
        let end = match direction {
            Direction::Ingress => class.ingress,
            Direction::Egress => class.egress,
        };
        let row = self.ends.get(end as usize)?.rows.get(reading)?.get(family)?;
        self.rows.get(*row as usize).map(Rc::as_ref)
    }

    /// Whether all rows were evaluated.
    pub(crate) fn is_evaluated(&self) -> bool {
        !self.rows.iter().any(|row| matches!(**row, Row::NotEvaluated))
    }

    /// How many rows there are, how many of them are those of the evaluation before, and how many cells of classes are not.
    pub(crate) fn made(&self) -> (usize, usize, usize) {
        (self.rows.len(), self.kept_rows, self.made_cells)
    }

    /// What the cells of so many classes cost, in work and in bytes.
    pub(crate) fn cost_of_cells(classes: usize) -> (u64, u64) {
        let cells = (classes * classes) as u64;
        (4 * cells, BYTES_A_CELL as u64 * cells)
    }
}

/// Peers that the same sets hold under every reading, and that declare the same names: by peer its atom, and the atoms.
fn atoms(compiled: &Compiled, names: &PortNames, peers: usize) -> (Vec<u32>, Vec<Atom>) {
    let held = refine(peers, compiled.peer_sets.iter().flat_map(|set| set.all()));
    let mut numbers: Interner<(u32, u32)> = Interner::default();
    let mut atoms = Vec::new();
    let atom_of = held.iter().zip(&names.of_peer).enumerate().map(|(at, (held, names))| {
        let (number, is_new) = numbers.intern((*held, *names));
        if is_new {
            atoms.push(Atom { names: *names, peer: at as u32 });
        }
        number
    });
    let atom_of = atom_of.collect();
    (atom_of, atoms)
}

/// By atom, the first of those that every row treats as it.
fn alike(rows: &[Rc<Row>], atoms: usize, budget: &Budget) -> Result<Vec<u32>, Exhausted> {
    // Those with another hash are told apart by some row.
    let mut hashes = vec![0_u64; atoms];
    for row in rows {
        let Row::Known { allowed, ambiguous } = &**row else { continue };
        budget.work(4 * atoms)?;
        for (hash, set) in hashes.iter_mut().zip(allowed) {
            *hash = mixed(*hash, u64::from(set.0));
        }
        for at in ambiguous.iter().flat_map(FixedBitSet::ones) {
            if let Some(hash) = hashes.get_mut(at) {
                *hash = mixed(*hash, 1);
            }
        }
    }
    let mut firsts: HashMap<u64, u32> = HashMap::default();
    let hashes = (0..).zip(hashes).map(|(at, hash)| [at, *firsts.entry(hash).or_insert(at)]);
    // The atoms that are not the first of theirs, each with the one that is.
    let mut others: Vec<[u32; 2]> = hashes.filter(|[at, first]| at != first).collect();
    // Those with the same hash have to be looked at.
    for row in rows {
        let Row::Known { allowed, ambiguous } = &**row else { continue };
        let tells_none_apart = ambiguous.is_none()
            && others.iter().all(|[at, first]| allowed.get(*at as usize) == allowed.get(*first as usize));
        if tells_none_apart {
            continue;
        }
        let is_ambiguous = |at: u32| ambiguous.as_ref().is_some_and(|names| names.contains(at as usize));
        let mut firsts: HashMap<(u32, Option<&ConnectionId>, bool), u32> = HashMap::default();
        others.retain_mut(|[at, first]| {
            let set = allowed.get(*at as usize);
            let is_same = set == allowed.get(*first as usize)
                && (ambiguous.is_none() || is_ambiguous(*at) == is_ambiguous(*first));
            if !is_same {
                *first = *firsts.entry((*first, set, is_ambiguous(*at))).or_insert(*at);
            }
            first != at
        });
    }
    let mut first_of: Vec<u32> = (0..atoms as u32).collect();
    for [at, first] in others {
        if let Some(slot) = first_of.get_mut(at as usize) {
            *slot = first;
        }
    }
    Ok(first_of)
}
