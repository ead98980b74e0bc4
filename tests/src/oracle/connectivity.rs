//! ConnectivityTest: one pair and one connection at a time, straight from docs/policy-tests.md.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;

use super::pods::{ContainerPort, Labels};
use super::{Cell, Cidr, Cluster, Probe, Reading, Row, Side, address, objects, selector::Selector};

/// A row and column of the matrix, as a test sees it.
#[derive(Clone, Debug)]
pub struct Party<'a> {
    /// What it is: of a workload, its row; of a range, some of its addresses.
    pub sides: Vec<Side<'a>>,
    /// Whether the input does not hold it.
    pub is_hypothetical: bool,
    /// Its namespace, where it has a name.
    pub namespace: Option<String>,
    /// The labels of its namespace.
    pub namespace_labels: Labels,
    /// The name of the workload.
    pub name: String,
    /// Its labels; `*` for a value that differs between its pods.
    pub labels: Labels,
    /// Of a range: the blocks of which it consists.
    pub blocks: Vec<Cidr>,
    /// The ports that it declares.
    pub declared: Vec<(u16, String)>,
}

/// What an expectation comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Nothing is proved.
    Void,
    /// So many pairs are not as expected; the first of them, and a connection.
    Failed(usize, (usize, usize), (&'static str, u16)),
    /// As expected as the verdicts are, and whether under each reading.
    Holds(bool),
}

/// Whether sources are meant, or destinations.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    From,
    To,
}

/// One expectation against all parties: how many pairs it is about, and what it comes to.
pub fn judge(
    cluster: &Cluster,
    parties: &[Party<'_>],
    cells: &mut Cells,
    expect: &str,
    expectation: &Value,
) -> (usize, Judgement) {
    let ports = cluster.ports();
    let about = About {
        cluster,
        parties,
        is_allow: expect == "allow",
        expectation,
        ports: points(&ports, expectation),
    };
    let (from, to) = (about.end(End::From), about.end(End::To));
    let (Some(from), Some(to)) = (&from, &to) else {
        let (from, to) = (about.any_end(End::From), about.any_end(End::To));
        return about.pairs(&from, &to, cells, true);
    };
    about.pairs(from, to, cells, about.has_unknown_name(to))
}

/// What is known of cells already: they are the same for all expectations.
#[derive(Default)]
pub struct Cells {
    /// By number of the reading, source and destination.
    allowed: BTreeMap<(usize, usize, usize), Known>,
}

/// By protocol and port.
type Known = BTreeMap<(&'static str, u16), bool>;

struct About<'a> {
    cluster: &'a Cluster,
    parties: &'a [Party<'a>],
    is_allow: bool,
    expectation: &'a Value,
    /// What is asked: with these, every interval of ports that is told apart holds one.
    ports: BTreeSet<u16>,
}

/// The ports that people know, of which a counterexample names the first that there is.
const USUAL: [(&str, u16); 5] = [("TCP", 80), ("TCP", 443), ("UDP", 53), ("TCP", 53), ("TCP", 8080)];

/// All numbers of the input and of the expectation, and their neighbours; and those that people know.
fn points(ports: &BTreeSet<u16>, expectation: &Value) -> BTreeSet<u16> {
    let mut found = ports.clone();
    found.extend(USUAL.map(|(_, port)| port));
    for item in items(&expectation["ports"]).into_iter().chain(items(&expectation["exceptPorts"])) {
        let text = item.to_string();
        for number in text
            .split(|letter: char| !letter.is_ascii_digit())
            .filter_map(|digits| digits.parse::<u16>().ok())
        {
            found.extend([number.saturating_sub(1).max(1), number, number.saturating_add(1)]);
        }
    }
    found
}

/// "One or a list".
fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

