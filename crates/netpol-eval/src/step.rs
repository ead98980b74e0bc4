//! What a tier decides of what arrives at it: the one place where rules of all kinds are weighed against each other, for
//! the matrix on numbers of interned sets and for a trace on the sets themselves.
//!
//! A rule matches some connections for certain (`must`), and some it may match (`may`, never less): the two differ where
//! the input does not tell, or where it is not the same on all pods of a workload. [`Bound::Least`] and [`Bound::Most`]
//! say what is allowed at least and at most, whatever holds.

use crate::connection::{ConnectionId, ConnectionSet, ConnectionTable};
use crate::lower::{Action, TierKind};

/// Sets of connections, as far as rules need them.
pub(crate) trait Algebra {
    /// A set.
    type Set: Clone + PartialEq;
    fn none(&self) -> Self::Set;
    fn union(&mut self, a: &Self::Set, b: &Self::Set) -> Self::Set;
    fn intersection(&mut self, a: &Self::Set, b: &Self::Set) -> Self::Set;
    /// What of `a` is not in `b`.
    fn difference(&mut self, a: &Self::Set, b: &Self::Set) -> Self::Set;
}

impl Algebra for ConnectionTable {
    type Set = ConnectionId;

    fn none(&self) -> ConnectionId {
        ConnectionId::NONE
    }

    fn union(&mut self, a: &ConnectionId, b: &ConnectionId) -> ConnectionId {
        ConnectionTable::union(self, *a, *b)
    }

    fn intersection(&mut self, a: &ConnectionId, b: &ConnectionId) -> ConnectionId {
        ConnectionTable::intersection(self, *a, *b)
    }

    fn difference(&mut self, a: &ConnectionId, b: &ConnectionId) -> ConnectionId {
        ConnectionTable::difference(self, *a, *b)
    }
}

/// The sets themselves.
pub(crate) struct Plain;

impl Algebra for Plain {
    type Set = ConnectionSet;

    fn none(&self) -> ConnectionSet {
        ConnectionSet::NONE
    }

    fn union(&mut self, a: &ConnectionSet, b: &ConnectionSet) -> ConnectionSet {
        a.union(b)
    }

    fn intersection(&mut self, a: &ConnectionSet, b: &ConnectionSet) -> ConnectionSet {
        a.intersection(b)
    }

    fn difference(&mut self, a: &ConnectionSet, b: &ConnectionSet) -> ConnectionSet {
        a.difference(b)
    }
}

/// Which of what is possible is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// What is allowed in any case; of policies of one priority the strictest counts.
    Least,
    /// What may be allowed; of policies of one priority the most lenient counts.
    Most,
}

/// What has become of connections so far: every one is in exactly one of the three sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State<S> {
    pub(crate) allowed: S,
    pub(crate) denied: S,
    /// Not decided yet.
    pub(crate) left: S,
}

/// A rule, as far as it matches the two ends.
#[derive(Clone, Debug)]
pub(crate) struct Matching<S> {
    pub(crate) place: Place,
    pub(crate) action: Action,
    /// What it matches for certain.
    pub(crate) must: S,
    /// What it may match: all of `must`, and perhaps more.
    pub(crate) may: S,
}

/// Where in its tier a policy stands. In a tier whose first match decides, those of equal rank are tied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    /// `priority`; `None` for a policy whose place among the others is not defined.
    pub(crate) priority: Option<u16>,
    /// The policy, by number.
    pub(crate) policy: u32,
}

/// How a tier comes to its decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resolve {
    /// The first rule that matches decides.
    FirstMatch,
    /// What some rule allows is allowed, all else denied: the tier is final.
    UnionOfAllows,
}

impl TierKind {
    pub(crate) fn resolve(self) -> Resolve {
        match self {
            Self::Admin | Self::Baseline => Resolve::FirstMatch,
            Self::NetworkPolicy => Resolve::UnionOfAllows,
        }
    }
}

