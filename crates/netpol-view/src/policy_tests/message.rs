//! Why an expectation does not hold, in a sentence, and the lines that make it so.

use netpol_assert::{Expect, Outcome, Side, Status, Unknown, Void, Witness};
use netpol_eval::{Evaluation, NamespaceId, PeerId, WorkloadOrigin};
use netpol_manifest::{Direction, Expectation, TestEnd};
use netpol_source::{HashMap, ObjectRef, Sources, TextRange};

use super::words;
use crate::contract::{Action, DirectionTrace, Span, TraceStep, Verdict};
use crate::convert::protocol;
use crate::explain;
use crate::query::deciding;
use crate::words::{object_name, peer_id, peer_name, quoted};

/// Of how many expectations the lines are looked for.
const MOST_EXPLAINED: usize = 500;

/// How many lines of one expectation are named.
const MOST_SPANS: usize = 20;

/// How many refused policies are named.
const MOST_REFUSED: usize = 3;

/// Says why expectations do not hold.
pub(super) struct Speaker<'a> {
    sources: &'a Sources,
    evaluation: &'a Evaluation,
    /// The policies that are refused, by namespace; those of the whole cluster at `None`.
    refused: HashMap<Option<&'a str>, Vec<&'a ObjectRef>>,
    /// Of how many more the lines are looked for.
    left: usize,
}

/// What is said of an expectation.
#[derive(Default)]
pub(super) struct Said {
    pub(super) message: Option<String>,
    pub(super) caveat: Option<String>,
    pub(super) spans: Vec<Span>,
}

impl<'a> Speaker<'a> {
    pub(super) fn new(
        sources: &'a Sources,
        evaluation: &'a Evaluation,
        refused_policies: &[&'a ObjectRef],
    ) -> Self {
        let mut refused: HashMap<Option<&'a str>, Vec<&'a ObjectRef>> = HashMap::default();
        for object in refused_policies {
            refused.entry(object.namespace.as_deref()).or_default().push(object);
        }
        Self { sources, evaluation, refused, left: MOST_EXPLAINED }
    }

    /// The id of a peer.
    pub(super) fn id(&self, peer: PeerId) -> String {
        self.evaluation.peer(peer).map(|peer| peer_id(self.evaluation, peer)).unwrap_or_default()
    }

    /// What is to be said of an expectation.
    pub(super) fn say(&mut self, expectation: &Expectation, outcome: &Outcome) -> Said {
        let refused = self.refused(&outcome.namespaces);
        let mut said = match (outcome.status, outcome.witness) {
            (Status::Failed, Some(witness)) => self.failed(outcome.expect, &witness),
            (Status::Depends, Some(witness)) => self.depends(&witness),
            (Status::Void(void), _) => {
                Said { message: Some(self.void(expectation, void)), ..Said::default() }
            }
            (Status::Unknown(unknown), _) => {
                Said { message: Some(self::unknown(unknown).to_owned()), ..Said::default() }
            }
            // Only where there was not enough budget to look for the pair.
            (Status::Failed | Status::Depends, None) => {
                let message = "some pairs are not as expected, and there is too much to say which".to_owned();
                Said { message: Some(message), ..Said::default() }
            }
            (Status::Passed, _) => Said::default(),
        };
        let mut caveats: Vec<String> = said.caveat.take().into_iter().collect();
        match (refused, outcome.status, outcome.expect, &mut said.message) {
            (Some(refused), Status::Failed, Expect::Deny, Some(message)) => {
                message.push_str(&format!("; {refused}"));
            }
            (refused, ..) => caveats.extend(refused),
        }
        caveats.extend(idle(expectation, &outcome.idle));
        said.caveat = (!caveats.is_empty()).then(|| caveats.join("; "));
        said
    }

    /// That policies of these namespaces are refused.
    fn refused(&self, namespaces: &[NamespaceId]) -> Option<String> {
        if self.refused.is_empty() {
            return None;
        }
        let names = namespaces.iter().filter_map(|id| self.evaluation.cluster().namespace(*id));
        let keys = names.map(|namespace| Some(namespace.name.as_str())).chain([None]);
        let found: Vec<&ObjectRef> =
            keys.filter_map(|key| self.refused.get(&key)).flatten().copied().collect();
        let first: Vec<String> = found
            .iter()
            .take(MOST_REFUSED)
            .map(|object| [quoted(&object.kind), object_name(object)].join(" ").trim().to_owned())
            .collect();
        let more = found.len().saturating_sub(MOST_REFUSED);
        let is = if found.len() == 1 { "is" } else { "are" };
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!found.is_empty()).then(|| {
            format!(
                "{}{more} {is} refused for a mistake, so that what it should close is open",
                first.join(", ")
            )
        })
    }

