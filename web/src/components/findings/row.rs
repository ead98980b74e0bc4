//! One finding: what is wrong; where, its proof and its fix. Why it matters and what to do unfold.

use netpol_view::contract::{Connection, Evidence, Finding, ObjectRef};
use netpol_view::{Code, shown};
use yew::prelude::*;

use crate::components::Dispatch;
use crate::components::about_rule::about_rule;
use crate::components::findings_filter::icon_of;
use crate::components::press;
use crate::components::proposal::proposal;
use crate::components::prose::prose;
use crate::components::source_link::source_link;
use crate::state::analysis::Analysis;
use crate::state::findings::RuleTexts;
use crate::state::message::Message;
use crate::state::panel::{Mended, Origin, Proposal};
use crate::state::settings::protocol_name;
use crate::state::words::rule_title;

/// So many places of a finding are linked in its second line; all of them are when it is unfolded.
const PLACES: usize = 3;

/// What a finding takes.
pub struct RowProps<'a> {
    pub finding: &'a Finding,
    /// Its place in the list of the analysis.
    pub place: u32,
    /// What it is called from one analysis to the next.
    pub name: &'a str,
    pub analysis: &'a Analysis,
    /// Whether the keyboard gets to it.
    pub is_current: bool,
    pub is_unfolded: bool,
    /// The change that is shown, of whatever finding.
    pub proposal: Option<&'a Proposal>,
    /// Whether its fix was tried out and would not do.
    pub is_withdrawn: bool,
    /// Whether all policies of a superseded kind are rewritten from here.
    pub rewrites_all: bool,
    pub texts: &'a RuleTexts,
    pub toggle: &'a Callback<u32>,
    pub dispatch: &'a Dispatch,
}

/// Whether a change is one that is shown below a finding.
pub fn is_about(of: Mended, place: u32) -> bool {
    match of {
        Mended::Finding(finding) | Mended::Way(finding, _) | Mended::Silenced(finding) => finding == place,
        Mended::Cell(_) | Mended::Superseded => false,
    }
}

/// Whether a finding is about a policy of a superseded kind.
pub fn is_superseded(finding: &Finding) -> bool {
    finding.code == Code::NP321.as_str()
}

/// The finding.
pub fn row(props: &RowProps<'_>) -> Html {
    let RowProps { finding, place, analysis, dispatch, .. } = *props;
    let (class, icon) = icon_of(finding.severity);
    let change = props.proposal.filter(|change| {
        is_about(change.of, place) || (props.rewrites_all && change.of == Mended::Superseded)
    });
    let is_shown = |of: Mended| change.is_some_and(|change| change.of == of).to_string();
    let propose = |of: Mended| press(dispatch, Message::Propose(of));
    let more = finding.spans.len().saturating_sub(PLACES);
    let tabindex = if props.is_current { "0" } else { "-1" };
    let toggle = props.toggle.reform(move |_: MouseEvent| place);
    html! {
        <li key={props.name} class={classes!("finding", class, finding.silenced.then_some("silenced"))} {tabindex}
            data-finding={place.to_string()}>
            <p class="what">
                <span class={classes!("severity", class)} title={class}>
                    <span aria-hidden="true">{ icon }</span><span class="sr">{ format!("{class}: ") }</span>
                </span>
                <span>{ prose(&finding.message) }</span>
            </p>
            <div class="where">
                <code title={rule_title(&finding.rule)}>{ &finding.code }</code>
                { subject(finding, place, analysis, dispatch) }
                if finding.silenced {
                    <span class="badge" title="An annotation of the object says that it is meant to be so">{ "silenced" }</span>
                }
                { for finding.spans.iter().take(PLACES).map(|span| source_link(span, dispatch)) }
                if more > 0 {
                    <span class="muted">{ format!("+{more}") }<span class="sr">{ " more places" }</span></span>
                }
                if let Some(witness) = &finding.witness {
                    { proof(witness, analysis, dispatch) }
                }
                if finding.fixable && finding.ways.is_empty() && !props.is_withdrawn {
                    <button type="button" class="small fix" title="Show the fix  f" onclick={propose(Mended::Finding(place))}
                        aria-expanded={is_shown(Mended::Finding(place))}>{ "Fix…" }</button>
                }
                if !props.is_withdrawn {
                    { for finding.ways.iter().zip(0..).map(|(way, at)| {
                        let of = Mended::Way(place, at);
                        html! {
                            <button type="button" class="small fix" aria-expanded={is_shown(of)} onclick={propose(of)}>
                                { format!("{way}…") }
                            </button>
                        }
                    }) }
                }
                if props.rewrites_all {
                    { rewrite_all(props, &is_shown(Mended::Superseded)) }
                }
                if !finding.silenced {
                    <button type="button" class="small silence" title="It is meant to be so  s"
                        onclick={propose(Mended::Silenced(place))}
                        aria-expanded={is_shown(Mended::Silenced(place))}>{ "Silence…" }</button>
                }
                <button type="button" class="small unfold" aria-expanded={props.is_unfolded.to_string()} onclick={toggle}
                    title="Why it matters and what to do  →">{ unfold_words(finding) }</button>
            </div>
            if let Some(change) = change {
                { proposal(change, analysis, dispatch) }
            }
            if props.is_unfolded {
                { details(props) }
            }
        </li>
    }
}

