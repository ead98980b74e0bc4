//! A cell's verdict as an expectation: added to the test `kept`.

use netpol_assert::{Judge, Missing, Status, Unknown};
use netpol_eval::{ConnectionSet, Evaluation, PeerId, PortSet};
use netpol_findings::Fix;
use netpol_manifest::{Resource, Way, Yaml};
use netpol_source::{Edit, FileId, SourceFile, Sources, TextRange};

use super::naming;
use crate::contract::PortWanted;
use crate::convert::manifest_protocol;
use crate::fixes;
use crate::preview::Change;
use crate::words::{peer_name, quoted};

/// The name of the test.
const KEPT: &str = "kept";

/// The file that holds it.
const FILE: &str = "tests.yaml";

/// What a cell says, as a change of the files; `None` where it cannot be said exactly, or would not pass.
pub(crate) fn keep(
    evaluation: &Evaluation,
    missing: &Missing,
    sources: &Sources,
    [source, destination]: [PeerId; 2],
    port: Option<PortWanted>,
) -> Option<Change> {
    let (from, to) = (naming::peer(evaluation, source)?, naming::peer(evaluation, destination)?);
    let allowed = evaluation.allowed(source, destination);
    let (mut allow, mut deny) = naming::expectations(&from, &to, allowed);
    if let Some(PortWanted { protocol, port }) = port {
        let protocol = manifest_protocol(protocol);
        let one = ConnectionSet::of(protocol, PortSet::range(port, port));
        let (allowing, _) = naming::expectations(&from, &to, &one);
        (allow, deny) = match allowed.contains(protocol, port) {
            true => (allowing, None),
            false => (None, allowing),
        };
    }
    let whole = naming::test(KEPT, allow.clone().into_iter().collect(), deny.clone().into_iter().collect());
    passes(&Judge::new(evaluation, missing), &whole)?.then_some(())?;
    let name = |id| evaluation.peer(id).map(|peer| quoted(&peer_name(evaluation, peer))).unwrap_or_default();
    let message = format!("keep what {} may send to {} as a policy test", name(source), name(destination));
    let tests = evaluation.cluster().tests.iter();
    let kept = tests.filter(|test| test.object().metadata.name.value == KEPT).find(|test| {
        let file = sources.file_of(test.document).and_then(|(id, _)| sources.files().nth(id.0 as usize));
        file.is_some_and(|file| file.name == FILE)
    });
    if let Some(kept) = kept {
        let way = |list: &str| Way::new().key("spec").key(list);
        let lists = [("allow", allow), ("deny", deny)];
        let pushes = lists.into_iter().filter_map(|(list, item)| Some((list, item?)));
        let changes = pushes.map(|(list, item)| netpol_manifest::Change::Push(way(list), item)).collect();
        let place = kept.span(kept.object().range);
        let fix = Fix { message, changes: vec![(place, changes)], added: Vec::new() };
        return fixes::change(&fix, sources);
    }
    match sources.files().position(|file| file.name == FILE) {
        Some(at) => {
            let text = sources.files().nth(at)?.text.as_str();
            let range = TextRange::new(text.len(), text.len());
            let edit = Edit { range, replacement: fixes::appended(text, &[&whole]) };
            Some(Change { message, edits: vec![(FileId(u32::try_from(at).ok()?), edit)], added: Vec::new() })
        }
        None => {
            let file = SourceFile { name: FILE.to_owned(), text: whole.document() };
            Some(Change { message, edits: Vec::new(), added: vec![file] })
        }
    }
}

/// Whether all of a test that is not yet among the files passes; `None` where it is too much to be judged.
pub(super) fn passes(judge: &Judge<'_>, test: &Yaml) -> Option<bool> {
    let document = netpol_manifest::read(&test.document());
    let [object] = document.objects.as_slice() else { return Some(false) };
    let Resource::ConnectivityTest(test) = &object.resource else { return Some(false) };
    let outcomes = judge.test(test);
    let is_too_much = outcomes.iter().any(|one| one.status == Status::Unknown(Unknown::TooMuch));
    (!is_too_much).then(|| outcomes.iter().all(|one| one.status == Status::Passed))
}
