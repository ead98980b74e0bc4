//! From AdminNetworkPolicy and BaselineAdminNetworkPolicy to ClusterNetworkPolicy: what is said of the cells is true of
//! them, and nothing is left over that is not named.

use std::cell::Cell;
use std::collections::BTreeSet;

use netpol_tests::analysis::Analysis;
use netpol_tests::change::{changes, difference, place_in};
use netpol_tests::compare::ensure;
use netpol_tests::generate::{Replaced, options, superseded};
use netpol_tests::property::{check, with_text};
use netpol_view::Analyzer;
use netpol_view::contract::{DiagnosticSeverity, Options, Peer, PeerType, SourceFile, Summary};

fn left(summary: &Summary) -> usize {
    summary.findings.iter().filter(|finding| finding.code == "NP321").count()
}

fn peers(summary: &Summary) -> BTreeSet<&str> {
    summary
        .peers
        .iter()
        .filter(|peer| peer.peer_type != PeerType::Hypothetical)
        .map(|peer| peer.id.as_str())
        .collect()
}

fn problems(summary: &Summary) -> usize {
    let all = summary.diagnostics.iter();
    all.filter(|found| found.severity != DiagnosticSeverity::Info).count()
}

/// What a migration says, held against an analysis of what it makes of the files; how many policies it rewrites, and
/// whether any cell changes.
fn migration_holds(files: &[SourceFile], options: Options) -> Result<(u32, bool), String> {
    let mut analyzer = Analyzer::new(options);
    analyzer.set_files(files.to_vec());
    let before = Analysis::of(files.to_vec(), options);
    let Some(migration) = analyzer.migrate() else {
        // Nothing can be rewritten, as each finding says.
        let all = before.summary.findings.iter().filter(|finding| finding.code == "NP321");
        let silent = all.filter(|finding| !finding.message.contains("It is not rewritten for you")).count();
        return ensure(silent == 0, || format!("{silent} policies are left")).map(|()| (0, false));
    };
    let preview = &migration.preview;
    let complain = |what: String| {
        let texts: Vec<&str> = preview.files.iter().map(|file| file.text.as_str()).collect();
        format!("{what}\n{}\n{:#?}\n{}", preview.message, migration.notes, texts.join("\n"))
    };
    let after = Analysis::of(preview.files.clone(), options);

    // The cells.
    let is = difference(&before, &after);
    let said = changes(&preview.changes);
    // Which pods stand for a selector also depends on the order of policies, and that on their kinds. With what matches
    // nothing, the peers go that only it speaks of.
    let tidied = migration.notes.iter().any(|note| note.contains("matched nothing"));
    let same = peers(&before.summary) == peers(&after.summary);
    ensure(same || tidied, || complain("there are other peers".to_owned()))?;
    ensure(said == is, || complain(format!("it says {said:?}, but changes {is:?}")))?;
    let claims = preview.message.ends_with("; every cell stays the same");
    ensure(claims == is.is_empty(), || complain("its message says otherwise of the cells".to_owned()))?;
    let names_cells = migration.notes.iter().any(|note| note.starts_with("cells change: "));
    ensure(names_cells != is.is_empty(), || complain("its notes say otherwise of the cells".to_owned()))?;
    // The order of the BaselineAdminNetworkPolicy among the others was not defined, and nothing else is decided anew; but
    // the pod that stands for a selector may be another one with the same name.
    let is_same = |old: usize, peer: &Peer| {
        let old = &before.summary.peers[old];
        (&old.labels, &old.namespace_labels) == (&peer.labels, &peer.namespace_labels)
    };
    for (source, destination) in after.pairs() {
        let [from, to] = [source, destination].map(|peer| &after.summary.peers[peer]);
        let ends = place_in(&before, from).zip(place_in(&before, to));
        let Some((old_source, old_destination)) = ends else { continue };
        if !(is_same(old_source, from) && is_same(old_destination, to)) {
            continue;
        }
        let same = before.cell(old_source, old_destination).text == after.cell(source, destination).text;
        ensure(same || before.is_uncertain(old_source, old_destination), || {
            complain(format!("{} to {} was certain and changes", from.id, to.id))
        })?;
    }

    // The text.
    let more = problems(&after.summary) > problems(&before.summary);
    ensure(!more && after.summary.refused.is_empty(), || {
        complain(format!("there are problems: {:#?}", after.summary.diagnostics))
    })?;
    let still = left(&after.summary);
    let noted = migration.notes.iter().filter(|note| note.starts_with("left as it is: ")).count();
    ensure(still == noted, || complain(format!("{still} policies are left, and {noted} are said to be")))?;
    let rewritten = left(&before.summary) - still;
    ensure(migration.policies as usize == rewritten, || complain(format!("it rewrites {rewritten}")))?;
    let mut again = Analyzer::new(options);
    again.set_files(preview.files.clone());
    ensure(again.migrate().is_none(), || complain("a second one finds something to do".to_owned()))?;
    Ok((migration.policies, !is.is_empty()))
}

#[test]
fn of_random_policies() {
    let (policies, changing) = (Cell::new(0), Cell::new(0));
    check(160, (superseded(Replaced::Some), options()), |(scene, options)| {
        let (rewritten, changes) = with_text(&scene, migration_holds(&scene.files(), options))?;
        policies.set(policies.get() + rewritten);
        changing.set(changing.get() + u32::from(changes));
        Ok(())
    });
    assert!(policies.get() > 0, "no policy was rewritten");
    println!("{} policies, {} inputs with cells that change", policies.get(), changing.get());
}