/// What a finding is about, which leads to all about it where that is a policy or a row of the matrix.
fn subject(finding: &Finding, place: u32, analysis: &Analysis, dispatch: &Dispatch) -> Html {
    let name = object_name(&finding.subject);
    let Some(id) = analysis.described(&finding.subject) else {
        return html! { <span class="subject">{ name }</span> };
    };
    let from = Origin::Finding(place);
    let onclick = press(dispatch, Message::Describe(id.clone(), from));
    html! { <button type="button" class="subject" title={format!("All about {name}")} {onclick}>{ &name }</button> }
}

fn unfold_words(finding: &Finding) -> String {
    match finding.evidence.len() {
        0 => "Why".to_owned(),
        count => format!("Why, and {count} that follow"),
    }
}

/// What unfolds.
fn details(props: &RowProps<'_>) -> Html {
    let RowProps { finding, analysis, dispatch, .. } = *props;
    html! {
        <div class="details">
            <p class="title"><b>{ rule_title(&finding.rule) }</b></p>
            <p class="help">{ prose(&finding.help) }</p>
            if !finding.evidence.is_empty() {
                <ul class="evidence" aria-label="What follows from it">
                    { for finding.evidence.iter().map(|one| evidence(one, analysis, dispatch)) }
                </ul>
            }
            if finding.spans.len() > PLACES {
                <p class="places">{ for finding.spans.iter().skip(PLACES).map(|span| source_link(span, dispatch)) }</p>
            }
            { references(finding) }
            { about_rule(&finding.code, props.texts, dispatch) }
        </div>
    }
}

fn evidence(one: &Evidence, analysis: &Analysis, dispatch: &Dispatch) -> Html {
    let (class, icon) = icon_of(one.severity);
    html! {
        <li>
            <span class={classes!("severity", class)} title={class}>
                <span aria-hidden="true">{ icon }</span><span class="sr">{ format!("{class}: ") }</span>
            </span>
            <span>
                { prose(&one.message) }{ " " }<code title={rule_title(&one.rule)}>{ &one.code }</code>{ " " }
                if let Some(witness) = &one.witness {
                    { proof(witness, analysis, dispatch) }
                }
            </span>
        </li>
    }
}

/// The button that rewrites all policies of a superseded kind at once, where there are several.
fn rewrite_all(props: &RowProps<'_>, expanded: &str) -> Html {
    let findings = props.analysis.summary.findings.iter();
    let count = findings.filter(|finding| is_superseded(finding)).count();
    if count < 2 {
        return Html::default();
    }
    let onclick = press(props.dispatch, Message::Propose(Mended::Superseded));
    html! {
        <button type="button" class="small fix" aria-expanded={expanded.to_owned()} {onclick}>
            { format!("Rewrite all {count} policies…") }
        </button>
    }
}

fn proof(witness: &Connection, analysis: &Analysis, dispatch: &Dispatch) -> Html {
    let shown = witness.clone();
    let onclick = press(dispatch, Message::OpenWitness(shown.clone()));
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

/// The standards that say the same, by their ids; each is named in full where the pointer or the keyboard is.
fn references(finding: &Finding) -> Html {
    if finding.references.is_empty() {
        return Html::default();
    }
    html! {
        <ul class="references" aria-label="References">
            { for finding.references.iter().map(|reference| html! {
                <li tabindex="0" title={format!("{} {}", reference.standard, reference.id)}>
                    <span class="standard">{ &reference.standard }</span>{ " " }{ &reference.id }
                </li>
            }) }
        </ul>
    }
}

/// The name of an object with its kind and namespace.
pub fn object_name(object: &ObjectRef) -> String {
    shown(&match &object.namespace {
        Some(namespace) => format!("{} {namespace}/{}", object.kind, object.name),
        None => format!("{} {}", object.kind, object.name),
    })
}