    /// What a peer is called: names of the input in backticks.
    fn name(&self, peer: PeerId, witness: &Witness) -> String {
        let Some(found) = self.evaluation.peer(peer) else { return String::new() };
        let name = peer_name(self.evaluation, found);
        match (found.external(), witness.address, found.workload()) {
            // One of its addresses is meant, and the range as a whole is not.
            (Some(range), Some(address), _) if address != range.address() => format!("`{address}`"),
            (Some(range), ..) if range.is_any_other() => name,
            (None, _, Some(workload)) if matches!(workload.origin, WorkloadOrigin::AnyOther) => name,
            (None, _, Some(workload)) if workload.is_hypothetical() => format!("a hypothetical `{name}`"),
            _ => format!("`{name}`"),
        }
    }

    fn failed(&mut self, expect: Expect, witness: &Witness) -> Said {
        let (source, destination) =
            (self.name(witness.source, witness), self.name(witness.destination, witness));
        let port = format!("{} {}", witness.protocol.as_str(), witness.port);
        let traces = self.traces(witness);
        let mut message = match expect {
            Expect::Deny if self.is_outside(witness.destination) => {
                format!("{source} still reaches {destination} on {port}")
            }
            Expect::Deny => format!("{destination} still accepts {port} from {source}"),
            Expect::Allow => format!("{source} cannot reach {destination} on {port}"),
        };
        if let Some(peer) = witness.on_host_network {
            let name = self.name(peer, witness);
            message.push_str(&format!(": {name} runs on the host network, where no policy applies to it"));
        }
        let Some((ends, _)) = traces else { return Said { message: Some(message), ..Said::default() } };
        let subjects = [(Direction::Egress, &source), (Direction::Ingress, &destination)];
        let mut reasons = Vec::new();
        let mut spans = Vec::new();
        for ((direction, subject), end) in subjects.into_iter().zip(ends) {
            let is_allowed = end.allowed.contains(protocol(witness.protocol), witness.port);
            if is_allowed && expect == Expect::Allow {
                continue;
            }
            let steps = self.steps(end, witness);
            if expect == Expect::Allow {
                reasons.push(why_denied(direction, subject, &steps));
            }
            spans.extend(steps.into_iter().filter_map(|step| step.span));
        }
        if !reasons.is_empty() {
            message.push_str(&format!(": {}", reasons.join(", and ")));
        }
        Said { message: Some(message), caveat: None, spans: cut(spans) }
    }

    fn depends(&mut self, witness: &Witness) -> Said {
        let (source, destination) =
            (self.name(witness.source, witness), self.name(witness.destination, witness));
        let message = format!(
            "whether {source} can reach {destination} on {} {} hangs on the network plugin, or on what the input does not tell",
            witness.protocol.as_str(),
            witness.port
        );
        let Some((ends, caveats)) = self.traces(witness) else {
            return Said { message: Some(message), ..Said::default() };
        };
        let steps = ends.into_iter().flat_map(|end| self.steps(end, witness));
        let spans = cut(steps.filter_map(|step| step.span).collect());
        let caveat = (!caveats.is_empty()).then(|| caveats.join("; "));
        Said { message: Some(message), caveat, spans }
    }

    /// Both ends of the witness, and the caveats of its cell.
    fn traces(&mut self, witness: &Witness) -> Option<([DirectionTrace; 2], Vec<String>)> {
        self.left = self.left.checked_sub(1)?;
        explain::ends(self.sources, self.evaluation, witness.source, witness.destination)
    }

