//! `cargo xtask lab check FILE...`: what is wrong with labs, at their lines.

use std::process::ExitCode;

use netpol_labs::checked;
use netpol_view::contract::DiagnosticSeverity;

fn main() -> ExitCode {
    let mut is_well = true;
    for path in std::env::args().skip(1) {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                println!("{path}: error: {error}");
                is_well = false;
                continue;
            }
        };
        let checked = checked(&path, &text);
        let mut errors = 0;
        for found in &checked.diagnostics {
            let severity = match found.severity {
                DiagnosticSeverity::Error => "error",
                DiagnosticSeverity::Warning => "warning",
                DiagnosticSeverity::Info => "info",
            };
            errors += usize::from(found.severity == DiagnosticSeverity::Error);
            let at = found.span.start;
            println!("{path}:{}:{}: {severity}: {}", at.line, at.column, found.message);
        }
        if errors == 0 {
            let goals =
                if checked.goals == 1 { "1 goal".to_owned() } else { format!("{} goals", checked.goals) };
            println!("{path}: fine: {goals}, {} answers graded", checked.answers);
        }
        is_well &= errors == 0;
    }
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
