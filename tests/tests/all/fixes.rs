//! Whatever fix is offered mends its finding, brings no other, and changes the cells that it says and as its rule
//! promises: over random clusters and all that is written down.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use netpol_eval::{Cluster, Evaluation};
use netpol_findings::rules;
use netpol_source::Sources;
use netpol_tests::analysis::{Analysis, documents};
use netpol_tests::change::{changes, difference, includes};
use netpol_tests::compare::{ensure, equals_oracle};
use netpol_tests::corpus;
use netpol_tests::generate::{Replaced, mutated, options, pods_to_come, published, scene};
use netpol_tests::property::{check, survey, with_text};
use netpol_view::Analyzer;
use netpol_view::contract::{
    DiagnosticSeverity, Finding, FindingSeverity, Hypothetical, Options, Preview, SourceFile, Summary,
};
use proptest::prelude::*;

/// By rule and namespace; those that say how far a namespace is isolated are one.
fn counted(summary: &Summary) -> BTreeMap<(String, String), usize> {
    let mut counted = BTreeMap::new();
    for finding in &summary.findings {
        let evidence = finding.evidence.iter().map(|one| one.code.as_str());
        for code in std::iter::once(finding.code.as_str()).chain(evidence) {
            *counted.entry(key(code, finding)).or_default() += 1;
        }
    }
    counted
}

fn key(code: &str, finding: &Finding) -> (String, String) {
    let subject = &finding.subject;
    let code = if ["NP102", "NP103"].contains(&code) { "NP101" } else { code };
    (code.to_owned(), subject.namespace.clone().unwrap_or_else(|| subject.name.clone()))
}

fn problems(summary: &Summary) -> usize {
    let all = summary.diagnostics.iter();
    all.filter(|found| found.severity != DiagnosticSeverity::Info).count()
}

/// Rules whose fixes only ever close.
const CLOSING: [&str; 8] = ["NP101", "NP104", "NP105", "NP106", "NP107", "NP205", "NP206", "NP207"];

/// Rules whose fixes only ever open.
const OPENING: [&str; 3] = ["NP111", "NP305", "NP306"];

/// Rules whose fixes change no connection.
const TIDYING: [&str; 4] = ["NP401", "NP402", "NP403", "NP404"];

/// Rules whose fixes change connections between pods alone.
const AMONG_PODS: [&str; 1] = ["NP323"];

/// Holds what a fix does to the cells against what it says and what its rule promises.
fn cells_hold(code: &str, before: &Analysis, after: &Analysis, preview: &Preview) -> Result<(), String> {
    let is = difference(before, after);
    let said = changes(&preview.changes);
    let listed = said.len() == preview.changed_cells as usize;
    ensure(!listed || said == is, || format!("it says {said:?}, but changes {is:?}"))?;
    for change in &preview.changes {
        let (opens, closes) =
            (!includes(&change.before, &change.after), !includes(&change.after, &change.before));
        let may = [
            !(opens && (CLOSING.contains(&code) || TIDYING.contains(&code))),
            !(closes && (OPENING.contains(&code) || TIDYING.contains(&code))),
        ];
        ensure(may == [true, true], || format!("{code} changes {change:?}"))?;
        let is_pod = |id: &String| !id.starts_with("external:") && !id.starts_with("domain:");
        let is_among_pods = is_pod(&change.source) && is_pod(&change.destination);
        ensure(is_among_pods || !AMONG_PODS.contains(&code), || {
            format!("{code} changes what is outside: {change:?}")
        })?;
    }
    Ok(())
}

