//! The findings, by severity and then by rule, below what narrows them and the namespaces at a glance.

use netpol_view::SUPERSEDED_KIND;
use netpol_view::contract::{Connection, Finding, FindingSeverity, ObjectRef};
use yew::prelude::*;

use super::Dispatch;
use super::about_rule::about_rule;
use super::findings_filter::{filter_bar, icon_of};
use super::judged::{nothing_found, unjudged};
use super::namespaces::namespaces;
use super::proposal::proposal;
use super::prose::prose;
use super::source_link::source_link;
use crate::browser::dom::{self, SightObserver};
use crate::state::analysis::Analysis;
use crate::state::findings::{FindingsFilter, RuleTexts, SEVERITIES};
use crate::state::message::Message;
use crate::state::panel::{Mended, Proposal};
use crate::state::settings::protocol_name;
use crate::state::shared::Shared;
use crate::state::words::{rule_title, thousands};

/// What the findings take.
#[derive(Properties, PartialEq)]
pub struct FindingsProps {
    /// The result in sight.
    pub analysis: Shared<Analysis>,
    /// Which are listed.
    pub filter: FindingsFilter,
    /// The change that is shown before it is made.
    pub proposal: Option<Proposal>,
    /// The findings whose fix was tried out and would not do, by their places.
    pub withdrawn: Vec<u32>,
    /// What there is to read about rules.
    pub rules: RuleTexts,
    /// Where choices go.
    pub dispatch: Dispatch,
}

/// Up to so many findings everything is unfolded.
const FEW: usize = 12;
/// With more findings of one rule than this, what they mean stands above them.
const LONG: usize = 3;
/// So many places of a finding are linked.
const PLACES: usize = 8;
/// Up to so many findings all are there, in sight or not.
const WHOLE: usize = 200;
/// So many findings come into sight and go together.
const CHUNK: usize = 20;
/// What a finding takes until it was in sight, in pixels.
const USUAL_HEIGHT: i32 = 62;
/// How near findings are there already, in pixels.
const NEAR: u32 = 600;

/// The findings.
#[component]
pub fn Findings(props: &FindingsProps) -> Html {
    let FindingsProps { analysis, filter, proposal, withdrawn, rules: texts, dispatch } = props;
    let findings = &analysis.summary.findings;
    if findings.is_empty() {
        return html! {
            <div class="findings">{ nothing_found(analysis, dispatch) }{ namespaces(analysis, filter, dispatch) }</div>
        };
    }
    // By severity, and within one by rule in the order of the analysis.
    let mut rules: Vec<(&Finding, Vec<u32>)> = Vec::new();
    let kept = || findings.iter().zip(0..).filter(|(finding, _)| filter.keeps(finding));
    for severity in SEVERITIES {
        let first = rules.len();
        for (finding, place) in kept().filter(|(finding, _)| finding.severity == severity) {
            match rules.iter_mut().skip(first).find(|(it, _)| it.code == finding.code) {
                Some((_, places)) => places.push(place),
                None => rules.push((finding, vec![place])),
            }
        }
    }
    let count = rules.iter().map(|(_, places)| places.len()).sum::<usize>();
    html! {
        <div class="findings" tabindex="0" role="group" aria-label="Findings">
            { unjudged(analysis, dispatch) }
            { namespaces(analysis, filter, dispatch) }
            { filter_bar(analysis, filter, count, dispatch) }
            if rules.is_empty() {
                <p class="muted none-left">{ "No finding is left by these choices." }</p>
            }
            { for rules.into_iter().map(|(first, places)| {
                let of = RuleProps {
                    analysis: analysis.clone(),
                    places,
                    count,
                    proposal: proposal.clone(),
                    withdrawn: withdrawn.clone(),
                    texts: texts.clone(),
                    dispatch: dispatch.clone(),
                };
                rule(first, &of)
            }) }
        </div>
    }
}

/// What the findings of a rule take.
#[derive(Properties, PartialEq, Clone)]
struct RuleProps {
    analysis: Shared<Analysis>,
    /// The findings, by their places in the list of the analysis.
    places: Vec<u32>,
    /// How many findings there are in all.
    count: usize,
    proposal: Option<Proposal>,
    withdrawn: Vec<u32>,
    texts: RuleTexts,
    dispatch: Dispatch,
}

impl RuleProps {
    fn finding(&self, place: u32) -> Option<&Finding> {
        self.analysis.summary.findings.get(place as usize)
    }
}

/// The findings of a rule, below its name; those that are not in sight are only so much room.
fn rule(first: &Finding, props: &RuleProps) -> Html {
    let RuleProps { places, count, texts, dispatch, .. } = props;
    let code = &first.code;
    let open = *count <= FEW || (first.severity == FindingSeverity::High && places.len() <= FEW);
    let (class, icon) = icon_of(first.severity);
    // Below a long list nobody would read it.
    let many = places.len() > LONG;
    html! {
        <details class={classes!("rule", class)} key={format!("{code}-{class}")} {open}>
            <summary>
                <span class={classes!("severity", class)}><span aria-hidden="true">{ icon }</span>{ format!(" {class}") }</span>
                <b>{ rule_title(&first.rule) }</b>
                <code>{ code }</code>
                if places.len() > 1 {
                    <span class="badge">{ thousands(places.len()) }<span class="sr">{ " findings" }</span></span>
                }
            </summary>
            if many {
                <p class="help">{ prose(&first.help) }</p>
            }
            { for places.chunks(CHUNK).map(|chunk| html! {
                <Chunk key={chunk.first().copied().unwrap_or_default()} of={RuleProps { places: chunk.to_vec(), ..props.clone() }} />
            }) }
            if !many {
                <p class="help">{ prose(&first.help) }</p>
            }
            if code == SUPERSEDED_KIND {
                { rewrite_all(props) }
            }
            { references(first) }
            { about_rule(code, texts, dispatch) }
        </details>
    }
}

