//! What is read of manifests, in one program: it is linked once.

mod beside;
mod changes;
mod cluster_policies;
mod common;
mod connectivity_tests;
mod fixes;
mod hostile;
mod limits;
mod mutations;
mod objects;
mod places;
mod policies;
mod separators;
mod syntax;
mod values;
