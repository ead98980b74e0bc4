//! Ends and ports of expectations that name exactly what they are to name, as they are written.

use ipnet::IpNet;
use netpol_assert::is_meant;
use netpol_eval::{ConnectionSet, Evaluation, Peer, PeerId, SOME_VALUE, Workload, WorkloadOrigin};
use netpol_manifest::{Label, PodsWanted, Protocol, Yaml};
use netpol_source::{Spanned, TextRange, order};

/// How many blocks are taken out of one, at the most.
const MOST_EXCEPTIONS: usize = 50;

/// An end, and what is taken out of it.
pub(super) struct Named {
    pub(super) end: Yaml,
    pub(super) except: Vec<Yaml>,
}

/// A mapping, without the places of a text.
#[derive(Clone, Default)]
struct Wanted<'a> {
    namespace: Option<&'a str>,
    name: Option<&'a str>,
    labels: Vec<(&'a str, &'a str)>,
}

impl Wanted<'_> {
    fn yaml(&self) -> Yaml {
        let text = |key: &str, value: &str| (key.to_owned(), Yaml::text(value));
        let mut fields = Vec::new();
        fields.extend(self.namespace.map(|namespace| text("namespace", namespace)));
        fields.extend(self.name.map(|name| text("name", name)));
        if !self.labels.is_empty() {
            let labels = self.labels.iter().map(|(key, value)| text(key, value)).collect();
            fields.push(("labels".to_owned(), Yaml::Map(labels)));
        }
        Yaml::Map(fields)
    }

    /// The workloads that it names, by their places.
    fn named(&self, evaluation: &Evaluation) -> Vec<usize> {
        let spanned = |text: &str| Spanned::new(text.to_owned(), TextRange::new(0, 0));
        let label = |(key, value): &(&str, &str)| Label { key: spanned(key), value: spanned(value) };
        let wanted = PodsWanted {
            namespaces: self.namespace.iter().map(|name| spanned(name)).collect(),
            name: self.name.map(spanned),
            labels: self.labels.iter().map(label).collect(),
            ..PodsWanted::default()
        };
        let workloads = evaluation.cluster().workloads.iter().enumerate();
        workloads.filter(|(_, one)| is_meant(evaluation, &wanted, one)).map(|(at, _)| at).collect()
    }
}

/// One peer; `None` where nothing names it and no other.
pub(super) fn peer(evaluation: &Evaluation, id: PeerId) -> Option<Named> {
    match evaluation.peer(id)? {
        Peer::Domain(_) => None,
        Peer::External { range, .. } => {
            let block = |network: &IpNet| {
                let is_one = network.prefix_len() == network.max_prefix_len();
                let text = if is_one { network.addr().to_string() } else { network.to_string() };
                Yaml::map([("cidr", Yaml::text(text))])
            };
            let except: Vec<Yaml> = range.but.iter().take(MOST_EXCEPTIONS + 1).map(block).collect();
            (except.len() <= MOST_EXCEPTIONS).then(|| Named { end: block(&range.network), except })
        }
        Peer::Workload(workload) => {
            let end = workload_alone(evaluation, id.index(), workload)?;
            Some(Named { end, except: Vec::new() })
        }
    }
}

/// A mapping that names one workload and no other.
fn workload_alone(evaluation: &Evaluation, at: usize, workload: &Workload) -> Option<Yaml> {
    let namespace = evaluation.cluster().namespace(workload.namespace).map(|one| one.name.as_str());
    let namespace = namespace.filter(|name| netpol_manifest::is_namespace_name(name));
    let labels = workload.labels.iter().filter(|(_, value)| *value != SOME_VALUE);
    let labels: Vec<(&str, &str)> = labels.map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let is_of_input = matches!(workload.origin, WorkloadOrigin::Input { .. });
    let name = Some(workload.name.as_str()).filter(|name| is_of_input && !name.contains('*'));
    let candidates = [
        Wanted { namespace, name, labels: Vec::new() },
        Wanted { namespace, name, labels: labels.clone() },
        Wanted { namespace, name: None, labels },
    ];
    let said = candidates.into_iter().filter(|one| one.name.is_some() || !one.labels.is_empty());
    said.into_iter().find(|one| one.named(evaluation) == [at]).map(|one| one.yaml())
}

