//! The index of the rules, for people to read (`docs/rules.md`) and for the page to show (`web/rules.json`), made from
//! their own documentation: compared with the files that are checked in, or written to them when `NETPOL_WRITE_RULES`
//! is set, as `cargo xtask rules` does.

use std::path::Path;

use crate::rule::{Promise, Proof, Rule, Severity};
use crate::rules::rules;
use crate::testing::example;

const HEAD: &str = "\
<!-- Written by `cargo xtask rules` from crates/netpol-findings. -->

# The rules

A finding says what is wrong and shows the lines. Where there is a connection that proves it, the finding names one that
is allowed, or one that is denied, as its rule says below. An annotation `netpol.playground/ignore` on the object that a
finding is about, with codes or names separated by commas, marks it as silenced.

A finding that can be mended mechanically offers a fix, as edits of the manifests in their own style and as policies to
add; it shows the cells that change before anything is changed. A fix that would not mend the finding, or would bring
another one above info, is not offered.

High: an attacker gains reach. Medium: a control is missing or does not do what it seems to. Low: wider than needed.
Info: worth knowing.
";

fn index() -> String {
    let mut text = HEAD.to_owned();
    text.push_str("\n| code | name | severity | when | fix |\n|---|---|---|---|---|\n");
    for rule in rules() {
        let (code, name) = (rule.code, rule.name);
        let severity = severity(rule);
        let fix = if rule.fix.is_some() { "yes" } else { "" };
        text.push_str(&format!(
            "| [{code}](#{}) | {name} | {severity} | {} | {fix} |\n",
            anchor(rule),
            rule.summary
        ));
    }
    for rule in rules() {
        text.push_str(&entry(rule));
    }
    text
}

fn entry(rule: &Rule) -> String {
    let proof = match rule.proof {
        Proof::Allowed => "a connection that is allowed",
        Proof::Denied => "a connection that is denied",
        Proof::None => "none: it is about the text",
    };
    let mut text = format!("\n## {} {}\n\n{}\n\n", rule.code, rule.name, rule.summary);
    text.push_str(&format!("- Severity: {}\n- Proof: {proof}\n\n", severity(rule)));
    text.push_str(&format!("**Why.** {}\n\n**What to do.** {}\n\n", rule.why, rule.help));
    let fix = match rule.fix {
        None => "None: what to change is for people to say.".to_owned(),
        Some((promise, words)) => format!("{words} {}", promised(promise)),
    };
    text.push_str(&format!("**Fix.** {fix}\n\n"));
    let [found, mended] = example(rule);
    text.push_str(&format!("It is found here:\n\n```yaml\n{found}```\n\n"));
    text.push_str(&format!("Mended:\n\n```yaml\n{mended}```\n\n"));
    text.push_str("References:\n\n");
    for reference in rule.references {
        text.push_str(&format!("- {}: {}\n", reference.standard, reference.id));
    }
    text
}

fn severity(rule: &Rule) -> &'static str {
    match rule.severity {
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Info => "info",
    }
}

fn anchor(rule: &Rule) -> String {
    format!("{} {}", rule.code, rule.name).to_ascii_lowercase().replace(' ', "-")
}

/// What the page shows of the rules besides what each finding says itself.
fn for_the_page() -> String {
    let rule = |rule: &Rule| {
        let [found, mended] = example(rule);
        serde_json::json!({
            "code": rule.code.as_str(),
            "when": rule.summary,
            "fix": rule.fix.map(|(promise, words)| format!("{words} {}", promised(promise))),
            "triggers": found,
            "mended": mended,
        })
    };
    let rules: Vec<String> = rules().map(|one| rule(one).to_string()).collect();
    format!("[\n{}\n]\n", rules.join(",\n"))
}

#[test]
fn the_indices_are_those_of_the_rules() {
    for (file, wanted) in [("docs/rules.md", index()), ("web/rules.json", for_the_page())] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
        if std::env::var_os("NETPOL_WRITE_RULES").is_some() {
            std::fs::write(&path, &wanted).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap().replace('\r', "");
        assert!(found == wanted, "{file} differs from the rules: run `cargo xtask rules`");
    }
}

/// What a fix is held to before it is offered.
fn promised(promise: Promise) -> &'static str {
    match promise {
        Promise::Narrows => "It opens no cell.",
        Promise::Opens => "It closes no cell, and opens no address that it is not about.",
        Promise::Keeps => "It changes no cell.",
        Promise::Corrects => "It may open and close cells, never to a metadata endpoint.",
    }
}
