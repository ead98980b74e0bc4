//! One connection, yes or no, and by which rules.

use netpol_eval::Evaluation;
use netpol_source::Sources;
use serde::{Deserialize, Serialize};

use crate::contract::{Action, Connection, DirectionTrace, EndVerdict, Explanation, TraceStep, Verdict};
use crate::resolve::{UnknownPeer, resolve};
use crate::{explain, words};

/// All that is allowed between two ends, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reach {
    /// The source's id.
    pub source: String,
    /// The destination's id.
    pub destination: String,
    /// The pod of the source that was judged, where the question names one of several.
    pub source_pod: Option<String>,
    /// The pod of the destination that was judged, likewise.
    pub destination_pod: Option<String>,
    /// What is allowed, and why.
    pub explanation: Explanation,
}

/// Answers a query; both ends may be ids, names or addresses.
///
/// # Errors
/// When an end names no peer.
pub(crate) fn query(
    sources: &Sources,
    evaluation: &Evaluation,
    connection: &Connection,
) -> Result<Verdict, UnknownPeer> {
    let Reach { source, destination, source_pod, destination_pod, explanation } =
        reach(sources, evaluation, &connection.source, &connection.destination)?;
    let (protocol, port) = (connection.protocol, connection.port);
    let end = |trace: DirectionTrace| EndVerdict {
        allowed: trace.allowed.contains(protocol, port),
        isolated: trace.isolated,
        steps: deciding(trace, |step| step.matched.contains(protocol, port)),
    };
    Ok(Verdict {
        allowed: explanation.allowed.contains(protocol, port),
        not_evaluated: explanation.not_evaluated,
        connection: Connection { source, destination, protocol, port },
        source_pod,
        destination_pod,
        egress: end(explanation.egress),
        ingress: end(explanation.ingress),
        caveats: explanation.caveats,
    })
}

/// All that is allowed between two ends, which may be ids, names or addresses.
///
/// # Errors
/// When an end names no peer.
pub(crate) fn reach(
    sources: &Sources,
    evaluation: &Evaluation,
    source: &str,
    destination: &str,
) -> Result<Reach, UnknownPeer> {
    let unknown = || UnknownPeer::new(evaluation, source);
    let source = resolve(evaluation, source)?;
    let destination = resolve(evaluation, destination)?;
    let (from, to) = (
        evaluation.peer(source.peer).ok_or_else(unknown)?,
        evaluation.peer(destination.peer).ok_or_else(unknown)?,
    );
    let explanation = if source.pod.is_some() || destination.pod.is_some() {
        // A row is what holds for each of its pods; what is asked about is one.
        let ends = [&source, &destination].map(|end| (end.peer, end.pod.as_deref()));
        let (single, [source, destination]) = evaluation.of_pods(ends).ok_or_else(unknown)?;
        explain::explain(sources, &single, source, destination)
    } else {
        explain::explain(sources, evaluation, source.peer, destination.peer)
    };
    Ok(Reach {
        source: words::peer_id(evaluation, from),
        destination: words::peer_id(evaluation, to),
        source_pod: source.pod,
        destination_pod: destination.pod,
        explanation: explanation.ok_or_else(unknown)?,
    })
}

/// The steps that decide the connection: those that pass it on, and the one that allows or denies it. Where no single
/// step does, all that were tried.
pub(crate) fn deciding(trace: DirectionTrace, decides: impl Fn(&TraceStep) -> bool) -> Vec<TraceStep> {
    let is_final = |step: &TraceStep| matches!(step.action, Action::Allow | Action::Deny) && decides(step);
    if !trace.steps.iter().any(is_final) {
        return trace.steps;
    }
    let passes = |step: &TraceStep| step.action == Action::Pass && decides(step);
    trace.steps.into_iter().filter(|step| is_final(step) || passes(step)).collect()
}