    /// The steps that decide the witness at an end.
    fn steps(&self, end: DirectionTrace, witness: &Witness) -> Vec<TraceStep> {
        deciding(end, |step| step.matched.contains(protocol(witness.protocol), witness.port))
    }

    fn is_outside(&self, peer: PeerId) -> bool {
        self.evaluation.peer(peer).is_some_and(|peer| peer.workload().is_none())
    }

    fn void(&self, expectation: &Expectation, void: Void) -> String {
        let field = |side| match side {
            Side::From => "from",
            Side::To => "to",
        };
        match void {
            Void::Nobody(side, range) => {
                let items = expectation.from.iter().chain(&expectation.to);
                let item = find(items, range).map(words::item).unwrap_or_default();
                format!(
                    "`{}` matches nobody, so this proves nothing: the input has no {item}; mend it, or add what is meant",
                    field(side)
                )
            }
            Void::NothingLeft(side) => format!(
                "nobody is left of `{}`, so this proves nothing: take less out of it",
                field(side)
            ),
            Void::NoSuchPort(range) => {
                let port = expectation.ports.iter().find(|port| port.range == range).map(words::port);
                format!(
                    "no destination declares {}, so this proves nothing: write the number, or name the container's port",
                    port.unwrap_or_default()
                )
            }
            Void::NoPorts => {
                "no port is left, so this proves nothing: take less out of `ports`, or ask about others".to_owned()
            }
            Void::NoPairs => "no policy can decide between these ends, so this proves nothing: a pod and itself, a node \
                              and its own pods, and what is outside or on the host network at both ends are left out"
                .to_owned(),
        }
    }
}

fn find<'e>(mut items: impl Iterator<Item = &'e TestEnd>, range: TextRange) -> Option<&'e TestEnd> {
    items.find(|item| item.range == range)
}

fn unknown(unknown: Unknown) -> &'static str {
    match unknown {
        Unknown::NotEvaluated => {
            "cannot be told: cells that this is about were not evaluated, as there is too much to evaluate"
        }
        Unknown::MissingPolicies => {
            "cannot be told: policies of a kind that is not evaluated may decide it; take them out to test the others alone"
        }
        Unknown::LeftOutWorkloads => {
            "cannot be told: some workloads are not in the matrix, as there are too many; leave out namespaces that do not \
             matter"
        }
        Unknown::TooMuch => {
            "cannot be told: the tests are too much to evaluate; ask about fewer pods, or leave out namespaces that do not \
             matter"
        }
    }
}

/// Why one end does not allow a connection.
fn why_denied(direction: Direction, subject: &str, steps: &[TraceStep]) -> String {
    let denies = steps.iter().find(|step| step.action == Action::Deny);
    if let Some((step, policy)) = denies.and_then(|step| Some((step, step.policy.as_ref()?))) {
        let rule = step.rule.map_or("a rule".to_owned(), |rule| format!("rule {}", rule + 1));
        return format!("{rule} of {} denies it", quoted(&policy.name));
    }
    match direction {
        Direction::Ingress => format!("{subject} is isolated for ingress and no rule lets it in"),
        Direction::Egress => format!("{subject} is isolated for egress and no rule lets it out"),
    }
}

/// That items of `except` take nobody out.
fn idle(expectation: &Expectation, idle: &[TextRange]) -> Option<String> {
    let items = idle
        .iter()
        .filter_map(|range| find(expectation.except_from.iter().chain(&expectation.except_to), *range));
    let items: Vec<String> = items.map(words::item).collect();
    (!items.is_empty())
        .then(|| format!("`except` takes nobody out by {}", words::list(items.into_iter(), "and")))
}

/// The lines that decide a connection.
pub(crate) fn deciding_lines(verdict: Verdict) -> Vec<Span> {
    let steps = verdict.egress.steps.into_iter().chain(verdict.ingress.steps);
    cut(steps.filter_map(|step| step.span).collect())
}

/// Each once, in their order, and not too many.
fn cut(spans: Vec<Span>) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    for span in spans {
        if found.len() < MOST_SPANS && !found.contains(&span) {
            found.push(span);
        }
    }
    found
}
