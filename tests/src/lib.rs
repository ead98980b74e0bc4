//! What the tests share: a slow evaluator to compare with, random clusters, and scenarios written as prose.
//!
//! Nothing in the product depends on this crate.

pub mod analysis;
pub mod compare;
pub mod corpus;
pub mod generate;
pub mod hostile;
pub mod property;
pub mod reference;
pub mod scenario;
