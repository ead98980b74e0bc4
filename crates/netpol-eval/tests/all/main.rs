//! What the evaluator says through its own functions, in one program: it is linked once.

mod classes;
mod hypothetical;
mod limits;
mod tiers;
