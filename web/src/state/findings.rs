//! Which of the findings are listed, and what there is to read about their rules.

use netpol_view::contract::{Finding, FindingSeverity};
use serde::Deserialize;

use super::shared::Shared;

/// The severities, the worst first.
pub const SEVERITIES: [FindingSeverity; 4] =
    [FindingSeverity::High, FindingSeverity::Medium, FindingSeverity::Low, FindingSeverity::Info];

/// What narrows the list; by default nothing does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingsFilter {
    /// The severities that are left out.
    pub without: Vec<FindingSeverity>,
    /// Only what is about this namespace or in it.
    pub namespace: Option<String>,
    /// Only this rule, by its code.
    pub rule: Option<String>,
    /// Only what this standard or scanner says too.
    pub standard: Option<String>,
}

impl FindingsFilter {
    /// Whether a finding is listed.
    pub fn keeps(&self, finding: &Finding) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        !self.without.contains(&finding.severity)
            && is(&self.namespace, namespace_of(finding).unwrap_or_default())
            && is(&self.rule, &finding.code)
            && self.standard.as_ref().is_none_or(|standard| {
                finding.references.iter().any(|reference| reference.standard == *standard)
            })
    }

    /// Whether nothing is left out.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Drops what there is nothing of among these findings, so that no choice hides all without being in sight.
    pub fn forget_missing(&mut self, findings: &[Finding]) {
        let (namespaces, rules, standards) = choices(findings);
        self.namespace.take_if(|chosen| !namespaces.contains(chosen));
        self.rule.take_if(|chosen| !rules.iter().any(|(code, _)| code == chosen));
        self.standard.take_if(|chosen| !standards.contains(chosen));
    }

    /// Lists a severity, or no longer.
    pub fn toggle(&mut self, severity: FindingSeverity) {
        match self.without.iter().position(|without| *without == severity) {
            Some(place) => {
                self.without.remove(place);
            }
            None => self.without.push(severity),
        }
    }
}

/// What there is to read about a rule, besides what each finding says itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RuleText {
    /// `NP301`.
    pub code: String,
    /// When it is reported.
    pub when: String,
    /// What its fix does, where there is one.
    pub fix: Option<String>,
    /// Manifests in which it is found.
    pub triggers: String,
    /// The same, mended.
    pub mended: String,
}

/// The texts of the rules, which are fetched when somebody wants to read them.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum RuleTexts {
    /// Nobody has asked yet.
    #[default]
    Unread,
    /// They are on their way.
    Asked,
    /// They are there.
    Known(Shared<Vec<RuleText>>),
    /// They could not be fetched.
    Failed,
}

impl RuleTexts {
    /// The text of a rule, once it is there.
    pub fn of(&self, code: &str) -> Option<&RuleText> {
        match self {
            Self::Known(texts) => texts.iter().find(|text| text.code == code),
            Self::Unread | Self::Asked | Self::Failed => None,
        }
    }
}

/// The namespace that a finding is about, or in which its subject is.
pub fn namespace_of(finding: &Finding) -> Option<&str> {
    let subject = &finding.subject;
    subject.namespace.as_deref().or_else(|| (subject.kind == "Namespace").then_some(subject.name.as_str()))
}

/// What there is to choose among: namespaces, rules (code and name) and standards, each once and in order.
pub fn choices(findings: &[Finding]) -> (Vec<String>, Vec<(String, String)>, Vec<String>) {
    let namespaces = findings.iter().filter_map(namespace_of).map(str::to_owned);
    let rules = findings.iter().map(|finding| (finding.code.clone(), finding.rule.clone()));
    let standards = findings.iter().flat_map(|finding| finding.references.iter());
    let standards = standards.map(|reference| reference.standard.clone());
    (each_once(namespaces), each_once(rules), each_once(standards))
}

fn each_once<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut once = Vec::new();
    for item in items {
        if let Err(place) = once.binary_search(&item) {
            once.insert(place, item);
        }
    }
    once
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixture;

    fn findings() -> Vec<Finding> {
        vec![
            fixture::finding("NP101", FindingSeverity::High, "Namespace", None, "shop", "CIS"),
            fixture::finding("NP204", FindingSeverity::Low, "NetworkPolicy", Some("data"), "open", "NSA"),
        ]
    }

    fn kept(filter: &FindingsFilter) -> Vec<String> {
        findings().into_iter().filter(|finding| filter.keeps(finding)).map(|finding| finding.code).collect()
    }

    #[test]
    fn each_choice_narrows() {
        assert_eq!(kept(&FindingsFilter::default()), ["NP101", "NP204"]);
        let of = |text: &str| Some(text.to_owned());
        for (filter, codes) in [
            (FindingsFilter { namespace: of("shop"), ..Default::default() }, vec!["NP101"]),
            (FindingsFilter { namespace: of("data"), ..Default::default() }, vec!["NP204"]),
            (FindingsFilter { rule: of("NP204"), ..Default::default() }, vec!["NP204"]),
            (FindingsFilter { standard: of("CIS"), ..Default::default() }, vec!["NP101"]),
            (FindingsFilter { standard: of("CIS"), rule: of("NP204"), ..Default::default() }, vec![]),
        ] {
            assert_eq!(kept(&filter), codes, "{filter:?}");
            assert!(!filter.is_empty());
        }
    }

    #[test]
    fn a_severity_is_left_out_and_taken_back() {
        let mut filter = FindingsFilter::default();
        filter.toggle(FindingSeverity::High);
        assert_eq!(kept(&filter), ["NP204"]);
        filter.toggle(FindingSeverity::High);
        assert!(filter.is_empty());
    }

    #[test]
    fn a_choice_of_what_is_gone_is_dropped() {
        let of = |text: &str| Some(text.to_owned());
        let mut filter = FindingsFilter {
            namespace: of("shop"),
            rule: of("NP999"),
            standard: of("NSA"),
            ..Default::default()
        };
        filter.forget_missing(&findings());
        assert_eq!(
            filter,
            FindingsFilter { namespace: of("shop"), standard: of("NSA"), ..Default::default() }
        );
        filter.forget_missing(&[]);
        assert!(filter.is_empty());
    }

    #[test]
    fn choices_are_those_that_there_are() {
        let (namespaces, rules, standards) = choices(&findings());
        assert_eq!(namespaces, ["data", "shop"]);
        let codes: Vec<String> = rules.into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, ["NP101", "NP204"]);
        assert_eq!(standards, ["CIS", "NSA"]);
    }
}
