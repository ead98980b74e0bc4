//! The matrix: which rows and columns there are, what a cell shows and says, and where it stands.

pub mod axis;
pub mod certainty;
pub mod face;
pub mod filter;
pub mod geometry;
pub mod ghosts;
pub mod grid;
pub mod header;
pub mod located;
pub mod look;
pub mod names;
pub mod pool;
pub mod ports;
pub mod spot;
pub mod sums;
pub mod tally;
