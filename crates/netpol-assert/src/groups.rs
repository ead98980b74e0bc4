//! The peers of an end, in groups of which all meet the same verdicts.

use fixedbitset::FixedBitSet;
use netpol_eval::{ConnectionSet, Evaluation, Peer, PeerId};
use netpol_source::{Budget, Exhausted, HashMap};

use crate::ends::End;
use crate::missing::Missing;

/// Whether policies have a say at a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Standing {
    /// They do.
    Pod,
    /// It is on the host network, and a mapping names it.
    NamedOnHost,
    /// It is on the host network, and among others.
    OnHost,
    /// It is outside of the cluster.
    Outside,
}

/// How early a peer comes where one is shown: workloads of the input, those that it does not hold, what is outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Rank {
    Input,
    Hypothetical,
    Outside,
}

impl Rank {
    pub(crate) const ALL: [Self; 3] = [Self::Input, Self::Hypothetical, Self::Outside];

    pub(crate) fn of(peer: &Peer) -> Self {
        match peer.workload() {
            Some(workload) if workload.is_hypothetical() => Self::Hypothetical,
            Some(_) => Self::Input,
            None => Self::Outside,
        }
    }
}

/// What the peers of a group have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// The class of the matrix.
    pub(crate) class: u32,
    pub(crate) standing: Standing,
    pub(crate) rank: Rank,
    /// Whether there may be policies for them that are not evaluated.
    pub(crate) is_missing: bool,
    /// Of destinations: which ports are asked about there, by number.
    pub(crate) ports: u32,
    /// Of destinations: which numbers of names are in doubt there, by number.
    pub(crate) doubtful: u32,
}

/// The peers of an end, in groups.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(crate) keys: Vec<Key>,
    /// By group, in order.
    pub(crate) members: Vec<Vec<PeerId>>,
    /// By peer; `u32::MAX` for those that are in none.
    of: Vec<u32>,
}

impl Groups {
    /// Groups of the peers of an end; `ports` and `doubtful` say by peer what tells destinations apart.
    pub(crate) fn new(
        evaluation: &Evaluation,
        missing: &Missing,
        end: &End,
        ports: impl Fn(PeerId) -> (u32, u32),
        budget: &Budget,
    ) -> Result<Self, Exhausted> {
        budget.work(4 * evaluation.peers().len())?;
        let mut groups = Self { of: vec![u32::MAX; evaluation.peers().len()], ..Self::default() };
        let mut numbers: HashMap<Key, u32> = HashMap::default();
        for id in ids(&end.peers) {
            let Some(peer) = evaluation.peer(id) else { continue };
            let standing = match peer.workload() {
                None => Standing::Outside,
                Some(workload) if !workload.host_network => Standing::Pod,
                Some(_) if end.named.contains(id.index()) => Standing::NamedOnHost,
                Some(_) => Standing::OnHost,
            };
            let is_missing = !missing.is_empty()
                && match peer.workload() {
                    Some(workload) => missing.concerns(evaluation, workload),
                    None => missing.is_everywhere(),
                };
            let class = evaluation.matrix().class_of.get(id.index()).copied().unwrap_or(u32::MAX);
            let (ports, doubtful) = ports(id);
            let key = Key { class, standing, rank: Rank::of(peer), is_missing, ports, doubtful };
            let number = *numbers.entry(key).or_insert_with(|| {
                groups.keys.push(key);
                groups.members.push(Vec::new());
                groups.keys.len() as u32 - 1
            });
            if let Some(members) = groups.members.get_mut(number as usize) {
                members.push(id);
            }
            if let Some(of) = groups.of.get_mut(id.index()) {
                *of = number;
            }
        }
        Ok(groups)
    }

    /// The groups, by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Key, &[PeerId])> + Clone {
        (0..)
            .zip(self.keys.iter().zip(&self.members))
            .map(|(at, (key, members))| (at, key, members.as_slice()))
    }

    /// The group of a peer.
    pub(crate) fn of(&self, peer: PeerId) -> Option<(u32, &Key)> {
        let number = *self.of.get(peer.index())?;
        Some((number, self.keys.get(number as usize)?))
    }
}

/// Whether a policy may decide between the two, or an end of them is named though none does.
pub(crate) fn is_judged(source: Standing, destination: Standing) -> bool {
    use Standing::{NamedOnHost, OnHost, Outside, Pod};
    match (source, destination) {
        (Outside, Outside) => false,
        (Pod, _) | (_, Pod) | (NamedOnHost, _) | (_, NamedOnHost) => true,
        (OnHost | Outside, OnHost | Outside) => false,
    }
}

/// The peers of a set.
pub(crate) fn ids(set: &FixedBitSet) -> impl Iterator<Item = PeerId> {
    set.ones().map(|at| PeerId(at as u32))
}

/// Sets by number, each once.
#[derive(Debug, Default)]
pub(crate) struct Sets {
    numbers: HashMap<ConnectionSet, u32>,
    sets: Vec<ConnectionSet>,
}

impl Sets {
    pub(crate) fn number(&mut self, set: ConnectionSet) -> u32 {
        if let Some(number) = self.numbers.get(&set) {
            return *number;
        }
        let number = self.sets.len() as u32;
        self.sets.push(set.clone());
        self.numbers.insert(set, number);
        number
    }

    pub(crate) fn get(&self, number: u32) -> Option<&ConnectionSet> {
        self.sets.get(number as usize)
    }

    pub(crate) fn len(&self) -> usize {
        self.sets.len()
    }
}
