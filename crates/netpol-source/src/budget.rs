//! What an analysis may cost, so that no input runs without end or takes all memory.
//!
//! Costs are counted, not timed: the same input is cut short at the same place on every machine. What is not done for
//! want of budget is named, and never makes anything look open.

use std::cell::Cell;

/// There is not enough left of a [`Budget`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted;

/// Work and memory that are left for one part of an analysis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    work: Cell<u64>,
    bytes: Cell<u64>,
    worked: Cell<u64>,
    kept: Cell<u64>,
}

impl Budget {
    /// `work` in steps of the innermost loops (some nanoseconds each), `bytes` of memory that stays taken.
    pub const fn new(work: u64, bytes: u64) -> Self {
        Self { work: Cell::new(work), bytes: Cell::new(bytes), worked: Cell::new(0), kept: Cell::new(0) }
    }

    /// A budget that is never exhausted.
    pub const fn unlimited() -> Self {
        Self::new(u64::MAX, u64::MAX)
    }

    /// Takes steps of work; where there are not enough left, none are taken.
    ///
    /// # Errors
    /// When there are not enough left.
    pub fn work(&self, steps: usize) -> Result<(), Exhausted> {
        take(&self.work, &self.worked, steps)
    }

    /// Takes memory; where there is not enough left, none is taken.
    ///
    /// # Errors
    /// When there is not enough left.
    pub fn bytes(&self, bytes: usize) -> Result<(), Exhausted> {
        take(&self.bytes, &self.kept, bytes)
    }

    /// Takes both; where there is not enough left of one, none of the other is taken.
    ///
    /// # Errors
    /// When there is not enough left.
    pub fn both(&self, steps: usize, bytes: usize) -> Result<(), Exhausted> {
        if self.bytes.get() < bytes as u64 {
            return Err(Exhausted);
        }
        self.work(steps)?;
        self.bytes(bytes)
    }

    /// The steps of work that were taken so far.
    pub fn worked(&self) -> u64 {
        self.worked.get()
    }

    /// The bytes that were taken so far.
    pub fn kept(&self) -> u64 {
        self.kept.get()
    }
}

fn take(left: &Cell<u64>, taken: &Cell<u64>, amount: usize) -> Result<(), Exhausted> {
    let amount = amount as u64;
    left.set(left.get().checked_sub(amount).ok_or(Exhausted)?);
    taken.set(taken.get().saturating_add(amount));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_refused_and_not_taken() {
        let budget = Budget::new(10, 5);
        assert_eq!(budget.work(7), Ok(()));
        assert_eq!(budget.work(4), Err(Exhausted));
        assert_eq!(budget.work(3), Ok(()));
        assert_eq!(budget.bytes(6), Err(Exhausted));
        assert_eq!((budget.worked(), budget.kept()), (10, 0));
        assert_eq!((budget.both(1, 5), budget.both(0, 6)), (Err(Exhausted), Err(Exhausted)));
        assert_eq!((budget.both(0, 5), budget.kept()), (Ok(()), 5));
    }
}
