//! Which rules need workloads: of policies alone they cannot judge whom they leave open or cut off.

use crate::context::Context;
use crate::rule::Rule;
use crate::rules::RULES;

/// The rules that find nothing where the input holds no workload, by code.
const NEED_WORKLOADS: &[&str] = &[
    "NP101", "NP102", "NP103", "NP104", "NP109", "NP110", "NP111", "NP112", "NP113", "NP114", "NP203",
    "NP301", "NP302", "NP306", "NP307", "NP308", "NP311", "NP312", "NP313", "NP318", "NP319", "NP320",
    "NP401", "NP402",
];

/// The rules that could not judge this input for want of workloads; none where it holds any.
pub fn unjudged(context: &Context<'_>) -> impl Iterator<Item = &'static Rule> {
    let needs = |rule: &&Rule| NEED_WORKLOADS.contains(&rule.code);
    RULES.iter().filter(needs).filter(|_| !context.has_workloads())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing::Case;

    /// The policies of a text.
    fn policies(text: &str) -> String {
        let is_policy = |text: &&str| text.contains("NetworkPolicy\n");
        text.split("---\n").filter(is_policy).collect::<Vec<_>>().join("---\n")
    }

    #[test]
    fn the_other_rules_find_something_in_policies_that_stand_alone() {
        let examples = RULES.iter().flat_map(|rule| [rule.example.triggers, rule.example.mended]);
        let training = [
            include_str!("../../../examples/training/2-ingress-to-specific-pods.yaml"),
            include_str!("../../../examples/training/4-protect-the-api-server.yaml"),
        ];
        let found: BTreeSet<&str> = examples
            .chain(training)
            .flat_map(|text| Case::with_refused(&policies(text)).check_all())
            .map(|found| found.code)
            .collect();
        let needing = RULES.iter().map(|rule| rule.code).filter(|code| !found.contains(code));
        assert_eq!(needing.collect::<Vec<_>>(), NEED_WORKLOADS);
    }
}
