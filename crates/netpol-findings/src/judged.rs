//! Which rules need workloads: of policies alone they cannot judge whom they leave open or cut off.

use crate::context::Context;
use crate::rule::{Code, Rule};
use crate::rules::rules;

/// The rules that find nothing where the input holds no workload, by code.
const NEED_WORKLOADS: &[Code] = &[
    Code::NP101,
    Code::NP102,
    Code::NP103,
    Code::NP104,
    Code::NP109,
    Code::NP110,
    Code::NP111,
    Code::NP112,
    Code::NP113,
    Code::NP114,
    Code::NP203,
    Code::NP301,
    Code::NP302,
    Code::NP306,
    Code::NP307,
    Code::NP308,
    Code::NP311,
    Code::NP312,
    Code::NP313,
    Code::NP318,
    Code::NP319,
    Code::NP320,
    Code::NP401,
    Code::NP402,
];

/// The rules that could not judge this input for want of workloads; none where it holds any.
pub fn unjudged(context: &Context<'_>) -> impl Iterator<Item = &'static Rule> {
    let needs = |rule: &&Rule| NEED_WORKLOADS.contains(&rule.code);
    rules().filter(needs).filter(|_| !context.has_workloads())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing::{Case, example};

    /// The policies of a text.
    fn policies(text: &str) -> String {
        let is_policy = |text: &&str| text.contains("NetworkPolicy\n");
        text.split("---\n").filter(is_policy).collect::<Vec<_>>().join("---\n")
    }

    #[test]
    fn the_other_rules_find_something_in_policies_that_stand_alone() {
        let examples = rules().flat_map(example);
        let training = [
            include_str!("../../../examples/training/2-ingress-to-specific-pods.yaml").to_owned(),
            include_str!("../../../examples/training/4-protect-the-api-server.yaml").to_owned(),
        ];
        let found: BTreeSet<&str> = examples
            .chain(training)
            .flat_map(|text| Case::with_refused(&policies(&text)).check_all())
            .map(|found| found.code)
            .collect();
        let needing = rules().map(|rule| rule.code).filter(|code| !found.contains(code.as_str()));
        assert_eq!(needing.collect::<Vec<_>>(), NEED_WORKLOADS);
    }
}