impl About<'_> {
    /// The items that are taken out of an end: "`except` ... of `from` where that is one, else of `to`".
    fn except(&self, end: End) -> Vec<&Value> {
        let own = if end == End::From { "exceptFrom" } else { "exceptTo" };
        let is_wide = |item: &Value| {
            matches!(item.as_str(), Some("any" | "pods" | "outside"))
                || item["cidr"].as_str().is_some_and(|cidr| cidr.ends_with("/0"))
        };
        let holds_addresses =
            |item: &Value| matches!(item.as_str(), Some("any" | "outside")) || item.get("cidr").is_some();
        let meant = |item: &Value| {
            let fits = |field: &str| {
                items(&self.expectation[field])
                    .into_iter()
                    .any(|one| if item.get("cidr").is_some() { holds_addresses(one) } else { is_wide(one) })
            };
            if fits("to") && !fits("from") { End::To } else { End::From }
        };
        let mut found = items(&self.expectation[own]);
        found.extend(items(&self.expectation["except"]).into_iter().filter(|item| meant(item) == end));
        found
    }

    /// The parties of an end, each with whether a mapping names it; nothing where an item of it matches nobody.
    fn end(&self, end: End) -> Option<Vec<(usize, bool)>> {
        let all = items(&self.expectation[if end == End::From { "from" } else { "to" }]);
        all.iter().all(|item| !self.of_item(item, end).is_empty()).then(|| self.any_end(end))
    }

    fn any_end(&self, end: End) -> Vec<(usize, bool)> {
        let all = items(&self.expectation[if end == End::From { "from" } else { "to" }]);
        let except = self.except(end);
        (0..self.parties.len())
            .filter_map(|at| {
                let meant: Vec<&&Value> =
                    all.iter().filter(|item| self.of_item(item, end).contains(&at)).collect();
                let party = &self.parties[at];
                let is_left = if party.blocks.is_empty() {
                    !except.iter().any(|item| self.is_meant(item, at, end, false))
                } else {
                    self.addresses_left(party, &all, &except)
                };
                let is_named = meant.iter().any(|item| item.is_object() && item.get("cidr").is_none());
                (!meant.is_empty() && is_left).then_some((at, is_named))
            })
            .collect()
    }

    /// "In `allow`, an end means workloads of the input; hypothetical ones count only for an end that matches none."
    fn of_item(&self, item: &Value, end: End) -> Vec<usize> {
        let mut found: Vec<usize> =
            (0..self.parties.len()).filter(|at| self.is_meant(item, *at, end, true)).collect();
        let is_of_input = |at: &usize| {
            self.parties[*at].blocks.is_empty()
                && !self.parties[*at].is_hypothetical
                && !is_domain(&self.parties[*at])
        };
        if self.is_allow && found.iter().any(is_of_input) {
            found.retain(|at| !self.parties[*at].is_hypothetical);
        }
        found
    }

    /// Whether an item speaks of a party. Of a label that differs between the pods, some may be meant.
    fn is_meant(&self, item: &Value, at: usize, end: End, may: bool) -> bool {
        let party = &self.parties[at];
        if is_domain(party) {
            return end == End::To && matches!(item.as_str(), Some("any" | "outside"));
        }
        if !party.blocks.is_empty() {
            let cidr = item["cidr"].as_str().map(block);
            return matches!(item.as_str(), Some("any" | "outside"))
                || cidr.is_some_and(|cidr| party.blocks.iter().any(|block| overlap(*block, cidr).is_some()));
        }
        match item.as_str() {
            Some(word) => return word != "outside",
            None if item.get("cidr").is_some() => return false,
            None => {}
        }
        let has = |labels: &Labels, key: &String, value: &String, may: bool| {
            labels.get(key).is_some_and(|found| found == value || may && found == "*")
        };
        let names = items(&item["namespace"]);
        let mut labels = objects::labels(item, "/labels").into_iter();
        let mut namespace_labels = objects::labels(item, "/namespaceLabels").into_iter();
        // A value that differs is one that no selector of the policies asks for: here it may be any.
        let selects = |labels: &Labels| {
            Selector::of(item, "/podSelector").is_none_or(|selector| {
                let differing = selector
                    .requirements
                    .iter()
                    .filter(|one| labels.get(&one.key).is_some_and(|value| value == "*"));
                let mut meant = labels.clone();
                for requirement in differing {
                    match (requirement.values.first(), may) {
                        (Some(value), true) if requirement.is_in() => {
                            drop(meant.insert(requirement.key.clone(), value.clone()))
                        }
                        (Some(value), false) if !requirement.is_in() => {
                            drop(meant.insert(requirement.key.clone(), value.clone()))
                        }
                        _ => {}
                    }
                }
                selector.matches(&meant)
            })
        };
        (names.is_empty() || names.iter().any(|name| name.as_str() == party.namespace.as_deref()))
            && labels.all(|(key, value)| has(&party.labels, &key, &value, may))
            && namespace_labels.all(|(key, value)| has(&party.namespace_labels, &key, &value, false))
            && Selector::of(item, "/namespaceSelector")
                .is_none_or(|selector| selector.matches(&party.namespace_labels))
            && selects(&party.labels)
            && item["name"].as_str().is_none_or(|name| {
                let pods = party.sides.iter().filter_map(|side| row(*side)).flat_map(|row| &row.pods);
                !party.is_hypothetical
                    && (party.name == name || pods.into_iter().any(|pod| pod.name.as_deref() == Some(name)))
            })
    }

    /// "A range takes part if one of its addresses is in the end and in nothing that is taken out."
    fn addresses_left(&self, party: &Party<'_>, all: &[&Value], except: &[&Value]) -> bool {
        let blocks = |items: &[&Value]| -> Vec<Cidr> {
            let of = |item: &&Value| match item.as_str() {
                Some("any" | "outside") => vec![block("0.0.0.0/0"), block("::/0")],
                Some(_) => Vec::new(),
                None => item["cidr"].as_str().map(block).into_iter().collect(),
            };
            items.iter().flat_map(of).collect()
        };
        let (own, out) = (blocks(all), blocks(except));
        let meant = party.blocks.iter().flat_map(|one| own.iter().filter_map(|other| overlap(*one, *other)));
        meant.into_iter().any(|both| !is_covered(both, &out))
    }

    /// Whether a name is asked about that no destination has.
    fn has_unknown_name(&self, to: &[(usize, bool)]) -> bool {
        let names = items(&self.expectation["ports"]).into_iter().filter_map(named);
        names.into_iter().any(|(protocol, name)| {
            !to.iter().any(|(at, _)| {
                let rows = self.parties[*at].sides.iter().filter_map(|side| row(*side));
                rows.flat_map(|row| &row.pods).any(|pod| has_port(&pod.ports, &protocol, &name, None))
            })
        })
    }

    /// Whether a connection is asked about at a destination.
    fn is_asked(&self, destination: &Party<'_>, (protocol, port): (&str, u16)) -> bool {
        // "Of a name with several numbers all where it must be denied, those that each pod has where it must be allowed."
        let by_name = |name: &str, each: bool| {
            let rows: Vec<&Row> = destination.sides.iter().filter_map(|side| row(*side)).collect();
            let mut pods = rows.iter().flat_map(|row| &row.pods).peekable();
            if pods.peek().is_none() {
                return false;
            }
            if each {
                pods.all(|pod| has_port(&pod.ports, protocol, name, Some(port)))
            } else {
                pods.any(|pod| has_port(&pod.ports, protocol, name, Some(port)))
            }
        };
        let is = |item: &Value, each: bool| match named(item) {
            Some((of, name)) => of == protocol && by_name(&name, each),
            None => numbers(item)
                .is_some_and(|(of, first, last)| of == protocol && (first..=last).contains(&port)),
        };
        let ports = items(&self.expectation["ports"]);
        (ports.is_empty() || ports.iter().any(|item| is(item, self.is_allow)))
            && !items(&self.expectation["exceptPorts"]).iter().any(|item| is(item, true))
    }

    fn pairs(
        &self,
        from: &[(usize, bool)],
        to: &[(usize, bool)],
        cells: &mut Cells,
        is_void: bool,
    ) -> (usize, Judgement) {
        let mut pairs = 0;
        let mut broken = Vec::new();
        let mut is_certain = true;
        let probes: Vec<(&'static str, u16)> = ["TCP", "UDP", "SCTP"]
            .into_iter()
            .flat_map(|protocol| self.ports.iter().map(move |port| (protocol, *port)))
            .collect();
        for (destination, is_destination_named) in to {
            let party = &self.parties[*destination];
            let asked: Vec<(&'static str, u16)> =
                probes.iter().copied().filter(|probe| self.is_asked(party, *probe)).collect();
            for (source, is_source_named) in from {
                let (one, other) = (&self.parties[*source], &self.parties[*destination]);
                let is_left_out = match self.cluster.cell(one.sides[0], other.sides[0]) {
                    Cell::Always => true,
                    Cell::Pairs(_) => {
                        !may_be_decided((one, *is_source_named), (other, *is_destination_named))
                    }
                };
                if is_left_out || asked.is_empty() {
                    continue;
                }
                pairs += 1;
                let differing: Vec<(&'static str, u16)> = asked
                    .iter()
                    .copied()
                    .filter(|probe| {
                        cells.allows(
                            self.cluster,
                            (0, self.cluster.reading()),
                            (*source, one),
                            (*destination, other),
                            *probe,
                        ) != self.is_allow
                    })
                    .collect();
                if differing.is_empty() {
                    is_certain &= (1..).zip(self.cluster.other_readings()).all(|reading| {
                        asked.iter().all(|probe| {
                            cells.allows(self.cluster, reading, (*source, one), (*destination, other), *probe)
                                == self.is_allow
                        })
                    });
                } else {
                    let rank = |party: &Party<'_>| match (
                        party.is_hypothetical,
                        party.blocks.is_empty() && !is_domain(party),
                    ) {
                        (_, false) => 2,
                        (true, _) => 1,
                        (false, _) => 0,
                    };
                    let declared = other
                        .declared
                        .iter()
                        .find(|(port, protocol)| differing.contains(&(word(protocol), *port)));
                    let usual = USUAL.into_iter().find(|probe| differing.contains(probe));
                    let declared = declared.map(|(port, protocol)| (word(protocol), *port));
                    let probe = declared.or(usual).unwrap_or(differing[0]);
                    broken.push((rank(one).max(rank(other)), (*source, *destination), probe));
                }
            }
        }
        broken.sort_unstable();
        let judgement = match broken.first() {
            Some((_, pair, probe)) => Judgement::Failed(broken.len(), *pair, *probe),
            None if is_void || pairs == 0 => Judgement::Void,
            None => Judgement::Holds(is_certain),
        };
        (pairs, judgement)
    }
}

impl Cells {
    fn allows(
        &mut self,
        cluster: &Cluster,
        (number, reading): (usize, Reading),
        (source, from): (usize, &Party<'_>),
        (destination, to): (usize, &Party<'_>),
        (protocol, port): (&'static str, u16),
    ) -> bool {
        let known = self.allowed.entry((number, source, destination)).or_default();
        *known.entry((protocol, port)).or_insert_with(|| {
            cluster.cell_under(reading, from.sides[0], to.sides[0]).allows(Probe { protocol, port })
        })
    }
}

/// "A pair neither end of which can be isolated is left out, unless a mapping names an end on the host network; both ends
/// outside are left out always."
fn may_be_decided(one: (&Party<'_>, bool), other: (&Party<'_>, bool)) -> bool {
    let is_outside = |(party, _): (&Party<'_>, bool)| row(party.sides[0]).is_none();
    let is_isolable =
        |(party, _): (&Party<'_>, bool)| row(party.sides[0]).is_some_and(|row| !row.host_network);
    let is_named = |(party, is_named): (&Party<'_>, bool)| row(party.sides[0]).is_some() && is_named;
    !(is_outside(one) && is_outside(other))
        && (is_isolable(one) || is_isolable(other) || is_named(one) || is_named(other))
}

fn row<'a>(side: Side<'a>) -> Option<&'a Row> {
    match side {
        Side::Pods(row) => Some(row),
        Side::Address(_) | Side::Domain(_) => None,
    }
}

fn is_domain(party: &Party<'_>) -> bool {
    matches!(party.sides[0], Side::Domain(_))
}

fn word(protocol: &str) -> &'static str {
    ["TCP", "UDP", "SCTP"].into_iter().find(|word| *word == protocol).unwrap()
}

fn has_port(ports: &[ContainerPort], protocol: &str, name: &str, number: Option<u16>) -> bool {
    ports.iter().any(|port| {
        port.protocol == protocol
            && port.name.as_deref() == Some(name)
            && number.is_none_or(|number| port.port == number)
    })
}

/// `TCP/http`, as a protocol and a name.
fn named(item: &Value) -> Option<(String, String)> {
    let (protocol, rest) = item.as_str()?.split_once('/')?;
    (!rest.starts_with(|letter: char| letter.is_ascii_digit()))
        .then(|| (protocol.to_owned(), rest.to_owned()))
}

/// `80`, `TCP/80`, `TCP/8000-8999`, `TCP`.
fn numbers(item: &Value) -> Option<(String, u16, u16)> {
    if let Some(port) = item.as_u64() {
        return Some(("TCP".to_owned(), port as u16, port as u16));
    }
    let (protocol, rest) = item.as_str()?.split_once('/').unwrap_or((item.as_str()?, "1-65535"));
    let (first, last) = rest.split_once('-').unwrap_or((rest, rest));
    Some((protocol.to_owned(), first.parse().ok()?, last.parse().ok()?))
}

/// A block, or one address.
fn block(text: &str) -> Cidr {
    let address = || address::address(text).map(|address| Cidr { first: address, last: address });
    Cidr::of(text).or_else(address).unwrap()
}

/// The smaller of two blocks that are not apart.
fn overlap(one: Cidr, other: Cidr) -> Option<Cidr> {
    if other.holds(one.first) && other.holds(one.last) {
        return Some(one);
    }
    one.holds(other.first).then_some(other)
}

/// Whether each address of a block is in one of others.
fn is_covered(block: Cidr, others: &[Cidr]) -> bool {
    let number = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    };
    let mut inside: Vec<(u128, u128)> = others
        .iter()
        .filter_map(|other| overlap(block, *other))
        .map(|both| (number(both.first), number(both.last)))
        .collect();
    inside.sort_unstable();
    let mut next = Some(number(block.first));
    for (first, last) in inside {
        if next.is_some_and(|next| first > next) {
            return false;
        }
        next = next.and_then(|next| last.checked_add(1).map(|behind| behind.max(next)));
    }
    next.is_none_or(|next| next > number(block.last))
}