/// Some workloads, by their places in order: by few mappings where these name them all and besides none but those that
/// `may` be named too. `None` where one of them cannot be named.
pub(super) fn workloads(
    evaluation: &Evaluation,
    wanted: &[usize],
    may: impl Fn(usize) -> bool,
) -> Option<Vec<Yaml>> {
    let is_exact = |found: &[usize], wanted: &[usize]| {
        wanted.iter().all(|at| found.binary_search(at).is_ok())
            && found.iter().all(|at| wanted.binary_search(at).is_ok() || may(*at))
    };
    let all = &evaluation.cluster().workloads;
    let all_places: Vec<usize> = (0..all.len()).collect();
    if is_exact(&all_places, wanted) {
        return Some(vec![Yaml::text("pods")]);
    }
    let workload = |at: &usize| all.get(*at).map(|workload| &**workload);
    // A label that names them all, in whatever namespace.
    if let Some(label) = common_label(evaluation, wanted, None, &is_exact) {
        return Some(vec![label]);
    }
    let mut namespaces: Vec<_> = wanted.iter().filter_map(workload).map(|one| one.namespace).collect();
    order::sort_and_dedup(&mut namespaces);
    let mut ends = Vec::new();
    let mut whole: Vec<Yaml> = Vec::new();
    for id in namespaces {
        let own: Vec<usize> =
            wanted.iter().copied().filter(|at| workload(at).is_some_and(|one| one.namespace == id)).collect();
        let name = evaluation.cluster().namespace(id)?.name.as_str();
        let of_namespace = Wanted { namespace: Some(name), ..Wanted::default() };
        if is_exact(&of_namespace.named(evaluation), &own) && netpol_manifest::is_namespace_name(name) {
            whole.push(Yaml::text(name));
        } else if let Some(label) = common_label(evaluation, &own, Some(name), &is_exact) {
            ends.push(label);
        } else {
            for at in own {
                ends.push(workload_alone(evaluation, at, workload(&at)?)?);
            }
        }
    }
    match whole.len() {
        0 => {}
        1 => ends.insert(0, Yaml::Map(vec![("namespace".to_owned(), whole.pop()?)])),
        _ => ends.insert(0, Yaml::map([("namespace", Yaml::List(whole))])),
    }
    Some(ends)
}

/// A label that all of some workloads have, and no other but those that may be named too.
fn common_label(
    evaluation: &Evaluation,
    wanted: &[usize],
    namespace: Option<&str>,
    is_exact: &impl Fn(&[usize], &[usize]) -> bool,
) -> Option<Yaml> {
    let [_, _, ..] = wanted else { return None };
    let first = evaluation.cluster().workloads.get(*wanted.first()?)?;
    let labels = first.labels.iter().filter(|(_, value)| *value != SOME_VALUE);
    let ends = labels.map(|(key, value)| Wanted { namespace, name: None, labels: vec![(key, value)] });
    ends.into_iter().find(|end| is_exact(&end.named(evaluation), wanted)).map(|end| end.yaml())
}

/// Ports as they are written: `TCP`, `TCP/80`, `TCP/8000-8999`.
pub(super) fn ports(set: &ConnectionSet) -> Yaml {
    let mut written = Vec::new();
    for protocol in Protocol::ALL {
        let ports = set.ports(protocol);
        let name = protocol.as_str();
        if ports.is_all() {
            written.push(Yaml::text(name));
            continue;
        }
        written.extend(ports.intervals().iter().map(|(first, last)| match first == last {
            true => Yaml::Text(format!("{name}/{first}")),
            false => Yaml::Text(format!("{name}/{first}-{last}")),
        }));
    }
    Yaml::List(written)
}

/// The expectations that say exactly what is allowed between two ends: those of `allow`, and those of `deny`.
pub(super) fn expectations(
    from: &Named,
    to: &Named,
    allowed: &ConnectionSet,
) -> (Option<Yaml>, Option<Yaml>) {
    let expectation = |ports: Option<(&str, Yaml)>| {
        let mut fields = vec![("from".to_owned(), from.end.clone()), ("to".to_owned(), to.end.clone())];
        for (key, except) in [("exceptFrom", &from.except), ("exceptTo", &to.except)] {
            if !except.is_empty() {
                fields.push((key.to_owned(), Yaml::List(except.clone())));
            }
        }
        fields.extend(ports.map(|(key, ports)| (key.to_owned(), ports)));
        Yaml::Map(fields)
    };
    if allowed.is_all() {
        (Some(expectation(None)), None)
    } else if allowed.is_empty() {
        (None, Some(expectation(None)))
    } else {
        let ports = ports(allowed);
        (Some(expectation(Some(("ports", ports.clone())))), Some(expectation(Some(("exceptPorts", ports)))))
    }
}

/// A test, as a document.
pub(super) fn test(name: &str, allow: Vec<Yaml>, deny: Vec<Yaml>) -> Yaml {
    let mut spec = Vec::new();
    for (key, list) in [("allow", allow), ("deny", deny)] {
        if !list.is_empty() {
            spec.push((key.to_owned(), Yaml::List(list)));
        }
    }
    Yaml::map([
        ("apiVersion", Yaml::text("netpol.playground/v1")),
        ("kind", Yaml::text(netpol_manifest::TEST_KIND)),
        ("metadata", Yaml::map([("name", Yaml::text(name))])),
        ("spec", Yaml::Map(spec)),
    ])
}
