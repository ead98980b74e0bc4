//! The façade: everything that a page, a worker or a script shows, as plain data and in words.
//!
//! Wording lives here and in the findings; evaluation lives to the left of here. Nothing here knows a browser.

mod analyzer;
mod beat;
mod carried;
pub mod certainty;
pub mod contract;
mod convert;
#[cfg(test)]
mod declarations;
mod editor;
mod elsewhere;
mod example_pods;
mod explain;
mod fixes;
mod locate;
mod mend;
mod migrate;
mod namespaces;
mod omitted;
mod outside;
mod policy_tests;
mod preview;
mod profile;
mod promise;
mod query;
pub mod range;
mod reading;
mod resolve;
pub mod sheet;
mod summary;
mod words;

pub use analyzer::{Analysis, Analyzer, Step, analyze};
pub use beat::{Beat, Phase};
pub use carried::Stamps;
pub use elsewhere::Elsewhere;
pub use netpol_findings::Code;
pub use netpol_source::ChangedFile;
pub use policy_tests::Format as TestFormat;
pub use query::Reach;
pub use resolve::UnknownPeer;
pub use words::shown;