/// What some findings of a rule take.
#[derive(Properties, PartialEq)]
struct ChunkProps {
    of: RuleProps,
}

/// Some findings of a rule, one below the other, as long as they are in sight. What is folded never is.
struct Chunk {
    list: NodeRef,
    in_sight: bool,
    /// What it took when it was in sight, in pixels.
    height: i32,
    observer: Option<SightObserver>,
}

impl Component for Chunk {
    type Message = bool;
    type Properties = ChunkProps;

    fn create(context: &Context<Self>) -> Self {
        let count = i32::try_from(context.props().of.places.len()).unwrap_or_default();
        Self { list: NodeRef::default(), in_sight: false, height: USUAL_HEIGHT * count, observer: None }
    }

    fn update(&mut self, _: &Context<Self>, in_sight: bool) -> bool {
        if let Some(element) = dom::element(&self.list).filter(|_| self.in_sight && !in_sight) {
            let height = element.offset_height();
            self.height = if height > 0 { height } else { self.height };
        }
        std::mem::replace(&mut self.in_sight, in_sight) != in_sight
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let of = &context.props().of;
        let shown = self.in_sight || of.count <= WHOLE;
        let room = (!shown).then(|| format!("height:{}px", self.height));
        html! {
            <ul ref={self.list.clone()} style={room}>
                if shown {
                    { for of.places.iter().filter_map(|place| Some(one(of.finding(*place)?, *place, of))) }
                }
            </ul>
        }
    }

    fn rendered(&mut self, context: &Context<Self>, first: bool) {
        if first && let Some(element) = dom::element(&self.list) {
            let told = context.link().callback(|in_sight: bool| in_sight);
            self.observer = SightObserver::new(&element, NEAR, move |in_sight| told.emit(in_sight));
        }
    }
}

fn one(finding: &Finding, place: u32, shown: &RuleProps) -> Html {
    let RuleProps { analysis, dispatch, .. } = shown;
    let of = Mended::Finding(place);
    let change = shown.proposal.as_ref().filter(|change| change.of == of);
    html! {
        <li class={finding.silenced.then_some("silenced")}>
            <p>{ prose(&finding.message) }</p>
            <p class="places">
                <span class="subject">{ object_name(&finding.subject) }</span>
                if finding.silenced {
                    <span class="badge" title="An annotation of the object says that it is meant to be so">{ "silenced" }</span>
                }
                { for finding.spans.iter().take(PLACES).map(|span| source_link(span, dispatch)) }
                if finding.spans.len() > PLACES {
                    <span class="muted">{ format!("and {} more places", finding.spans.len() - PLACES) }</span>
                }
                if let Some(witness) = &finding.witness {
                    { proof(witness, analysis, dispatch) }
                }
                if finding.fixable && !shown.withdrawn.contains(&place) {
                    <button type="button" class="small fix" aria-expanded={change.is_some().to_string()}
                        onclick={dispatch.reform(move |_: MouseEvent| Message::Propose(of))}>
                        { "Fix…" }
                    </button>
                }
            </p>
            if let Some(change) = change {
                { proposal(change, analysis, dispatch) }
            }
        </li>
    }
}

/// The button that rewrites all policies of a superseded kind at once, where there are several, and the change.
fn rewrite_all(shown: &RuleProps) -> Html {
    let RuleProps { analysis, dispatch, .. } = shown;
    let count = analysis.summary.findings.iter().filter(|finding| finding.code == SUPERSEDED_KIND).count();
    if count < 2 {
        return Html::default();
    }
    let change = shown.proposal.as_ref().filter(|change| change.of == Mended::Superseded);
    html! {
        <>
            <p class="places">
                <button type="button" class="small fix" aria-expanded={change.is_some().to_string()}
                    onclick={dispatch.reform(|_: MouseEvent| Message::Propose(Mended::Superseded))}>
                    { format!("Rewrite all {count} policies…") }
                </button>
            </p>
            if let Some(change) = change {
                { proposal(change, analysis, dispatch) }
            }
        </>
    }
}

fn proof(witness: &Connection, analysis: &Analysis, dispatch: &Dispatch) -> Html {
    let shown = witness.clone();
    let onclick = dispatch.reform(move |_: MouseEvent| Message::OpenWitness(shown.clone()));
    let name = |id: &str| {
        analysis.peer(id).map_or_else(|| id.to_owned(), |peer| analysis.full_name(peer).to_owned())
    };
    let text = format!(
        "{} → {} {} {}",
        name(&witness.source),
        name(&witness.destination),
        protocol_name(witness.protocol),
        witness.port,
    );
    html! { <button type="button" class="proof" title="Show this connection in the matrix" {onclick}>{ text }</button> }
}

fn references(finding: &Finding) -> Html {
    if finding.references.is_empty() {
        return Html::default();
    }
    html! {
        <ul class="references" aria-label="References">
            { for finding.references.iter().map(|reference| html! {
                <li>{ format!("{} {}", reference.standard, reference.id) }</li>
            }) }
        </ul>
    }
}

/// The name of an object with its kind and namespace.
pub fn object_name(object: &ObjectRef) -> String {
    match &object.namespace {
        Some(namespace) => format!("{} {namespace}/{}", object.kind, object.name),
        None => format!("{} {}", object.kind, object.name),
    }
}
