//! What a rule finds of one policy, kept for the next evaluation as long as nothing is another that was looked at: the
//! policy and the pods that it speaks of, namespaces, Services, and the cells that were looked up.
//!
//! A rule that looks for its findings here asks for cells with [`Scene::allowed`] alone, or says with [`Scene::see`] at
//! whose ends it looked. Of other policies, and of pods that the policy does not speak of, it asks nothing, or says with
//! [`Scene::look_into`] in which namespace. Where more comes of it which pods are alike than what is allowed between them,
//! it says so with [`Scene::group`].

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use netpol_source::{HashMap, HashSet};

use crate::finding::Finding;
use crate::rule::{Code, Rule};
use crate::scene::Scene;
use crate::site::RuleAt;
use crate::watch::Seen;

/// By rule and policy.
type Found = HashMap<Code, Vec<Rc<OfPolicy>>>;

/// What a rule found of a policy.
#[derive(Debug)]
struct OfPolicy {
    findings: Vec<Finding>,
    /// At what it looked.
    seen: Seen,
    /// The work that was counted to find it.
    worked: u64,
}

/// What was found in an evaluation, for the next one.
#[derive(Debug, Default)]
pub(crate) struct Known(Found);

/// What is found in an evaluation.
#[derive(Debug, Default)]
pub(crate) struct Keyed {
    found: RefCell<Found>,
    taken: Cell<usize>,
    /// The rules for which some of it was.
    took: RefCell<HashSet<Code>>,
}

impl Keyed {
    /// The findings of a rule, policy by policy as long as there are steps left; `standing` are the policies of which it is
    /// known that the rule would find the same, as far as it does not say at what it looks. `find` is asked about the rules of a
    /// policy, where `known` does not tell.
    pub(crate) fn of_policies<'a>(
        &self,
        scene: &Scene<'a>,
        rule: &'static Rule,
        (known, standing): (Option<&Known>, Option<&[bool]>),
        mut find: impl FnMut(&[RuleAt<'a>]) -> Vec<Finding>,
    ) -> Vec<Finding> {
        let known = known.and_then(|known| known.0.get(&rule.code));
        let mut all = Vec::new();
        let mut found = Vec::new();
        for (id, _) in scene.cluster().policies() {
            let before = known.and_then(|known| known.get(id.0 as usize));
            let stands = standing.and_then(|standing| standing.get(id.0 as usize)) == Some(&true);
            let known = before.filter(|before| stands && before.seen.holds(scene.evaluation()));
            let of_policy = match known {
                Some(before) => {
                    scene.work(usize::try_from(before.worked).unwrap_or(usize::MAX));
                    self.taken.set(self.taken.get() + 1);
                    self.took.borrow_mut().insert(rule.code);
                    Rc::clone(before)
                }
                None => {
                    let worked = scene.worked();
                    let (findings, seen) = scene.watched(|| {
                        let rules = scene.rules_of(id).take_while(|_| {
                            scene.work(1);
                            !scene.effort().is_exhausted()
                        });
                        find(&rules.collect::<Vec<_>>())
                    });
                    Rc::new(OfPolicy { findings, seen, worked: scene.worked() - worked })
                }
            };
            all.extend(of_policy.findings.iter().cloned());
            if scene.effort().is_exhausted() {
                break;
            }
            found.push(of_policy);
        }
        self.found.borrow_mut().insert(rule.code, found);
        all
    }

    /// How much was taken from the evaluation before: so many times what a rule found of a policy.
    pub(crate) fn taken(&self) -> usize {
        self.taken.get()
    }

    /// Whether something was taken for a rule.
    pub(crate) fn took_for(&self, rule: &Rule) -> bool {
        self.took.borrow().contains(&rule.code)
    }

    /// What the next evaluation need not find again, where these rules were not finished.
    pub(crate) fn known(self, unfinished: &[&'static Rule]) -> Known {
        let mut found = self.found.into_inner();
        unfinished.iter().for_each(|rule| drop(found.remove(&rule.code)));
        Known(found)
    }
}
