//! What is insecure or mistaken in a set of policies, each finding with its lines and, where there is one, its proof.
//!
//! One file a rule under `rules`; [`RULES`] registers them. A rule judges the union of all policies, as the evaluation
//! sees it, never one policy alone. What several rules need is computed once, in [`Context`].

mod context;
mod coverage;
mod destinations;
#[cfg(test)]
mod examples;
mod exposure;
mod finding;
mod fix;
mod isolate;
mod judged;
mod outside;
#[cfg(test)]
mod pairs;
mod policies;
mod redundancy;
mod references;
mod rule;
#[cfg(test)]
mod rule_index;
mod rules;
mod silence;
mod suggest;
#[cfg(test)]
mod testing;
mod well_known;
mod words;

pub use context::{Context, NamespaceView};
pub use finding::{Finding, Witness};
pub use fix::{Fix, NewPolicy};
pub use judged::unjudged;
pub use policies::opening;
pub use rule::{Example, Proof, Reference, Rule, Severity};
pub use rules::RULES;
pub use silence::{ANNOTATION, unknown_rules};

/// What one rule finds, in order.
pub fn check_rule(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    in_order(context, (rule.check)(context))
}

/// What all rules find: the worst first, then by code, subject and place.
pub fn check_all(context: &Context<'_>) -> Vec<Finding> {
    check_all_with(context, &|_| ())
}

/// The same; `done` hears before each rule which share of them is done, 0 to 1.
pub fn check_all_with(context: &Context<'_>, done: &dyn Fn(f64)) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, rule) in RULES.iter().enumerate() {
        done(at as f64 / RULES.len() as f64);
        findings.extend((rule.check)(context));
    }
    in_order(context, findings)
}

fn in_order(context: &Context<'_>, mut findings: Vec<Finding>) -> Vec<Finding> {
    silence::silence(context, &mut findings);
    netpol_source::order::sort_by(&mut findings, Finding::order);
    findings
}
