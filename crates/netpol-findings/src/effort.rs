//! What looking for findings may cost: steps are counted, for each rule and for all of them.
//!
//! A rule that has no steps left begins nothing more; what it has found by then holds. That it was not finished is
//! said, so that nobody takes what it did not get to for sound.

use std::cell::{Cell, RefCell};

use netpol_source::Budget;

/// Steps for all rules together.
const MOST: u64 = 40_000_000;

/// Steps for one rule, while there are that many left.
const MOST_OF_A_RULE: u64 = 12_000_000;

/// Steps that each rule has in any case, however much those before it took.
const FEWEST_OF_A_RULE: u64 = 500_000;

/// How far the steps reach.
#[derive(Debug)]
pub(crate) struct Effort {
    rule: RefCell<Budget>,
    /// What the rules before took, and what the one of them that took most did.
    before: Cell<u64>,
    most_before: Cell<u64>,
    is_exhausted: Cell<bool>,
}

impl Default for Effort {
    fn default() -> Self {
        let rule = RefCell::new(Budget::new(MOST_OF_A_RULE, u64::MAX));
        Self { rule, before: Cell::new(0), most_before: Cell::new(0), is_exhausted: Cell::new(false) }
    }
}

impl Effort {
    /// Another rule begins.
    pub(crate) fn begin(&self) {
        self.most_before.set(self.most());
        self.before.set(self.worked());
        let left = MOST.saturating_sub(self.worked());
        let steps = left.clamp(FEWEST_OF_A_RULE, MOST_OF_A_RULE);
        self.rule.replace(Budget::new(steps, u64::MAX));
        self.is_exhausted.set(false);
    }

    /// Takes steps, those that are no longer there included: what was begun is done.
    pub(crate) fn work(&self, steps: usize) {
        if self.rule.borrow().work(steps).is_err() {
            self.is_exhausted.set(true);
        }
    }

    /// The rule that runs leaves something out.
    pub(crate) fn leave_out(&self) {
        self.is_exhausted.set(true);
    }

    /// Whether the rule that runs has left something out, or has no steps for more.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.is_exhausted.get()
    }

    /// Whether no rule was near to the end of its steps so far, however the rules share what several ask for.
    pub(crate) fn is_far_from_limit(&self) -> bool {
        self.worked() <= MOST / 2 && self.most() <= MOST_OF_A_RULE / 2
    }

    fn most(&self) -> u64 {
        self.most_before.get().max(self.rule.borrow().worked())
    }

    /// The steps that all rules took so far.
    pub(crate) fn worked(&self) -> u64 {
        self.before.get().saturating_add(self.rule.borrow().worked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_one_rule_counts_as_that_of_all() {
        let effort = Effort::default();
        effort.begin();
        effort.work(MOST_OF_A_RULE as usize / 2);
        effort.begin();
        effort.work(1);
        assert!(effort.is_far_from_limit());
        effort.begin();
        effort.work(MOST_OF_A_RULE as usize / 2 + 1);
        effort.begin();
        assert!(!effort.is_far_from_limit());
    }

    #[test]
    fn no_rule_takes_all_and_none_gets_nothing() {
        let effort = Effort::default();
        for _ in 0..100 {
            effort.begin();
            assert!(!effort.is_exhausted());
            while !effort.is_exhausted() {
                effort.work(1000);
            }
        }
        assert!(!effort.is_far_from_limit());
        let most = MOST + 100 * FEWEST_OF_A_RULE;
        assert!((MOST..most).contains(&effort.worked()), "{}", effort.worked());
    }
}