/// Runs what is left through a tier in which at least one policy has a say. `rules` are those of its policies that match
/// the two ends, in order of their places. Gives the state behind the tier, and by rule what it decides.
pub(crate) fn step<A: Algebra>(
    algebra: &mut A,
    state: State<A::Set>,
    (resolve, bound): (Resolve, Bound),
    rules: &[Matching<A::Set>],
) -> (State<A::Set>, Vec<A::Set>) {
    match resolve {
        Resolve::UnionOfAllows => union_of_allows(algebra, state, bound, rules),
        Resolve::FirstMatch => {
            let mut run = Run::new(algebra, state.left, bound);
            let decides = run.tier(rules);
            let Run { allowed, denied, passed, left, .. } = run;
            let state = State {
                allowed: algebra.union(&state.allowed, &allowed),
                denied: algebra.union(&state.denied, &denied),
                left: algebra.union(&left, &passed),
            };
            (state, decides)
        }
    }
}

fn union_of_allows<A: Algebra>(
    algebra: &mut A,
    state: State<A::Set>,
    bound: Bound,
    rules: &[Matching<A::Set>],
) -> (State<A::Set>, Vec<A::Set>) {
    let none = algebra.none();
    let matched = |rule: &Matching<A::Set>| match bound {
        Bound::Least => rule.must.clone(),
        Bound::Most => rule.may.clone(),
    };
    let mut allowed = none.clone();
    let mut decides = Vec::with_capacity(rules.len());
    for rule in rules {
        let taken = algebra.intersection(&matched(rule), &state.left);
        allowed = algebra.union(&allowed, &taken);
        decides.push(taken);
    }
    let denied = algebra.difference(&state.left, &allowed);
    let state = State {
        allowed: algebra.union(&state.allowed, &allowed),
        denied: algebra.union(&state.denied, &denied),
        left: none,
    };
    (state, decides)
}

/// A way through the rules of a tier.
///
/// What a rule of `Pass` may match takes both ways: it is in `passed` and stays in `left`.
struct Run<'a, A: Algebra> {
    algebra: &'a mut A,
    bound: Bound,
    allowed: A::Set,
    denied: A::Set,
    passed: A::Set,
    left: A::Set,
}

impl<'a, A: Algebra> Run<'a, A> {
    fn new(algebra: &'a mut A, left: A::Set, bound: Bound) -> Self {
        let none = algebra.none();
        Self { algebra, bound, allowed: none.clone(), denied: none.clone(), passed: none, left }
    }

    /// All rules of a tier. Gives what each decides.
    fn tier(&mut self, rules: &[Matching<A::Set>]) -> Vec<A::Set> {
        let unranked = rules.partition_point(|rule| rule.place.priority.is_none());
        let (first, ranked) = rules.split_at(unranked);
        if first.is_empty() || ranked.is_empty() {
            return self.ranked(rules);
        }
        // Where a policy without priority stands among the others is not defined.
        self.tied(&[first, ranked], |run, rules| run.ranked(rules))
    }

    /// Rules in order of priority.
    fn ranked(&mut self, rules: &[Matching<A::Set>]) -> Vec<A::Set> {
        let mut decides = Vec::with_capacity(rules.len());
        for equal in rules.chunk_by(|a, b| a.place.priority == b.place.priority) {
            let policies: Vec<_> = equal.chunk_by(|a, b| a.place.policy == b.place.policy).collect();
            decides.extend(match policies.as_slice() {
                [only] => self.in_order(only),
                several => self.tied(several, |run, rules| run.in_order(rules)),
            });
        }
        decides
    }

    /// The rules of one policy.
    fn in_order(&mut self, rules: &[Matching<A::Set>]) -> Vec<A::Set> {
        rules.iter().map(|rule| self.rule(rule)).collect()
    }

