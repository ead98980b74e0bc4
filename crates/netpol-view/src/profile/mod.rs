//! One peer and one policy by themselves, as data. What is asked of every peer is a look-up in the matrix by classes.

mod peer;
mod policy;
mod rule;

use netpol_eval::{Evaluation, PolicyId};
use netpol_source::Sources;

use crate::contract::Summary;
use crate::words;

pub(crate) use peer::peer;
pub(crate) use policy::policy;

/// A finished analysis, as profiles read it.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) evaluation: &'a Evaluation,
    pub(crate) summary: &'a Summary,
}

impl Scene<'_> {
    /// The policy that an id names.
    pub(crate) fn policy_named(&self, id: &str) -> Option<PolicyId> {
        let cluster = self.evaluation.cluster();
        cluster.policy_ids().find(|policy| {
            let handle = cluster.policy_handle(*policy);
            handle.is_some_and(|handle| words::policy_id(&handle.object().reference()) == id)
        })
    }
}
