//! Questions about a matrix: may this pod reach that one on this port?

use netpol_source::{HashSet, order};
use netpol_view::certainty;
use netpol_view::contract::{ConnectionSet, Peer, PeerType, Protocol, Summary};
use serde::{Deserialize, Serialize};

/// How many pairs are looked at: of a large cluster, some of them by chance.
const MOST_PAIRS: usize = 20_000;

/// How many ports of a pair may be asked about.
const MOST_PORTS: usize = 8;

/// Whether a connection is allowed, to be answered by a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// The id of a peer.
    pub source: String,
    /// The id of another one.
    pub destination: String,
    /// The protocol.
    pub protocol: Protocol,
    /// The destination port.
    pub port: u16,
    /// The answer.
    pub allowed: bool,
}

/// Up to so many questions about a matrix, no two of the same pair, about half of them to be answered by yes. The same seed
/// gives the same questions.
///
/// Pairs about which policies have something to say come first; nothing is asked that is not certain.
pub fn quiz(summary: &Summary, seed: u64, count: usize) -> Vec<Question> {
    let mut chance = Chance::new(seed);
    let decided = decided(summary);
    let mut candidates: Vec<Candidate> = Vec::new();
    for (source, destination) in pairs(summary.peers.len(), &mut chance) {
        candidates.extend(candidate(summary, &decided, source, destination, &mut chance));
    }
    order::sort_by_key(&mut candidates, |candidate| candidate.rank);
    let (mut allowed, mut denied): (Vec<_>, Vec<_>) =
        (Vec::with_capacity(count.min(candidates.len())), Vec::new());
    let half = count.div_ceil(2);
    for candidate in candidates {
        let side = if candidate.question.allowed { &mut allowed } else { &mut denied };
        if side.len() < count {
            side.push(candidate);
        }
    }
    // Where one side has too few, the other has more.
    let of_allowed = half.min(allowed.len()).max(count.saturating_sub(denied.len()));
    allowed.truncate(of_allowed);
    denied.truncate(count.saturating_sub(allowed.len()));
    let mut questions: Vec<(u64, Question)> =
        allowed.into_iter().chain(denied).map(|candidate| (chance.next(), candidate.question)).collect();
    order::sort_by_key(&mut questions, |(at, _)| *at);
    questions.into_iter().map(|(_, question)| question).collect()
}

struct Candidate {
    question: Question,
    /// Lower ones are asked first: by how much there is to learn, then by chance.
    rank: (u8, u64),
}

/// By peer, whether a policy has a say for it.
fn decided(summary: &Summary) -> Vec<bool> {
    let subjects = summary.policies.iter().flat_map(|policy| &policy.subjects);
    let subjects: HashSet<&str> = subjects.map(String::as_str).collect();
    summary.peers.iter().map(|peer| subjects.contains(peer.id.as_str())).collect()
}

/// All pairs of two peers, or as many of them as are looked at.
fn pairs(peers: usize, chance: &mut Chance) -> Vec<(usize, usize)> {
    let all = peers.saturating_mul(peers);
    if all <= MOST_PAIRS {
        return (0..peers)
            .flat_map(|source| (0..peers).map(move |destination| (source, destination)))
            .collect();
    }
    let mut seen = HashSet::default();
    let mut pairs = Vec::new();
    for _ in 0..MOST_PAIRS {
        let pair = (chance.below(peers), chance.below(peers));
        if seen.insert(pair) {
            pairs.push(pair);
        }
    }
    pairs
}

/// A question about a pair, where one can be asked.
fn candidate(
    summary: &Summary,
    decided: &[bool],
    source: usize,
    destination: usize,
    chance: &mut Chance,
) -> Option<Candidate> {
    let (from, to) = (summary.peers.get(source)?, summary.peers.get(destination)?);
    let is_of_input = |peer: &Peer| peer.peer_type == PeerType::Workload && peer.host_network != Some(true);
    let is_known = |peer: &Peer| is_of_input(peer) || peer.peer_type == PeerType::External;
    let is_a_question = source != destination
        && is_known(from)
        && is_known(to)
        && (is_of_input(from) || is_of_input(to))
        && summary.matrix.certainty(source, destination) == certainty::CERTAIN
        && !summary.matrix.is_open_anyway(source, destination);
    if !is_a_question {
        return None;
    }
    let cell = summary.connections.get(summary.matrix.cell(source, destination) as usize)?;
    let ports = ports(to, cell);
    let (protocol, port) = *ports.get(chance.below(ports.len()))?;
    let allowed = cell.contains(protocol, port);
    let has_a_say = |at: usize| decided.get(at) == Some(&true);
    let pods = is_of_input(from) && is_of_input(to);
    // What is open because no policy looks at it teaches least, and what is closed for all no more than that.
    let learning = match (has_a_say(source) || has_a_say(destination), pods) {
        (true, true) => 0,
        (true, false) => 1,
        (false, true) => 2,
        (false, false) => 3,
    };
    let question = Question { source: from.id.clone(), destination: to.id.clone(), protocol, port, allowed };
    Some(Candidate { question, rank: (learning, chance.next()) })
}

