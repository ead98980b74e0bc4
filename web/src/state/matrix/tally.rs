//! What a cell of a whole namespace sums up.

use super::face::{Face, Shape};

/// The pairs behind a cell, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many pairs there are.
    pub pairs: usize,
    /// How many of them are connected, on every port or on some.
    pub connected: usize,
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
    /// Counts one pair: its set of connections, and whether that connects at all.
    pub fn add(&mut self, set: u32, connected: bool) {
        self.pairs += 1;
        self.connected += usize::from(connected);
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
            return Face::blank();
        }
        if let Some(face) = self.common().and_then(|set| faces.get(set as usize)) {
            return face.clone();
        }
        if self.connected == 0 {
            return Face::plain(Shape::None);
        }
        Face { text: self.share(), ..Face::plain(Shape::Mixed) }
    }

    /// The share of the pairs that are connected; neither end is claimed by rounding.
    pub fn share(&self) -> String {
        if self.connected == self.pairs {
            return "100%".to_owned();
        }
        match (self.connected * 100) / self.pairs.max(1) {
            0 => "<1%".to_owned(),
            share => format!("{share}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixture;

    fn faces() -> Vec<Face> {
        [fixture::none(), fixture::all(), fixture::tcp(&[(80, 80)])].iter().map(Face::of).collect()
    }

    fn tally(sets: &[u32]) -> Tally {
        let mut tally = Tally::default();
        for set in sets {
            tally.add(*set, *set != 0);
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
        rare.add(1, true);
        assert_eq!(rare.share(), "<1%");
    }

    #[test]
    fn no_pair_is_blank() {
        assert_eq!(Tally::default().face(&faces()).shape, Shape::Blank);
    }
}
