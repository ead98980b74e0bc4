//! What one end of a connection says of it: whether it is isolated, and every step with its lines.

use netpol_view::contract::{Action, DirectionTrace, EndVerdict, ObjectRef, Tier, TraceStep};
use yew::prelude::*;

use super::prose::prose;
use super::source_link::source_link;
use super::{Dispatch, press};
use crate::state::analysis::id_of;
use crate::state::matrix::face::{Face, Shape};
use crate::state::message::Message;
use crate::state::panel::Origin;
use crate::state::settings::PortChoice;
use crate::state::steps::{Mark, denies, has_tiers, marked};

/// Who is at an end.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// As it is called in a sentence.
    pub name: &'a str,
    /// Whether it is outside, where no policy has a say.
    pub outside: bool,
}

/// The source's end of a cell, on one port or on any.
pub fn egress(from: End<'_>, trace: &DirectionTrace, port: Option<PortChoice>, dispatch: &Dispatch) -> Html {
    end("Egress from ", from, "egress", trace, port, dispatch)
}

/// The destination's end of a cell, on one port or on any.
pub fn ingress(to: End<'_>, trace: &DirectionTrace, port: Option<PortChoice>, dispatch: &Dispatch) -> Html {
    end("Ingress to ", to, "ingress", trace, port, dispatch)
}

/// One end of one connection; `what` is `Egress from ` or `Ingress to `.
pub fn verdict(
    what: &'static str,
    who: End<'_>,
    end: &EndVerdict,
    port: PortChoice,
    dispatch: &Dispatch,
) -> Html {
    let words = match (who.outside, end.allowed, end.isolated) {
        // The one step says so.
        (true, true, _) => "",
        (false, true, true) => "allows it",
        (false, true, false) if has_tiers(&end.steps) => "allows it",
        (false, true, false) => "not isolated, so everything is allowed",
        (_, false, _) => "does not allow it",
    };
    section(what, who.name, words, !end.allowed, &marked(&end.steps, !end.allowed, Some(port)), dispatch)
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
    steps: &[(&TraceStep, Mark)],
    dispatch: &Dispatch,
) -> Html {
    let tiers = steps.iter().any(|(step, _)| has_tiers(std::slice::from_ref(step)));
    html! {
        <section>
            <h3>
                { mark(if denied { Mark::No } else { Mark::Yes }) }
                { what }<b>{ who }</b>{ " " }<small>{ words }</small>
            </h3>
            if tiers {
                { for steps.chunk_by(|(one, _), (next, _)| one.tier == next.tier).map(|steps| tier(steps, dispatch)) }
            } else {
                // What decides comes first.
                <ol>{ for steps.iter().filter(|(_, mark)| *mark != Mark::Neither).map(|taken| step(taken, dispatch)) }</ol>
                { bystanders(steps, dispatch) }
            }
        </section>
    }
}

/// The steps that have no part in what is decided: folded where there are several beside those that have.
fn bystanders(steps: &[(&TraceStep, Mark)], dispatch: &Dispatch) -> Html {
    let others = || steps.iter().filter(|(_, mark)| *mark == Mark::Neither);
    let count = others().count();
    let list = html! { <ol>{ for others().map(|taken| step(taken, dispatch)) }</ol> };
    if count < 2 || count == steps.len() {
        return if count == 0 { Html::default() } else { list };
    }
    html! { <details><summary>{ format!("{count} without a part in it") }</summary>{ list }</details> }
}

/// The steps of one tier.
fn tier(steps: &[(&TraceStep, Mark)], dispatch: &Dispatch) -> Html {
    let name = match steps.first().map(|(step, _)| step.tier) {
        Some(Tier::Admin) => "Admin tier",
        Some(Tier::NetworkPolicy) => "NetworkPolicies",
        Some(Tier::Baseline) => "Baseline tier",
        Some(Tier::Default) | None => "Default",
    };
    html! {
        <div class="tier">
            <h4>{ name }</h4>
            <ol>{ for steps.iter().map(|taken| step(taken, dispatch)) }</ol>
        </div>
    }
}

fn end(
    what: &'static str,
    who: End<'_>,
    direction: &'static str,
    trace: &DirectionTrace,
    port: Option<PortChoice>,
    dispatch: &Dispatch,
) -> Html {
    let shape = Face::of(&trace.allowed).shape;
    let denied = denies(&trace.allowed, port);
    let words = match (who.outside, trace.isolated, shape) {
        // The one step says so.
        (true, _, Shape::All) => String::new(),
        (_, false, Shape::All) if !has_tiers(&trace.steps) => {
            format!("not isolated: no NetworkPolicy selects it for {direction}, so everything is allowed")
        }
        (_, _, Shape::None) => "allows nothing".to_owned(),
        (_, _, Shape::Some) if port.is_some() => {
            let what = if denied { "does not allow it: it allows" } else { "allows it, as it allows" };
            format!("{what} {}", trace.allowed.text)
        }
        (_, _, Shape::All) => "allows everything".to_owned(),
        _ => format!("allows {}", trace.allowed.text),
    };
    section(what, who.name, &words, denied, &marked(&trace.steps, denied, port), dispatch)
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

/// What a step does, in the API's words.
fn action(step: &TraceStep) -> Option<(&'static str, &'static str)> {
    match (step.tier, step.action) {
        (Tier::Admin | Tier::Baseline, Action::Allow) => Some(("allow", "Allow")),
        (Tier::Admin | Tier::Baseline, Action::Deny) => Some(("deny", "Deny")),
        (Tier::Admin | Tier::Baseline, Action::Pass) => Some(("pass", "Pass")),
        _ => None,
    }
}

fn step(&(step, sign): &(&TraceStep, Mark), dispatch: &Dispatch) -> Html {
    html! {
        <li class={(sign == Mark::Neither).then_some("muted")}>
            { mark(sign) }
            if let Some(policy) = &step.policy {
                { name(policy, dispatch) }{ " " }
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

/// The name of a policy, which leads to all about it.
fn name(policy: &ObjectRef, dispatch: &Dispatch) -> Html {
    let id = id_of(policy);
    let onclick = press(dispatch, Message::Describe(id.clone(), Origin::Matrix));
    html! {
        <button type="button" class="link" title={format!("All about {}", policy.name)} {onclick}>{ &policy.name }</button>
    }
}
