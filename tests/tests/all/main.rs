//! Scenarios, corpora and properties, in one program: it is linked once, and its tests run side by side.

mod corpus;
mod elsewhere;
mod findings;
mod fixes;
mod hostile;
mod incremental;
mod labs;
mod migration;
mod policy_tests;
mod properties;
mod questions;
mod scenarios;
