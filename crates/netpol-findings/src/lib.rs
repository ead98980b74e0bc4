//! What is insecure or mistaken in a set of policies, each finding with its lines and, where there is one, its proof.
//!
//! One file a rule under `rules`; [`rules`] lists them. A rule judges the union of all policies, as the evaluation
//! sees it, never one policy alone. What several rules need is computed once, in [`Context`].

mod addresses;
mod amend;
mod callers;
mod cause;
mod cluster_rule;
mod context;
mod coverage;
mod denied;
mod destinations;
mod dns;
mod effort;
#[cfg(test)]
mod examples;
mod exposure;
mod finding;
mod fix;
mod gather;
mod isolate;
mod judged;
mod keyed;
mod linked;
mod migration;
mod named;
mod opened;
mod outside;
#[cfg(test)]
mod pairs;
mod policies;
mod redundancy;
mod references;
mod roles;
mod rule;
#[cfg(test)]
mod rule_index;
mod rules;
mod scene;
mod silence;
mod site;
mod subsume;
mod suggest;
#[cfg(test)]
mod testing;
mod tiers;
mod watch;
mod well_known;
mod witness;
mod words;

pub use amend::{Amendment, amending};
pub use context::{Context, Kept};
pub use dns::DnsAnswer;
pub use finding::Finding;
pub use fix::{Fix, NamedFix, NewPolicy};
pub use judged::unjudged;
pub use migration::{Rewriting, baseline_priorities, migration};
pub use policies::opening;
pub use rule::{Code, Promise, Proof, Reference, Rule, Severity};
pub use rules::rules;
pub use scene::{NamespaceView, Scene};
pub use silence::{ANNOTATION, silencing, unknown_rules};
pub use witness::Witness;

use rules::{CHECKS, Check};

/// How many findings of one rule are listed at the most.
const MOST_OF_A_RULE: usize = 3000;

/// What all rules find, and what they leave out.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// The worst first, then by code, subject and place.
    pub findings: Vec<Finding>,
    /// The rules that there was too much to look at for: they would perhaps find more.
    pub unfinished: Vec<&'static Rule>,
    /// The rules that find more than can be listed, and how many more.
    pub cut: Vec<(&'static Rule, usize)>,
}

/// What one rule finds, in order.
pub fn check_rule(context: &Context<'_>, rule: &'static Rule) -> Vec<Finding> {
    let check: Vec<_> = CHECKS.iter().filter(|(known, _)| known.code == rule.code).copied().collect();
    check_rules(context, &check, &|_| ()).findings
}

/// What all rules find: the worst first, then by code, subject and place.
pub fn check_all(context: &Context<'_>) -> Vec<Finding> {
    check(context, &|_| ()).findings
}

/// The same, with what is left out; `done` hears before each rule which share of them is done, 0 to 1.
pub fn check(context: &Context<'_>, done: &dyn Fn(f64)) -> Checked {
    check_rules(context, CHECKS, done)
}

fn check_rules(context: &Context<'_>, checks: &[(&'static Rule, Check)], done: &dyn Fn(f64)) -> Checked {
    let silenced = silence::Silenced::of(context);
    let mut checked = Checked::default();
    for (at, (rule, check)) in checks.iter().copied().enumerate() {
        done(at as f64 / checks.len() as f64);
        context.effort().begin();
        let mut findings = check(context);
        if context.effort().is_exhausted() {
            checked.unfinished.push(rule);
        }
        silenced.mark(&mut findings);
        netpol_source::order::sort_by(&mut findings, Finding::order);
        let more = findings.len().saturating_sub(MOST_OF_A_RULE);
        if more > 0 {
            findings.truncate(MOST_OF_A_RULE);
            checked.cut.push((rule, more));
        }
        checked.findings.append(&mut findings);
    }
    gather::gather(context, &mut checked.findings);
    netpol_source::order::sort_by(&mut checked.findings, Finding::order);
    checked
}