    fn rule(&mut self, rule: &Matching<A::Set>) -> A::Set {
        let (left, least) = (self.left.clone(), self.bound == Bound::Least);
        let matched = match rule.action {
            Action::Allow => {
                if least {
                    &rule.must
                } else {
                    &rule.may
                }
            }
            Action::Deny => {
                if least {
                    &rule.may
                } else {
                    &rule.must
                }
            }
            Action::Pass => &rule.must,
        };
        let taken = self.algebra.intersection(matched, &left);
        self.left = self.algebra.difference(&left, &taken);
        match (rule.action, self.bound) {
            // Of what takes both ways, the worse counts, or the better.
            (Action::Allow, Bound::Least) => {
                let surely = self.algebra.difference(&taken, &self.passed);
                self.allowed = self.algebra.union(&self.allowed, &surely);
            }
            (Action::Allow, Bound::Most) => {
                self.allowed = self.algebra.union(&self.allowed, &taken);
                self.passed = self.algebra.difference(&self.passed, &taken);
            }
            (Action::Deny, Bound::Least) => {
                self.denied = self.algebra.union(&self.denied, &taken);
                self.passed = self.algebra.difference(&self.passed, &taken);
            }
            (Action::Deny, Bound::Most) => {
                let surely = self.algebra.difference(&taken, &self.passed);
                self.denied = self.algebra.union(&self.denied, &surely);
            }
            (Action::Pass, _) => {
                let may = self.algebra.intersection(&rule.may, &left);
                self.passed = self.algebra.union(&self.passed, &may);
            }
        }
        taken
    }

    /// Rules that are weighed by themselves before the strictest or the most lenient of them counts.
    fn tied(
        &mut self,
        voices: &[&[Matching<A::Set>]],
        weigh: impl Fn(&mut Run<'_, A>, &[Matching<A::Set>]) -> Vec<A::Set>,
    ) -> Vec<A::Set> {
        let none = self.algebra.none();
        let (mut allowed, mut denied, mut passed) = (none.clone(), none.clone(), none);
        let mut left = self.left.clone();
        let mut taken: Vec<(Action, A::Set)> = Vec::new();
        for rules in voices {
            let mut run = Run::new(&mut *self.algebra, self.left.clone(), self.bound);
            let decides = weigh(&mut run, rules);
            taken.extend(rules.iter().map(|rule| rule.action).zip(decides));
            let (own_allowed, own_denied, own_passed, own_left) =
                (run.allowed, run.denied, run.passed, run.left);
            allowed = self.algebra.union(&allowed, &own_allowed);
            denied = self.algebra.union(&denied, &own_denied);
            passed = self.algebra.union(&passed, &own_passed);
            left = self.algebra.intersection(&left, &own_left);
        }
        match self.bound {
            Bound::Least => {
                passed = self.algebra.difference(&passed, &denied);
                allowed = self.algebra.difference(&allowed, &denied);
                allowed = self.algebra.difference(&allowed, &passed);
                let surely = self.algebra.difference(&allowed, &self.passed);
                self.allowed = self.algebra.union(&self.allowed, &surely);
                self.denied = self.algebra.union(&self.denied, &denied);
                self.passed = self.algebra.union(&self.passed, &passed);
                self.passed = self.algebra.difference(&self.passed, &denied);
            }
            Bound::Most => {
                passed = self.algebra.difference(&passed, &allowed);
                denied = self.algebra.difference(&denied, &allowed);
                denied = self.algebra.difference(&denied, &passed);
                let surely = self.algebra.difference(&denied, &self.passed);
                self.denied = self.algebra.union(&self.denied, &surely);
                self.allowed = self.algebra.union(&self.allowed, &allowed);
                self.passed = self.algebra.union(&self.passed, &passed);
                self.passed = self.algebra.difference(&self.passed, &allowed);
            }
        }
        self.left = left;
        let decided = |(action, taken): (Action, A::Set)| {
            let counts = match action {
                Action::Allow => &allowed,
                Action::Deny => &denied,
                Action::Pass => &passed,
            };
            self.algebra.intersection(&taken, counts)
        };
        taken.into_iter().map(decided).collect()
    }
}

#[cfg(test)]
mod tests {
    use netpol_manifest::Protocol;