/// Every fix of an input, held against an analysis of what it makes of it; the codes of the findings that have one.
fn fixes_hold(files: &[SourceFile], options: Options) -> Result<Vec<String>, String> {
    let mut analyzer = Analyzer::new(options);
    analyzer.set_files(files.to_vec());
    let whole = Analysis::of(files.to_vec(), options);
    let before = analyzer.summary();
    let counted_before = counted(&before);
    let mut fixed = Vec::new();
    // Several findings may have the same fix.
    let mut known: Vec<Analysis> = Vec::new();
    for (at, finding) in before.findings.iter().enumerate() {
        let what = format!("{} {}", finding.code, finding.message);
        let offered = finding.ways.len().max(usize::from(finding.fixable));
        ensure(analyzer.fix(at, offered).is_none(), || format!("{offered} are offered: {what}"))?;
        // Of several ways those that would not do say so: one at least does. So may a fix that was not tried out.
        let ways: Vec<Option<Preview>> = (0..offered).map(|way| analyzer.fix(at, way)).collect();
        let is_there = offered == 0 || analyzer.has_untried() || ways.iter().any(Option::is_some);
        ensure(is_there, || format!("no way is there: {what}"))?;
        for preview in ways.into_iter().flatten() {
            fixed.push(finding.code.clone());
            let complain =
                |complaint: &str| format!("{what}\n{}: {complaint}\n{:#?}", preview.message, preview.diff);
            let place = known.iter().position(|after| after.files == preview.files);
            if place.is_none() {
                let after = Analysis::of(preview.files.clone(), options);
                if problems(&before) == 0 {
                    let oracle = documents(&after.files).and_then(|objects| equals_oracle(&after, &objects));
                    oracle.map_err(|found| complain(&found))?;
                }
                known.push(after);
            }
            let place = place.unwrap_or(known.len() - 1);
            if problems(&before) == 0 {
                cells_hold(&finding.code, &whole, &known[place], &preview)
                    .map_err(|found| complain(&found))?;
            }
            let after = &known[place].summary;
            ensure(problems(after) <= problems(&before), || complain("there are new problems"))?;
            let counted = counted(after);
            let more = |finding: &Finding| {
                let [before, after] = [&counted_before, &counted]
                    .map(|of| of.get(&key(&finding.code, finding)).copied().unwrap_or_default());
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
            ensure(untouched + preview.diff.len() == files.len(), || {
                complain("the diff leaves something out")
            })?;
            ensure(!preview.message.is_empty() && !preview.message.contains('\n'), || {
                complain("it says nothing")
            })?;
        }
    }
    Ok(fixed)
}

#[test]
fn on_random_clusters() {
    check(12, (published(Replaced::Some), options()), |(scene, options)| {
        with_text(&scene, fixes_hold(&scene.files(), options).map(drop))
    });
}

/// What is removed because it adds nothing is missed by no pod that may come.
#[test]
fn what_is_removed_is_missed_by_no_pod_to_come() {
    let removed = Cell::new(0_u32);
    check(96, (published(Replaced::None), options(), pods_to_come()), |(scene, options, to_come)| {
        let options = Options { hypothetical: Hypothetical::Never, ..options };
        let mut analyzer = Analyzer::new(options);
        analyzer.set_files(scene.files());
        let findings = analyzer.summary().findings;
        let with_pods =
            |files: &[SourceFile]| Analysis::of(files.iter().chain([&to_come]).cloned().collect(), options);
        let mut before: Option<Analysis> = None;
        let is_removal = |finding: &Finding| ["NP401", "NP402", "NP403"].contains(&finding.code.as_str());
        for (at, finding) in findings.iter().enumerate().filter(|(_, finding)| is_removal(finding)) {
            let Some(preview) = analyzer.fix(at, 0) else { continue };
            removed.set(removed.get() + 1);
            let before = before.get_or_insert_with(|| with_pods(&scene.files()));
            let changes = difference(before, &with_pods(&preview.files));
            let holds = ensure(changes.is_empty(), || {
                format!("{} {}\n{changes:?}\n{}", finding.code, finding.message, to_come.text)
            });
            with_text(&scene, holds)?;
        }
        Ok(())
    });
    assert!(removed.get() > 0, "nothing was removed");
}

/// Text with mistakes in it, and with what `kubectl` and editors leave behind.
#[test]
fn on_text_that_is_mistyped() {
    let texts = (scene(Replaced::Some), any::<prop::sample::Index>()).prop_flat_map(|(scene, at)| {
        let files = scene.files();
        let at = at.index(files.len());
        mutated(files[at].text.clone()).prop_map(move |text| {
            let mut files = files.clone();
            files[at].text = text;
            files
        })
    });
    check(12, (texts, options()), |(files, options)| {
        fixes_hold(&files, options).map(drop).map_err(|complaint| format!("{complaint}\n{files:#?}"))
    });
}

/// And each rule that promises a fix has one somewhere, and no other has.
#[test]
fn on_all_that_is_written_down() {
    let mut inputs: Vec<(String, Vec<SourceFile>, Options)> = Vec::new();
    for rule in rules() {
        for text in corpus::examples_of(rule.name) {
            let file = SourceFile { name: "example.yaml".to_owned(), text };
            inputs.push((rule.code.to_string(), vec![file], Options::default()));
        }
    }
    for example in corpus::index().groups.iter().flat_map(|group| &group.examples) {
        inputs.push((example.id.clone(), example.sources(), Options::default()));
    }
    for scenario in corpus::scenarios() {
        inputs.push((scenario.title.clone(), scenario.files, scenario.options));
    }
    let mut fixed = BTreeSet::new();
    let mut complaints = Vec::new();
    let mut seen = BTreeSet::new();
    inputs.retain(|(_, files, options)| seen.insert(format!("{files:?} {options:?}")));
    for (name, files, options) in inputs {
        match fixes_hold(&files, options) {
            Ok(codes) => fixed.extend(codes),
            Err(complaint) => complaints.push(format!("{name}: {complaint}")),
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    let promised: Vec<&str> =
        rules().filter(|rule| rule.fix.is_some()).map(|rule| rule.code.as_str()).collect();
    assert_eq!(fixed.iter().map(String::as_str).collect::<Vec<_>>(), promised);
}

/// Fixes of inputs that are too large to try them out beforehand are offered for what they look like: nearly all of
/// them hold.
#[test]
fn what_looks_right_nearly_always_is() {
    let (looks, holds) = (Cell::new(0_u32), Cell::new(0_u32));
    survey(48, published(Replaced::None), |scene| {
        let sources = Sources::new(scene.files());
        let documents = sources.documents().map(|(id, text)| (id, Arc::new(netpol_manifest::read(&text))));
        let evaluation = Evaluation::new(Cluster::build(documents), netpol_eval::Options::default());
        let untried = netpol_findings::check_all(&netpol_findings::Context::new(&evaluation));
        let tried = Analysis::of(scene.files(), Options::default()).summary.findings;
        looks.set(looks.get() + untried.iter().filter(|finding| finding.fix.is_some()).count() as u32);
        holds.set(
            holds.get()
                + tried.iter().filter(|finding| finding.fixable && finding.ways.is_empty()).count() as u32,
        );
    });
    let (looks, holds) = (looks.get(), holds.get());
    assert!(holds * 100 >= looks * 95 && holds > 100, "{holds} of {looks}");
}
