//! What one end of a connection says of it: whether it is isolated, and every step with its lines.

use netpol_view::contract::{Action, DirectionTrace, EndVerdict, Tier, TraceStep};
use yew::prelude::*;

use super::Dispatch;
use super::prose::prose;
use super::source_link::source_link;
use crate::state::matrix::face::{Face, Shape};

/// Who is at an end.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// As it is called in a sentence.
    pub name: &'a str,
    /// Whether it is outside, where no policy has a say.
    pub outside: bool,
}

/// The source's end of a cell.
pub fn egress(from: End<'_>, trace: &DirectionTrace, dispatch: &Dispatch) -> Html {
    end("Egress from ", from, "egress", trace, dispatch)
}

/// The destination's end of a cell.
pub fn ingress(to: End<'_>, trace: &DirectionTrace, dispatch: &Dispatch) -> Html {
    end("Ingress to ", to, "ingress", trace, dispatch)
}

/// One end of one connection; `what` is `Egress from ` or `Ingress to `.
pub fn verdict(what: &'static str, who: End<'_>, end: &EndVerdict, dispatch: &Dispatch) -> Html {
    let words = match (who.outside, end.allowed, end.isolated) {
        // The one step says so.
        (true, true, _) => "",
        (false, true, true) => "allows it",
        (false, true, false) if has_tiers(&end.steps) => "allows it",
        (false, true, false) => "not isolated, so everything is allowed",
        (_, false, _) => "does not allow it",
    };
    section(what, who.name, words, !end.allowed, &end.steps, dispatch)
}

/// Where network plugins differ.
pub fn caveats(caveats: &[String]) -> Html {
    if caveats.is_empty() {
        return Html::default();
    }
    html! {
        <ul class="caveats" aria-label="Caveats">
            { for caveats.iter().map(|caveat| html! { <li>{ prose(caveat) }</li> }) }
        </ul>
    }
}

fn section(
    what: &'static str,
    who: &str,
    words: &str,
    denied: bool,
    steps: &[TraceStep],
    dispatch: &Dispatch,
) -> Html {
    html! {
        <section>
            <h3>
                { mark(if denied { Mark::No } else { Mark::Yes }) }
                { what }<b>{ who }</b>{ " " }<small>{ words }</small>
            </h3>
            if has_tiers(steps) {
                { for steps.chunk_by(|one, next| one.tier == next.tier).map(|steps| tier(steps, dispatch)) }
            } else {
                <ol>{ for steps.iter().map(|taken| step(taken, mark_of(taken, denied), dispatch)) }</ol>
            }
        </section>
    }
}

/// Whether a tier besides that of the NetworkPolicies has a say, so that it matters which step belongs to which.
fn has_tiers(steps: &[TraceStep]) -> bool {
    steps.iter().any(|step| matches!(step.tier, Tier::Admin | Tier::Baseline))
}

/// The steps of one tier.
fn tier(steps: &[TraceStep], dispatch: &Dispatch) -> Html {
    let name = match steps.first().map(|step| step.tier) {
        Some(Tier::Admin) => "Admin tier",
        Some(Tier::NetworkPolicy) => "NetworkPolicies",
        Some(Tier::Baseline) => "Baseline tier",
        Some(Tier::Default) | None => "Default",
    };
    html! {
        <div class="tier">
            <h4>{ name }</h4>
            <ol>{ for steps.iter().map(|taken| step(taken, mark_in_tier(taken), dispatch)) }</ol>
        </div>
    }
}

fn end(
    what: &'static str,
    who: End<'_>,
    direction: &'static str,
    trace: &DirectionTrace,
    dispatch: &Dispatch,
) -> Html {
    let shape = Face::of(&trace.allowed).shape;
    let denied = shape == Shape::None;
    let words = match (who.outside, trace.isolated, shape) {
        // The one step says so.
        (true, _, Shape::All) => String::new(),
        (_, false, Shape::All) if !has_tiers(&trace.steps) => {
            format!("not isolated: no NetworkPolicy selects it for {direction}, so everything is allowed")
        }
        (_, _, Shape::None) => "allows nothing".to_owned(),
        (_, _, Shape::All) => "allows everything".to_owned(),
        _ => format!("allows {}", trace.allowed.text),
    };
    section(what, who.name, &words, denied, &trace.steps, dispatch)
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Yes,
    No,
    On,
    Neither,
}

fn mark(mark: Mark) -> Html {
    let (class, icon, words) = match mark {
        Mark::Yes => ("yes", "✓", "allows: "),
        Mark::No => ("no", "✕", "does not allow: "),
        Mark::On => ("on", "↓", "passes on: "),
        Mark::Neither => ("neither", "–", ""),
    };
    html! { <><span class={classes!("mark", class)} aria-hidden="true">{ icon }</span><span class="sr">{ words }</span></> }
}

/// The mark of a step where NetworkPolicies alone have a say.
fn mark_of(step: &TraceStep, denied: bool) -> Mark {
    let decides = Face::of(&step.matched).shape != Shape::None;
    match step.action {
        Action::Allow if decides => Mark::Yes,
        Action::Deny => Mark::No,
        Action::Allow | Action::None if denied => Mark::No,
        Action::Allow | Action::None | Action::Pass | Action::Isolate => Mark::Neither,
    }
}

/// The mark of a step among tiers: only what decides is marked, as what does not may still be decided elsewhere.
fn mark_in_tier(step: &TraceStep) -> Mark {
    match step.action {
        Action::Allow => Mark::Yes,
        // Others may allow what a policy without rules does not.
        Action::Isolate if Face::of(&step.matched).shape == Shape::None => Mark::Neither,
        Action::Deny | Action::Isolate => Mark::No,
        Action::Pass => Mark::On,
        Action::None => Mark::Neither,
    }
}

/// What a step does, in the API's words.
fn action(step: &TraceStep) -> Option<(&'static str, &'static str)> {
    match (step.tier, step.action) {
        (Tier::Admin | Tier::Baseline, Action::Allow) => Some(("allow", "Allow")),
        (Tier::Admin | Tier::Baseline, Action::Deny) => Some(("deny", "Deny")),
        (Tier::Admin | Tier::Baseline, Action::Pass) => Some(("pass", "Pass")),
        _ => None,
    }
}

fn step(step: &TraceStep, sign: Mark, dispatch: &Dispatch) -> Html {
    html! {
        <li class={(sign == Mark::Neither).then_some("muted")}>
            { mark(sign) }
            if let Some(policy) = &step.policy {
                <b>{ &policy.name }</b>{ " " }
            }
            if let Some(rule) = step.rule {
                { format!("rule {}", rule + 1) }
                if let Some(name) = &step.rule_name {
                    { format!(" ({name})") }
                }
                { ": " }
            }
            if let Some((class, words)) = action(step) {
                <span class={classes!("action", class)}>{ words }</span>{ " " }
            }
            { prose(&step.reason) }
            if let Some(span) = &step.span {
                { " " }{ source_link(span, dispatch) }
            }
        </li>
    }
}
