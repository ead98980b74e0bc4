//! Whatever fix is offered mends its finding and brings no other: over random clusters and all that is written down.

use std::collections::BTreeMap;

use netpol_findings::RULES;
use netpol_tests::analysis::Analysis;
use netpol_tests::compare::ensure;
use netpol_tests::generate::{Replaced, options, published};
use netpol_tests::property::{check, with_text};
use netpol_view::Analyzer;
use netpol_view::contract::{DiagnosticSeverity, Finding, FindingSeverity, Options, SourceFile, Summary};

/// Where findings are told apart by their rule and namespace.
fn counted(summary: &Summary) -> BTreeMap<(String, String), usize> {
    let mut counted = BTreeMap::new();
    for finding in &summary.findings {
        *counted.entry(key(finding)).or_default() += 1;
    }
    counted
}

fn key(finding: &Finding) -> (String, String) {
    let subject = &finding.subject;
    (finding.code.clone(), subject.namespace.clone().unwrap_or_else(|| subject.name.clone()))
}

fn problems(summary: &Summary) -> usize {
    let all = summary.diagnostics.iter();
    all.filter(|found| found.severity != DiagnosticSeverity::Info).count()
}

/// Every fix of an input, held against an analysis of what it makes of it; the codes of the findings that have one.
fn fixes_hold(files: &[SourceFile], options: Options) -> Result<Vec<String>, String> {
    let mut analyzer = Analyzer::new(options);
    analyzer.set_files(files.to_vec());
    let before = analyzer.summary();
    let counted_before = counted(&before);
    let mut fixed = Vec::new();
    for (at, finding) in before.findings.iter().enumerate() {
        let what = format!("{} {}", finding.code, finding.message);
        let preview = analyzer.fix(at);
        ensure(preview.is_some() == finding.fixable, || format!("fixable is {}: {what}", finding.fixable))?;
        let Some(preview) = preview else { continue };
        fixed.push(finding.code.clone());
        let complain =
            |complaint: &str| format!("{what}\n{}: {complaint}\n{:#?}", preview.message, preview.diff);
        let after = Analysis::of(preview.files.clone(), options).summary;
        ensure(problems(&after) <= problems(&before), || complain("there are new problems"))?;
        let counted = counted(&after);
        let more = |finding: &Finding| {
            let [before, after] =
                [&counted_before, &counted].map(|of| of.get(&key(finding)).copied().unwrap_or_default());
            after.cmp(&before)
        };
        ensure(more(finding).is_lt(), || complain("it is still there"))?;
        for new in &after.findings {
            ensure(more(new).is_le() || new.severity == FindingSeverity::Info, || {
                complain(&format!("{} is new: {}", new.code, new.message))
            })?;
        }
        let untouched =
            files.iter().zip(&preview.files).filter(|(before, after)| before.text == after.text).count();
        ensure(untouched + preview.diff.len() == files.len(), || complain("the diff leaves something out"))?;
        ensure(!preview.message.is_empty() && !preview.message.contains('\n'), || {
            complain("it says nothing")
        })?;
    }
    Ok(fixed)
}

#[test]
fn on_random_clusters() {
    let seen = std::cell::RefCell::new(BTreeMap::new());
    check(128, (published(Replaced::Some), options()), |(scene, options)| {
        let files = scene.files();
        let fixed = with_text(&scene, fixes_hold(&files, options))?;
        let mut seen = seen.borrow_mut();
        for code in fixed {
            *seen.entry(code).or_insert(0_usize) += 1;
        }
        Ok(())
    });
    println!("{:?}", seen.into_inner());
}

/// How many of the fixes that look right are.
#[test]
fn what_looks_right_mostly_is() {
    let counts = std::cell::RefCell::new(BTreeMap::<String, (usize, usize)>::new());
    check(128, (published(Replaced::Some), options()), |(scene, options)| {
        let files = scene.files();
        let looks = looks_right(&files, options);
        let is = Analysis::of(files, options).summary;
        let mut counts = counts.borrow_mut();
        for (finding, looks) in is.findings.iter().zip(looks) {
            let entry = counts.entry(finding.code.clone()).or_default();
            entry.0 += usize::from(looks);
            entry.1 += usize::from(finding.fixable);
        }
        Ok(())
    });
    println!("{:?}", counts.into_inner());
}

fn looks_right(files: &[SourceFile], options: Options) -> Vec<bool> {
    use netpol_view::contract::{Hypothetical, IpBlockPods};
    use std::sync::Arc;
    let sources = netpol_source::Sources::new(files.to_vec());
    let documents = sources.documents().map(|(id, text)| (id, Arc::new(netpol_manifest::read(text))));
    let options = netpol_eval::Options {
        hypothetical: match options.hypothetical {
            Hypothetical::Auto => netpol_eval::Hypothetical::Auto,
            Hypothetical::Never => netpol_eval::Hypothetical::Never,
        },
        ip_block_pods: match options.ip_block_pods {
            IpBlockPods::KnownAddresses => netpol_eval::IpBlockPods::KnownAddresses,
            IpBlockPods::Never => netpol_eval::IpBlockPods::Never,
            IpBlockPods::AnyAddress => netpol_eval::IpBlockPods::AnyAddress,
        },
    };
    let evaluation = netpol_eval::Evaluation::new(netpol_eval::Cluster::build(documents), options);
    let findings = netpol_findings::check_all(&netpol_findings::Context::new(&evaluation));
    findings.iter().map(|finding| finding.fix.is_some()).collect()
}

#[test]
fn on_the_examples_of_the_rules() {
    let mut without = Vec::new();
    for rule in RULES {
        for text in [rule.example.triggers, rule.example.mended] {
            let files = [SourceFile { name: "example.yaml".to_owned(), text: text.to_owned() }];
            let fixed = fixes_hold(&files, Options::default())
                .unwrap_or_else(|complaint| panic!("{text}\n{complaint}"));
            if text == rule.example.triggers && rule.fix.is_some() && !fixed.contains(&rule.code.to_owned()) {
                without.push(rule.code);
            }
        }
    }
    println!("no fix in the example: {without:?}");
}
