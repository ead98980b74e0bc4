//! Expectations in words.

use netpol_assert::Expect;
use netpol_manifest::{
    EndNames, Expectation, Label, LabelSelector, PodsWanted, PortMatch, TestEnd, TestPort,
};

use crate::words::{quoted, selector};

/// How many items of a list are named.
const MOST_ITEMS: usize = 3;

/// `pods with `app: web` of `shop` reach `shop/db` on TCP 5432`
pub(crate) fn expectation(expect: Expect, expectation: &Expectation) -> String {
    let verb = match expect {
        Expect::Allow => "can reach",
        Expect::Deny => "cannot reach",
    };
    format!(
        "{} {verb} {} on {}",
        end(&expectation.from, &expectation.except_from),
        end(&expectation.to, &expectation.except_to),
        ports(expectation)
    )
}

/// An end, and what is taken out of it.
fn end(items: &[TestEnd], except: &[TestEnd]) -> String {
    let items = list(items.iter().map(item), "and");
    match except {
        [] => items,
        except => format!("{items} (but not {})", list(except.iter().map(item), "and")),
    }
}

/// One item of an end.
pub(crate) fn item(end: &TestEnd) -> String {
    match &end.names {
        EndNames::Any => "anything".to_owned(),
        EndNames::Pods => "any pod".to_owned(),
        EndNames::Outside => "anything outside of the cluster".to_owned(),
        EndNames::Cidr(network) if network.prefix_len() == network.max_prefix_len() => {
            format!("`{}`", network.addr())
        }
        EndNames::Cidr(network) => format!("`{network}`"),
        EndNames::Pod(wanted) => pods(wanted),
    }
}

fn pods(wanted: &PodsWanted) -> String {
    let PodsWanted { namespaces, labels, namespace_labels, pod_selector, namespace_selector, name } = wanted;
    let says_more = !labels.is_empty() || pod_selector.is_some();
    let says_more_of_namespaces = !namespace_labels.is_empty() || namespace_selector.is_some();
    if let (Some(name), [namespace], false, false) =
        (name, namespaces.as_slice(), says_more, says_more_of_namespaces)
    {
        return quoted(&format!("{}/{}", namespace.value, name.value));
    }
    let mut text = match name {
        Some(name) => quoted(&name.value),
        None if says_more => "pods".to_owned(),
        None => "any pod".to_owned(),
    };
    if let Some(with) = with(labels, pod_selector.as_ref()) {
        text.push_str(&format!(" with {with}"));
    }
    if !namespaces.is_empty() {
        text.push_str(&format!(" of {}", list(namespaces.iter().map(|name| quoted(&name.value)), "or")));
    }
    if let Some(with) = with(namespace_labels, namespace_selector.as_ref()) {
        text.push_str(&format!(" of namespaces with {with}"));
    }
    text
}

fn with(labels: &[Label], wanted: Option<&LabelSelector>) -> Option<String> {
    let labels = labels.iter().map(|label| quoted(&format!("{}: {}", label.key.value, label.value.value)));
    let all: Vec<String> = labels.chain(wanted.and_then(selector)).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

fn ports(expectation: &Expectation) -> String {
    let wanted = match expectation.ports.as_slice() {
        [] => "every port".to_owned(),
        ports => list(ports.iter().map(port), "and"),
    };
    match expectation.except_ports.as_slice() {
        [] => wanted,
        except => format!("{wanted} but {}", list(except.iter().map(port), "and")),
    }
}

/// `TCP 80`, `TCP 8000-8999`, ``TCP `http` ``, `every TCP port`
pub(crate) fn port(port: &TestPort) -> String {
    let protocol = port.protocol.as_str();
    match &port.port {
        PortMatch::Any => format!("every {protocol} port"),
        PortMatch::Range(first, last) if first == last => format!("{protocol} {first}"),
        PortMatch::Range(first, last) => format!("{protocol} {first}-{last}"),
        PortMatch::Name(name) => format!("{protocol} {}", quoted(name)),
    }
}

/// `a, b and c`, and how many more there are.
pub(crate) fn list(items: impl ExactSizeIterator<Item = String>, last: &str) -> String {
    let more = items.len().saturating_sub(MOST_ITEMS);
    let mut items: Vec<String> = items.take(MOST_ITEMS).collect();
    if more > 0 {
        items.push(format!("{more} more"));
    }
    match items.split_last() {
        Some((only, [])) => only.clone(),
        Some((end, others)) => format!("{} {last} {end}", others.join(", ")),
        None => String::new(),
    }
}
