//! What the steps of one end of a trace come to: which of them decide, and how.

use netpol_view::contract::{Action, ConnectionSet, Tier, TraceStep};

use super::matrix::face::{Face, Shape};
use super::settings::PortChoice;

/// What a step comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It allows.
    Yes,
    /// It does not.
    No,
    /// It leaves what it matched to others.
    On,
    /// It has no part in what is decided.
    Neither,
}

/// Whether a tier besides that of the NetworkPolicies has a say, so that it matters which step belongs to which.
pub fn has_tiers(steps: &[TraceStep]) -> bool {
    steps.iter().any(|step| matches!(step.tier, Tier::Admin | Tier::Baseline))
}

/// Whether an end that allows these connections denies one port, or any.
pub fn denies(allowed: &ConnectionSet, port: Option<PortChoice>) -> bool {
    !holds(allowed, port)
}

/// Whether connections hold one port, or any.
fn holds(set: &ConnectionSet, port: Option<PortChoice>) -> bool {
    match port {
        Some(port) => set.contains(port.protocol, port.port),
        None => Face::of(set).shape != Shape::None,
    }
}

/// The steps of one end with their marks, in their order; for one port, or for any.
pub fn marked(steps: &[TraceStep], denied: bool, port: Option<PortChoice>) -> Vec<(&TraceStep, Mark)> {
    let tiers = has_tiers(steps);
    let mark = |step: &TraceStep| {
        let matches = holds(&step.matched, port);
        if tiers { mark_in_tier(step, matches || port.is_none()) } else { mark_alone(step, denied, matches) }
    };
    let mut marked: Vec<(&TraceStep, Mark)> = steps.iter().map(|step| (step, mark(step))).collect();
    if denied && marked.iter().all(|(_, mark)| *mark == Mark::Neither) {
        // No rule is there to allow it: that it is isolated is all there is.
        for (step, mark) in &mut marked {
            if step.action == Action::Isolate {
                *mark = Mark::No;
            }
        }
    }
    marked
}

/// The mark of a step where NetworkPolicies alone have a say.
fn mark_alone(step: &TraceStep, denied: bool, matches: bool) -> Mark {
    match step.action {
        Action::Allow if matches => Mark::Yes,
        Action::Deny => Mark::No,
        Action::Allow | Action::None if denied => Mark::No,
        Action::Allow | Action::None | Action::Pass | Action::Isolate => Mark::Neither,
    }
}

/// The mark of a step among tiers: only what decides is marked, as what does not may still be decided elsewhere.
fn mark_in_tier(step: &TraceStep, matches: bool) -> Mark {
    match step.action {
        _ if !matches => Mark::Neither,
        Action::Allow => Mark::Yes,
        // Others may allow what a policy without rules does not.
        Action::Isolate if Face::of(&step.matched).shape == Shape::None => Mark::Neither,
        Action::Deny | Action::Isolate => Mark::No,
        Action::Pass => Mark::On,
        Action::None => Mark::Neither,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixture;

    fn marks(steps: &[(Tier, Action, bool)], denied: bool) -> Vec<Mark> {
        let steps: Vec<TraceStep> = steps
            .iter()
            .map(|(tier, action, matches)| TraceStep {
                matched: if *matches { fixture::all() } else { fixture::none() },
                ..fixture::step(*tier, *action, None)
            })
            .collect();
        marked(&steps, denied, None).into_iter().map(|(_, mark)| mark).collect()
    }

    #[test]
    fn what_allows_decides_and_what_does_not_match_only_where_nothing_does() {
        let policy = |action, matches| (Tier::NetworkPolicy, action, matches);
        let steps =
            [policy(Action::Isolate, false), policy(Action::None, false), policy(Action::Allow, true)];
        assert_eq!(marks(&steps, false), [Mark::Neither, Mark::Neither, Mark::Yes]);
        let steps = [policy(Action::Isolate, false), policy(Action::None, false)];
        assert_eq!(marks(&steps, true), [Mark::Neither, Mark::No]);
    }

    #[test]
    fn where_no_rule_is_there_the_isolation_decides() {
        let isolates = (Tier::NetworkPolicy, Action::Isolate, false);
        assert_eq!(marks(&[isolates], true), [Mark::No]);
        assert_eq!(marks(&[isolates], false), [Mark::Neither]);
    }

    #[test]
    fn among_tiers_only_what_decides_is_marked() {
        let steps = [
            (Tier::Admin, Action::Pass, true),
            (Tier::NetworkPolicy, Action::Isolate, false),
            (Tier::NetworkPolicy, Action::None, false),
            (Tier::Baseline, Action::Deny, true),
        ];
        assert_eq!(marks(&steps, true), [Mark::On, Mark::Neither, Mark::Neither, Mark::No]);
    }

    #[test]
    fn of_one_port_only_what_matches_it_decides() {
        let web = TraceStep {
            matched: fixture::tcp(&[(80, 80)]),
            ..fixture::step(Tier::NetworkPolicy, Action::Allow, None)
        };
        let port = |port| Some(PortChoice { protocol: netpol_view::contract::Protocol::Tcp, port });
        let steps = [web.clone()];
        let of =
            |denied, port| marked(&steps, denied, port).into_iter().map(|(_, mark)| mark).collect::<Vec<_>>();
        assert_eq!(of(false, port(80)), [Mark::Yes]);
        assert_eq!(of(true, port(81)), [Mark::No]);
        let denies = TraceStep { action: Action::Deny, tier: Tier::Admin, ..web };
        let steps = [denies];
        let of = |port| marked(&steps, true, port).into_iter().map(|(_, mark)| mark).collect::<Vec<_>>();
        assert_eq!((of(port(80)), of(port(81))), (vec![Mark::No], vec![Mark::Neither]));
    }
}
