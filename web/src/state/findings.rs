//! Which of the findings are listed and in which order, the keys that work through them, and what there is to read about
//! their rules.

use netpol_view::contract::{Finding, FindingSeverity};

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
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Deserialize))]
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

/// Findings that are listed together, by their places in the analysis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Whether they concern the file in front, where some others do not.
    pub title: Option<Concern>,
    /// In order.
    pub places: Vec<u32>,
}

/// What a section of the list is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concern {
    /// Lines of the file in front.
    InFront,
    /// Others.
    Others,
}

/// So many findings before one are looked at for others about the same line.
const MOST_LOOKED_BACK: usize = 500;

/// The findings that a filter keeps: first those about lines of the file in front, and within that the worst first and
/// those about the same lines together.
pub fn sections(findings: &[Finding], filter: &FindingsFilter, in_front: &str) -> Vec<Section> {
    let line = |place: u32| {
        let span = findings.get(place as usize)?.spans.first()?;
        Some((span.start.line, span.file.as_str()))
    };
    let (mut own, mut others): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
    // They come in the order of severity; within one, those about the same lines go together.
    let is_alike =
        |one: &Finding, next: &Finding| one.severity == next.severity && one.silenced == next.silenced;
    let mut first = 0;
    for alike in findings.chunk_by(is_alike) {
        let mut places: Vec<u32> = Vec::with_capacity(alike.len());
        for place in (first..).take(alike.len()) {
            let mut before = (0..places.len()).rev().take(MOST_LOOKED_BACK);
            let neighbour =
                before.find(|at| places.get(*at).is_some_and(|other| line(*other) == line(place)));
            places.insert(neighbour.map_or(places.len(), |at| at + 1), place);
        }
        first += u32::try_from(alike.len()).unwrap_or_default();
        for place in places {
            let Some(finding) = findings.get(place as usize).filter(|finding| filter.keeps(finding)) else {
                continue;
            };
            // The first place is the most telling one.
            let is_in_front = finding.spans.first().is_some_and(|span| span.file == in_front);
            if is_in_front { own.push(place) } else { others.push(place) }
        }
    }
    let is_divided = !own.is_empty() && !others.is_empty();
    let section = |concern, places| Section { title: is_divided.then_some(concern), places };
    let sections = [section(Concern::InFront, own), section(Concern::Others, others)];
    sections.into_iter().filter(|section| !section.places.is_empty()).collect()
}

/// A name for each finding that it keeps from one analysis to the next, as long as it is there.
pub fn names(findings: &[Finding]) -> Vec<String> {
    let same = |one: &Finding, next: &Finding| {
        (one.severity, one.silenced, &one.code, &one.subject)
            == (next.severity, next.silenced, &next.code, &next.subject)
    };
    // Those of one rule and object come together.
    let name = |(finding, times): (&Finding, usize)| {
        let Finding { code, subject, severity, silenced, .. } = finding;
        let namespace = subject.namespace.as_deref().unwrap_or_default();
        format!("{code} {severity:?} {silenced} {} {namespace}/{} {times}", subject.kind, subject.name)
    };
    findings.chunk_by(same).flat_map(|alike| alike.iter().zip(0..).map(name)).collect()
}

/// What a key means in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStep {
    /// On to the next finding.
    Next,
    /// Back to the one before.
    Previous,
    /// The first.
    First,
    /// The last.
    Last,
    /// Show its proof in the matrix, or its lines.
    Open,
    /// Unfold why it matters and what to do.
    Unfold,
    /// Fold it.
    Fold,
    /// Show its fix.
    Fix,
    /// Make the change that is shown.
    Apply,
    /// Show the annotation that silences it.
    Silence,
    /// Take back what was done last.
    Undo,
}

/// What a key means on a finding, or on a control within one, which has keys of its own.
pub fn key_step(key: &str, on_control: bool) -> Option<KeyStep> {
    Some(match key {
        "j" | "ArrowDown" => KeyStep::Next,
        "k" | "ArrowUp" => KeyStep::Previous,
        "f" => KeyStep::Fix,
        "a" => KeyStep::Apply,
        "s" => KeyStep::Silence,
        "u" => KeyStep::Undo,
        _ if on_control => return None,
        "Home" => KeyStep::First,
        "End" => KeyStep::Last,
        "Enter" => KeyStep::Open,
        "ArrowRight" => KeyStep::Unfold,
        "ArrowLeft" => KeyStep::Fold,
        _ => return None,
    })
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
    fn what_concerns_the_file_in_front_comes_first() {
        let in_file = |code: &str, severity, places: &[(&str, u32)]| {
            let mut finding = fixture::finding(code, severity, "NetworkPolicy", Some("shop"), "a", "CIS");
            finding.spans = places.iter().map(|(file, line)| fixture::span(file, *line)).collect();
            finding
        };
        let findings = [
            in_file("NP101", FindingSeverity::High, &[("shop.yaml", 9)]),
            in_file("NP103", FindingSeverity::High, &[("deny.yaml", 4), ("shop.yaml", 1)]),
            in_file("NP202", FindingSeverity::Low, &[("deny.yaml", 7)]),
            in_file("NP203", FindingSeverity::Low, &[("deny.yaml", 9)]),
            in_file("NP204", FindingSeverity::Low, &[("deny.yaml", 7)]),
        ];
        let listed = |file: &str| -> Vec<(Option<Concern>, Vec<u32>)> {
            let sections = sections(&findings, &FindingsFilter::default(), file);
            sections.into_iter().map(|section| (section.title, section.places)).collect()
        };
        assert_eq!(
            listed("deny.yaml"),
            [(Some(Concern::InFront), vec![1, 2, 4, 3]), (Some(Concern::Others), vec![0])]
        );
        assert_eq!(listed("other.yaml"), [(None, vec![0, 1, 2, 4, 3])]);
        let none = FindingsFilter { rule: Some("NP999".to_owned()), ..Default::default() };
        assert_eq!(sections(&findings, &none, "deny.yaml"), []);
    }

    #[test]
    fn names_tell_findings_apart() {
        let [high, low] = findings().try_into().unwrap();
        let names = names(&[high.clone(), high, low]);
        assert!(names.iter().enumerate().all(|(at, name)| !names[..at].contains(name)), "{names:?}");
        assert_eq!(super::names(&findings())[0], names[0]);
    }

    #[test]
    fn controls_within_a_finding_have_keys_of_their_own() {
        assert_eq!(key_step("Enter", false), Some(KeyStep::Open));
        for key in ["Enter", "ArrowLeft", "Home", " "] {
            assert_eq!(key_step(key, true), None, "{key}");
        }
        assert_eq!(key_step("j", true), Some(KeyStep::Next));
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
