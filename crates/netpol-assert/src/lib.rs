//! Policy tests: who must and who must not reach whom, held against an evaluation.
//!
//! No wording lives here: what becomes of a test is data, and `netpol-view` says it.
