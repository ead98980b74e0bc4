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
use crate::state::analysis::Analysis;
use crate::state::findings::{FindingsFilter, RuleTexts, SEVERITIES};
use crate::state::message::Message;
use crate::state::panel::{Mended, Proposal};
use crate::state::settings::protocol_name;
use crate::state::shared::Shared;
use crate::state::words::rule_title;

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
/// So many findings of one rule are listed.
const MOST: usize = 200;

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
    let mut rules: Vec<Vec<Listed<'_>>> = Vec::new();
    let kept = || findings.iter().zip(0..).filter(|(finding, _)| filter.keeps(finding));
    for severity in SEVERITIES {
        let first = rules.len();
        for listed in kept().filter(|(finding, _)| finding.severity == severity) {
            let is_same =
                |rule: &&mut Vec<Listed<'_>>| rule.first().is_some_and(|(it, _)| it.code == listed.0.code);
            match rules.iter_mut().skip(first).find(is_same) {
                Some(rule) => rule.push(listed),
                None => rules.push(vec![listed]),
            }
        }
    }
    let count = rules.iter().map(Vec::len).sum::<usize>();
    let shown =
        Shown { few: count <= FEW, analysis, proposal: proposal.as_ref(), withdrawn, texts, dispatch };
    html! {
        <div class="findings" tabindex="0" role="group" aria-label="Findings">
            { unjudged(analysis, dispatch) }
            { namespaces(analysis, filter, dispatch) }
            { filter_bar(analysis, filter, count, dispatch) }
            if rules.is_empty() {
                <p class="muted none-left">{ "No finding is left by these choices." }</p>
            }
            { for rules.iter().map(|list| rule(list, &shown)) }
        </div>
    }
}

/// A finding and its place in the list of the analysis.
type Listed<'a> = (&'a Finding, u32);

/// What every entry needs.
struct Shown<'a> {
    few: bool,
    analysis: &'a Analysis,
    proposal: Option<&'a Proposal>,
    withdrawn: &'a [u32],
    texts: &'a RuleTexts,
    dispatch: &'a Dispatch,
}

fn rule(findings: &[Listed<'_>], shown: &Shown<'_>) -> Html {
    let Some((first, _)) = findings.first() else { return Html::default() };
    let code = &first.code;
    let open = shown.few || (first.severity == FindingSeverity::High && findings.len() <= FEW);
    let (class, icon) = icon_of(first.severity);
    // What all findings of the rule share is said once.
    let same_help = findings.iter().all(|(finding, _)| finding.help == first.help);
    // Below a long list nobody would read it.
    let many = findings.len() > LONG;
    let same_references = findings.iter().all(|(finding, _)| finding.references == first.references);
    html! {
        <details class={classes!("rule", class)} key={format!("{code}-{class}")} {open}>
            <summary>
                <span class={classes!("severity", class)}><span aria-hidden="true">{ icon }</span>{ format!(" {class}") }</span>
                <b>{ rule_title(&first.rule) }</b>
                <code>{ code }</code>
                if findings.len() > 1 {
                    <span class="badge">{ findings.len() }<span class="sr">{ " findings" }</span></span>
                }
            </summary>
            if same_help && many {
                <p class="help">{ prose(&first.help) }</p>
            }
            <ul>
                { for findings.iter().take(MOST).map(|listed| one(*listed, same_help, same_references, shown)) }
                if findings.len() > MOST {
                    <li class="muted">{ format!("and {} more", findings.len() - MOST) }</li>
                }
            </ul>
            if same_help && !many {
                <p class="help">{ prose(&first.help) }</p>
            }
            if code == SUPERSEDED_KIND {
                { rewrite_all(shown) }
            }
            if same_references {
                { references(first) }
            }
            { about_rule(code, shown.texts, shown.dispatch) }
        </details>
    }
}

fn one((finding, place): Listed<'_>, same_help: bool, same_references: bool, shown: &Shown<'_>) -> Html {
    let Shown { analysis, dispatch, .. } = shown;
    let of = Mended::Finding(place);
    let change = shown.proposal.filter(|change| change.of == of);
    html! {
        <li class={finding.silenced.then_some("silenced")}>
            <p>{ prose(&finding.message) }</p>
            if !same_help {
                <p class="help">{ prose(&finding.help) }</p>
            }
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
            if !same_references {
                { references(finding) }
            }
        </li>
    }
}

/// The button that rewrites all policies of a superseded kind at once, where there are several, and the change.
fn rewrite_all(shown: &Shown<'_>) -> Html {
    let Shown { analysis, dispatch, .. } = shown;
    let count = analysis.summary.findings.iter().filter(|finding| finding.code == SUPERSEDED_KIND).count();
    if count < 2 {
        return Html::default();
    }
    let change = shown.proposal.filter(|change| change.of == Mended::Superseded);
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
