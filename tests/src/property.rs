//! Runs properties.
//!
//! The seed is fixed, so that every run tries the same cases; `PROPTEST_CASES` asks for more of them.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

use crate::generate::Scene;

/// Runs a check over `cases` random inputs, or over as many as the environment asks for.
///
/// # Panics
/// With the reason of the smallest input that fails.
pub fn check<S: Strategy>(cases: u32, strategy: S, property: impl Fn(S::Value) -> Result<(), String>) {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(20_170_401),
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&strategy, |value| property(value).map_err(TestCaseError::fail));
    match result {
        Ok(()) => {}
        // The value says less than the text, which the reason shows.
        Err(TestError::Fail(reason, _)) => panic!("{reason}"),
        Err(TestError::Abort(reason)) => panic!("given up: {reason}"),
    }
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
