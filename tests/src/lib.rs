//! What the tests share: an oracle to compare with, random clusters, and scenarios written as prose.
//!
//! Nothing in the product depends on this crate.

pub mod analysis;
pub mod change;
pub mod compare;
pub mod corpus;
pub mod generate;
pub mod hostile;
pub mod judged;
pub mod oracle;
pub mod property;
pub mod scenario;
