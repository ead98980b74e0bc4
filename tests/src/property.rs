//! Runs properties.
//!
//! Each is tried with a seed that is always the same, so that what holds today is known to hold tomorrow.
//! `PROPTEST_RNG_SEED` asks for another seed, `NETPOL_CASES` for another number of cases.

use std::str::FromStr;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

use crate::generate::Scene;

/// The seed that is always the same.
const FIXED: u64 = 20_170_401;

/// Runs a check over `cases` random inputs.
///
/// # Panics
/// With the reason of the smallest input that fails, and the seed.
pub fn check<S: Strategy>(cases: u32, strategy: S, property: impl Fn(S::Value) -> Result<(), String>) {
    let seed = asked("PROPTEST_RNG_SEED").unwrap_or(FIXED);
    run(seed, asked("NETPOL_CASES").unwrap_or(cases), &strategy, property);
}

/// Looks at random inputs that are always the same, whatever the environment asks for: where something is counted over
/// all of them, another seed may miss what is rare.
pub fn survey<S: Strategy>(cases: u32, strategy: S, look: impl Fn(S::Value)) {
    run(FIXED, cases, &strategy, |value| {
        look(value);
        Ok(())
    });
}

fn run<S: Strategy>(seed: u64, cases: u32, strategy: &S, property: impl Fn(S::Value) -> Result<(), String>) {
    println!("PROPTEST_RNG_SEED={seed} NETPOL_CASES={cases}");
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(strategy, |value| property(value).map_err(TestCaseError::fail));
    match result {
        Ok(()) => {}
        // The value says less than the text, which the reason shows.
        Err(TestError::Fail(reason, _)) => panic!("with PROPTEST_RNG_SEED={seed}: {reason}"),
        Err(TestError::Abort(reason)) => panic!("given up with PROPTEST_RNG_SEED={seed}: {reason}"),
    }
}

/// A number of the environment.
fn asked<N: FromStr>(name: &str) -> Option<N> {
    std::env::var(name).ok()?.parse().ok()
}

/// Shows the text of the input, which the failing value itself does not.
///
/// # Errors
/// The complaint, and the text.
pub fn with_text<T>(scene: &Scene, result: Result<T, String>) -> Result<T, String> {
    result.map_err(|complaint| {
        let files: Vec<String> =
            scene.files().into_iter().map(|file| format!("# {}\n{}", file.name, file.text)).collect();
        format!("{complaint}\n{}", files.join("\n"))
    })
}