    use super::*;
    use crate::connection::PortSet;

    /// TCP ports, as `80` or `80-90`, with blanks between.
    fn set(text: &str) -> ConnectionSet {
        let ports = text.split_whitespace().map(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            (first.parse().unwrap(), last.parse().unwrap())
        });
        ConnectionSet::of(Protocol::Tcp, PortSet::from_intervals(ports.collect()))
    }

    /// A rule as `priority policy action must`, and `/ may` where that is more.
    fn rule(text: &str) -> Matching<ConnectionSet> {
        let mut words = text.splitn(4, ' ');
        let priority = words.next().unwrap().parse().ok();
        let policy = words.next().unwrap().parse().unwrap();
        let action = match words.next().unwrap() {
            "allow" => Action::Allow,
            "deny" => Action::Deny,
            _ => Action::Pass,
        };
        let (must, may) = words.next().unwrap().split_once('/').unwrap_or_else(|| {
            let must = text.splitn(4, ' ').nth(3).unwrap();
            (must, must)
        });
        Matching {
            place: Place { priority, policy },
            action,
            must: set(must),
            may: set(must).union(&set(may)),
        }
    }

    /// Of ports 1-9: what is allowed, denied and left behind a tier.
    fn run(bound: Bound, rules: &[&str]) -> [ConnectionSet; 3] {
        let rules: Vec<_> = rules.iter().map(|text| rule(text)).collect();
        let start = State { allowed: ConnectionSet::NONE, denied: ConnectionSet::NONE, left: set("1-9") };
        let (state, decides) = step(&mut Plain, start, (Resolve::FirstMatch, bound), &rules);
        assert_eq!(decides.len(), rules.len());
        [state.allowed, state.denied, state.left]
    }

    type Case = (&'static [&'static str], [&'static str; 3], [&'static str; 3]);

    /// Rules, what is allowed, denied and left at least, and at most.
    const CASES: &[Case] = &[
        (&[], ["", "", "1-9"], ["", "", "1-9"]),
        // The first match decides, port by port.
        (&["1 1 allow 1-3", "1 1 deny 2-5"], ["1-3", "4-5", "6-9"], ["1-3", "4-5", "6-9"]),
        (&["1 1 pass 1-3", "2 2 deny 1-9"], ["", "4-9", "1-3"], ["", "4-9", "1-3"]),
        // Tied policies: the strictest, or the most lenient.
        (&["1 1 allow 1-3", "1 2 deny 3-4"], ["1-2", "3-4", "5-9"], ["1-3", "4", "5-9"]),
        (&["1 1 allow 1-3", "1 2 pass 3-4"], ["1-2", "", "3-9"], ["1-3", "", "4-9"]),
        (&["1 1 pass 1-3", "1 2 deny 3-4"], ["", "3-4", "1-2 5-9"], ["", "4", "1-3 5-9"]),
        // Without a priority it is tied with all the others together.
        (&["- 9 deny 1-4", "1 1 allow 1-2", "2 2 deny 1-9"], ["", "1-9", ""], ["1-2", "3-9", ""]),
        // What may match.
        (&["1 1 allow 1/2", "1 1 deny 2-3"], ["1", "2-3", "4-9"], ["1-2", "3", "4-9"]),
        (&["1 1 deny 1/2", "1 1 allow 1-3"], ["3", "1-2", "4-9"], ["2-3", "1", "4-9"]),
        (&["1 1 pass 1/2", "1 1 deny 1-3"], ["", "2-3", "1 4-9"], ["", "3", "1-2 4-9"]),
        (&["1 1 pass 1/2", "1 1 allow 1-3"], ["3", "", "1-2 4-9"], ["2-3", "", "1 4-9"]),
    ];

    #[test]
    fn tiers_decide_as_the_api_says() {
        for (rules, least, most) in CASES {
            assert_eq!(run(Bound::Least, rules), least.map(set), "{rules:?}");
            assert_eq!(run(Bound::Most, rules), most.map(set), "{rules:?}");
        }
    }
}
