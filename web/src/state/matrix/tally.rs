//! What a cell of a whole namespace sums up.

use super::certainty::{Certainty, MARK};
use super::face::{Face, Shape};
use crate::state::words::counted;

/// The pairs behind a cell, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many pairs there are that were evaluated.
    pub pairs: usize,
    /// How many of them are connected, on every port or on some.
    pub connected: usize,
    /// How many of them depend on more than the input says.
    pub depend: usize,
    /// How many pairs were not evaluated.
    pub unknown: usize,
    same: Same,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Same {
    #[default]
    Unseen,
    /// Every pair has this set of connections.
    Set(u32),
    Differ,
}

impl Tally {
    /// Counts pairs that are alike: their set of connections, whether that connects at all, how certain it is by its code,
    /// and how many they are.
    pub fn add(&mut self, set: u32, connected: bool, code: u8, pairs: usize) {
        if pairs == 0 {
            return;
        }
        match Certainty::of(code) {
            Certainty::NotEvaluated => {
                self.unknown += pairs;
                return;
            }
            Certainty::DependsOnPlugin => self.depend += pairs,
            Certainty::Certain => {}
        }
        self.pairs += pairs;
        self.connected += if connected { pairs } else { 0 };
        self.same = match self.same {
            Same::Unseen => Same::Set(set),
            Same::Set(before) if before == set => Same::Set(set),
            Same::Set(_) | Same::Differ => Same::Differ,
        };
    }

    /// The set of connections that every pair has, if they are all alike.
    pub fn common(&self) -> Option<u32> {
        match self.same {
            Same::Set(set) => Some(set),
            Same::Unseen | Same::Differ => None,
        }
    }

    /// What the cell shows; `faces` are those of the sets.
    pub fn face(&self, faces: &[Face]) -> Face {
        if self.pairs == 0 {
            return if self.unknown > 0 { Face::unknown() } else { Face::blank() };
        }
        if let Some(face) = self.common().and_then(|set| faces.get(set as usize)) {
            return face.clone();
        }
        if self.connected == 0 {
            return Face::plain(Shape::None);
        }
        Face { text: self.share(), ..Face::plain(Shape::Mixed) }
    }

    /// Whether some pair is not certain.
    pub fn is_uncertain(&self) -> bool {
        self.depend + self.unknown > 0
    }

    /// How many pairs are not certain, in words; nothing where all are.
    pub fn doubts(&self) -> String {
        let parts = [
            (self.depend, "depends on more than the input says", "depend on more than the input says"),
            (self.unknown, "was not evaluated", "were not evaluated"),
        ];
        let parts = parts.into_iter().filter(|(count, ..)| *count > 0);
        let parts: Vec<String> = parts.map(|(count, one, many)| counted(count, one, many)).collect();
        if parts.is_empty() { String::new() } else { format!("{MARK} {}", parts.join(", ")) }
    }

    /// How many of a hundred pairs are connected.
    pub fn percent(&self) -> usize {
        (self.connected * 100) / self.pairs.max(1)
    }

    /// The share of the pairs that are connected; neither end is claimed by rounding.
    pub fn share(&self) -> String {
        if self.connected == self.pairs {
            return "100%".to_owned();
        }
        match self.percent() {
            0 => "<1%".to_owned(),
            share => format!("{share}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use netpol_view::certainty::{CERTAIN, DEPENDS_ON_PLUGIN, NOT_EVALUATED};

    use super::*;
    use crate::state::fixture;

    fn faces() -> Vec<Face> {
        [fixture::none(), fixture::all(), fixture::tcp(&[(80, 80)])].iter().map(Face::of).collect()
    }

    fn tally(sets: &[u32]) -> Tally {
        let mut tally = Tally::default();
        for set in sets {
            tally.add(*set, *set != 0, CERTAIN, 1);
        }
        tally
    }

    #[test]
    fn pairs_that_are_alike_show_their_ports() {
        assert_eq!(tally(&[2, 2]).face(&faces()).text, "80");
        assert_eq!(tally(&[1, 1]).face(&faces()).shape, Shape::All);
        assert_eq!(tally(&[0, 0]).face(&faces()).shape, Shape::None);
    }

    #[test]
    fn pairs_that_differ_show_a_share() {
        let face = tally(&[0, 2, 1]).face(&faces());
        assert_eq!((face.shape, face.text.as_str()), (Shape::Mixed, "66%"));
        assert_eq!(tally(&[1, 2]).share(), "100%");
        let mut rare = tally(&[0; 500]);
        rare.add(1, true, CERTAIN, 1);
        assert_eq!(rare.share(), "<1%");
    }

    #[test]
    fn pairs_that_were_not_evaluated_are_neither_open_nor_closed() {
        let mut tally = Tally::default();
        tally.add(0, false, NOT_EVALUATED, 1);
        assert_eq!(tally.face(&faces()).shape, Shape::Unknown);
        tally.add(1, true, DEPENDS_ON_PLUGIN, 1);
        assert_eq!(tally.face(&faces()).shape, Shape::All, "of those that were");
        assert!(tally.is_uncertain());
        assert_eq!(tally.doubts(), "≈ 1 depends on more than the input says, 1 was not evaluated");
        assert_eq!(super::Tally::default().doubts(), "");
    }

    #[test]
    fn no_pair_is_blank() {
        assert_eq!(Tally::default().face(&faces()).shape, Shape::Blank);
    }
}
