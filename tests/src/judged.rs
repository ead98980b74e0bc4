//! What becomes of policy tests against the oracle.

use std::net::IpAddr;

use ipnet::IpNet;
use netpol_view::contract::{Expect, ExpectationResult, Peer, PeerType, TestStatus};
use serde_json::Value;

use crate::analysis::Analysis;
use crate::compare::{Complaint, add_hypothetical, domain, ensure, sides};
use crate::oracle::{Cells, Cidr, Cluster, Judgement, Party, judge};

/// Compares what becomes of each expectation with the oracle, pair by pair.
///
/// # Errors
/// The first expectation that both judge differently.
pub fn equal_oracle(analysis: &Analysis, objects: &[Value], tests: &[Value]) -> Result<(), Complaint> {
    let mut cluster = analysis.oracle(objects);
    let peers = &analysis.summary.peers;
    add_hypothetical(&mut cluster, peers);
    let parties: Vec<Party<'_>> =
        peers.iter().map(|peer| party(peer, &cluster, peers)).collect::<Result<_, _>>()?;
    let mut cells = Cells::default();
    let results = &analysis.summary.tests;
    ensure(results.len() == tests.len(), || format!("{} of {} tests", results.len(), tests.len()))?;
    for (test, result) in tests.iter().zip(results) {
        let list = |name| test["spec"][name].as_array().into_iter().flatten().map(move |one| (name, one));
        let written: Vec<(&str, &Value)> = list("allow").chain(list("deny")).collect();
        let found = &result.expectations;
        ensure(found.len() == written.len(), || {
            format!("{} of {} expectations", found.len(), written.len())
        })?;
        for ((list, expectation), found) in written.into_iter().zip(found) {
            let expected = judge(&cluster, &parties, &mut cells, list, expectation);
            let is_list = (found.expect == Expect::Allow) == (list == "allow");
            ensure(is_list && agree(found, &expected, peers), || {
                format!("{list} {expectation}: the oracle says {expected:?}, and this is {found:#?}")
            })?;
        }
        let passed = found.iter().all(|one| one.status == TestStatus::Passed);
        ensure(result.passed == passed, || format!("{test} is said to have passed: {}", result.passed))?;
    }
    Ok(())
}

fn agree(found: &ExpectationResult, (pairs, expected): &(usize, Judgement), peers: &[Peer]) -> bool {
    let is_status = match expected {
        Judgement::Void => found.status == TestStatus::Void && found.witness.is_none(),
        // What the oracle knows another reading of, hangs on it; there are readings that it does not know.
        Judgement::Holds(is_certain) => {
            found.status == TestStatus::Depends || *is_certain && found.status == TestStatus::Passed
        }
        Judgement::Failed(broken, (source, destination), (protocol, port)) => {
            let witness = found.witness.as_ref().map(|witness| {
                let protocol = format!("{:?}", witness.protocol).to_ascii_uppercase();
                (witness.source.as_str(), witness.destination.as_str(), protocol, witness.port)
            });
            let expected =
                (peers[*source].id.as_str(), peers[*destination].id.as_str(), (*protocol).to_owned(), *port);
            found.status == TestStatus::Failed
                && found.broken as usize == *broken
                && witness == Some(expected)
        }
    };
    is_status && found.pairs as usize == *pairs
}

fn party<'a>(peer: &'a Peer, cluster: &'a Cluster, peers: &[Peer]) -> Result<Party<'a>, Complaint> {
    let cidrs = peer.cidrs.iter().flatten().filter_map(|cidr| cidr.parse::<IpNet>().ok());
    let labels =
        |labels: Option<&std::collections::BTreeMap<String, String>>| labels.cloned().unwrap_or_default();
    let is_named = |namespace: &&String| cluster.namespaces.contains_key(*namespace);
    Ok(Party {
        sides: sides(peer, cluster, peers)?,
        is_hypothetical: peer.peer_type == PeerType::Hypothetical,
        namespace: peer.namespace.as_ref().filter(is_named).cloned(),
        namespace_labels: labels(peer.namespace_labels.as_deref()),
        name: peer.name.clone().unwrap_or_default(),
        labels: labels(peer.labels.as_ref()),
        blocks: match domain(peer) {
            Some(_) => Vec::new(),
            None => cidrs.map(|cidr| block(cidr.network(), cidr.broadcast())).collect(),
        },
        declared: peer
            .ports
            .iter()
            .flatten()
            .map(|port| (port.port, format!("{:?}", port.protocol).to_ascii_uppercase()))
            .collect(),
    })
}

fn block(first: IpAddr, last: IpAddr) -> Cidr {
    Cidr { first, last }
}
