//! What the façade answers, in one program: it is linked once.

mod answers;
mod example_pods;
mod kept_tests;
mod migration;
mod omitted;
mod options;
mod policy_tests;
mod profiles;
mod promises;
mod silence;
mod tiers;
mod wire;