/// What may be asked of a destination: the ports that it declares, and the ends of what is allowed.
fn ports(to: &Peer, cell: &ConnectionSet) -> Vec<(Protocol, u16)> {
    let declared = to.ports.iter().flatten().map(|port| (port.protocol, port.port));
    let mut ports: Vec<(Protocol, u16)> = declared.collect();
    for (protocol, intervals) in
        [(Protocol::Tcp, &cell.tcp), (Protocol::Udp, &cell.udp), (Protocol::Sctp, &cell.sctp)]
    {
        let named = intervals.iter().filter(|(first, last)| (*first, *last) != (1, u16::MAX) && *first > 0);
        ports.extend(named.map(|(first, _)| (protocol, *first)).filter(|(_, port)| *port > 1));
    }
    if ports.is_empty() {
        ports.push((Protocol::Tcp, 443));
    }
    order::sort_and_dedup(&mut ports);
    ports.truncate(MOST_PORTS);
    // Where all of these are open, one that is not; as often asked about as all others together.
    if ports.iter().all(|(protocol, port)| cell.contains(*protocol, *port)) {
        let closed = [443, 8080].into_iter().find(|port| !cell.contains(Protocol::Tcp, *port));
        let open = ports.len();
        ports.extend(closed.into_iter().flat_map(|port| std::iter::repeat_n((Protocol::Tcp, port), open)));
    }
    ports
}

/// Chance that a seed decides: xorshift64*.
struct Chance(u64);

impl Chance {
    fn new(seed: u64) -> Self {
        // Seeds that follow each other should not begin alike; none may come to 0.
        Self(seed.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below another; 0 where there is none.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(u64::MAX);
        usize::try_from((self.next() >> 16) % end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use netpol_view::Analyzer;
    use netpol_view::contract::{Connection, Options, SourceFile};

    use super::*;

    fn analyzer(names: &[&str]) -> Analyzer {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
        let file = |name: &&str| SourceFile {
            name: (*name).to_owned(),
            text: std::fs::read_to_string(root.join(name)).unwrap(),
        };
        let mut analyzer = Analyzer::new(Options::default());
        analyzer.set_files(names.iter().map(file).collect());
        analyzer
    }

    const THREE: [&str; 4] = [
        "three-namespaces/shop.yaml",
        "three-namespaces/data.yaml",
        "three-namespaces/ops.yaml",
        "three-namespaces/dns.yaml",
    ];

    #[test]
    fn questions_are_right_balanced_and_of_different_pairs() {
        let mut analyzer = analyzer(&THREE);
        let summary = analyzer.summary();
        for seed in 0..50 {
            let questions = quiz(&summary, seed, 10);
            assert_eq!(questions.len(), 10);
            let allowed = questions.iter().filter(|question| question.allowed).count();
            assert_eq!(allowed, 5, "seed {seed}");
            let pairs: BTreeSet<_> = questions.iter().map(|one| (&one.source, &one.destination)).collect();
            assert_eq!(pairs.len(), 10);
            for Question { source, destination, protocol, port, allowed } in questions {
                assert_ne!(source, destination);
                let connection = Connection { source, destination, protocol, port };
                let verdict = analyzer.query(&connection).unwrap();
                assert_eq!((verdict.allowed, verdict.not_evaluated), (allowed, false), "{connection:?}");
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_questions_and_others_give_others() {
        let summary = analyzer(&THREE).summary();
        assert_eq!(quiz(&summary, 7, 8), quiz(&summary, 7, 8));
        let different: BTreeSet<String> =
            (0..20).map(|seed| format!("{:?}", quiz(&summary, seed, 8))).collect();
        assert_eq!(different.len(), 20);
    }

    #[test]
    fn where_all_is_open_or_nothing_is_there_it_asks_what_there_is() {
        let open = analyzer(&["training/shop.yaml"]).summary();
        let questions = quiz(&open, 1, 4);
        assert!(questions.len() == 4 && questions.iter().all(|question| question.allowed));
        assert_eq!(quiz(&Summary::default(), 1, 4), []);
        assert_eq!(quiz(&open, 1, 0), []);
    }
}
