//! Policy tests: who must and who must not reach whom, held against an evaluation.
//!
//! No wording lives here: what becomes of a test is data, and `netpol-view` says it. An expectation is judged by sets: its
//! ends are sets of peers, peers that the same rules meet are judged once, and what there is too much of is *unknown*,
//! never passed.

mod addresses;
mod ends;
mod excluded;
mod groups;
mod judge;
mod missing;
mod outcome;
mod ports;
mod verdict;
mod witness;

pub use addresses::Addresses;
pub use ends::{End, end_of, is_meant};
pub use judge::{Judge, judge_all};
pub use missing::Missing;
pub use outcome::{Expect, Outcome, Side, Status, TestOutcome, Unknown, Void, Witness};
pub use ports::{PortsWanted, ports_of};
pub use witness::telling_port;
