//! Properties of the findings, over random clusters: what they claim holds, and what they call redundant can go.

use std::collections::BTreeMap;
use std::sync::Arc;

use netpol_eval::{Cluster, ConnectionSet, Evaluation, Hypothetical, IpBlockPods, Options, Peer};
use netpol_findings::{Code, Context, Finding, Proof, check_all, rules};
use netpol_source::{SourceFile, Sources};
use netpol_tests::generate::{self, Replaced, Scene, published, scene};
use netpol_tests::property::{check, survey};
use netpol_view::contract;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

fn options() -> impl Strategy<Value = Options> {
    let readings = select(vec![IpBlockPods::KnownAddresses, IpBlockPods::Never, IpBlockPods::AnyAddress]);
    let hypothetical = select(vec![Hypothetical::Auto, Hypothetical::Never]);
    (readings, hypothetical).prop_map(|(ip_block_pods, hypothetical)| Options { hypothetical, ip_block_pods })
}

fn evaluate(files: Vec<SourceFile>, options: Options) -> Evaluation {
    let sources = Sources::new(files);
    let documents = sources.documents().map(|(id, text)| (id, Arc::new(netpol_manifest::read(&text))));
    Evaluation::new(Cluster::build(documents), options)
}

fn with_text(scene: &Scene, complaint: &str) -> String {
    let files = scene.files().into_iter().map(|file| format!("# {}\n{}", file.name, file.text));
    format!("{complaint}\n{}", files.collect::<Vec<_>>().join("\n"))
}

#[test]
fn every_witness_shows_what_its_rule_says() {
    check(192, (published(Replaced::Some), options()), |(scene, options)| {
        let evaluation = evaluate(scene.files(), options);
        for finding in check_all(&Context::new(&evaluation)) {
            let Some(witness) = finding.witness else { continue };
            let allowed = evaluation.allowed(witness.source, witness.destination);
            let allowed = allowed.contains(witness.protocol, witness.port);
            let holds = match finding.proof {
                Proof::Allowed => allowed,
                Proof::Denied => !allowed,
                Proof::None => false,
            };
            if !holds {
                return Err(with_text(&scene, &format!("{finding:?}")));
            }
        }
        Ok(())
    });
}

/// What says that something is reachable or cut shows it, and `query` says the same.
#[test]
fn what_is_reachable_or_cut_is_proved_and_a_query_confirms_it() {
    // A namespace whose pods are isolated one by one has nothing to show today.
    let shows = |finding: &contract::Finding| match finding.code.as_str() {
        "NP101" | "NP102" => {
            !finding.message.contains("will be") && !finding.message.contains("the next one")
        }
        "NP103" | "NP104" | "NP105" | "NP106" | "NP107" | "NP109" | "NP110" | "NP111" | "NP206" | "NP305"
        | "NP306" | "NP310" | "NP313" => true,
        _ => false,
    };
    check(24, (published(Replaced::Some), generate::options()), |(scene, options)| {
        let mut analyzer = netpol_view::Analyzer::new(options);
        analyzer.set_files(scene.files());
        for finding in analyzer.summary().findings {
            let Some(witness) = &finding.witness else {
                if shows(&finding) {
                    return Err(with_text(&scene, &format!("nothing proves {finding:?}")));
                }
                continue;
            };
            let expected = finding.proof == Some(contract::Proof::Allowed);
            match analyzer.query(witness) {
                Ok(verdict) if verdict.allowed == expected => {}
                other => return Err(with_text(&scene, &format!("{finding:?}\n{other:?}"))),
            }
        }
        Ok(())
    });
}

/// Pairs of rules that would contradict or repeat each other about the same object.
const NEVER_BOTH: &[(Code, Code)] = &[
    // Isolated or not, of a namespace.
    (Code::NP101, Code::NP310),
    // Nothing is selected, but something is cut off or let in.
    (Code::NP301, Code::NP305),
    (Code::NP301, Code::NP306),
    (Code::NP301, Code::NP309),
    (Code::NP301, Code::NP310),
    (Code::NP301, Code::NP312),
    (Code::NP301, Code::NP401),
    (Code::NP301, Code::NP402),
    (Code::NP309, Code::NP305),
    (Code::NP309, Code::NP306),
    (Code::NP309, Code::NP401),
    (Code::NP312, Code::NP305),
    (Code::NP301, Code::NP319),
    (Code::NP312, Code::NP319),
    // The whole policy adds nothing, and so do its rules.
    (Code::NP401, Code::NP402),
    (Code::NP401, Code::NP403),
    (Code::NP301, Code::NP403),
];

/// Pairs that would, about the same place.
const NEVER_BOTH_OF_ONE_PLACE: &[(Code, Code)] = &[
    (Code::NP105, Code::NP206),
    (Code::NP201, Code::NP202),
    (Code::NP201, Code::NP203),
    (Code::NP202, Code::NP203),
    (Code::NP202, Code::NP206),
    (Code::NP204, Code::NP206),
    (Code::NP302, Code::NP319),
    (Code::NP318, Code::NP319),
    (Code::NP307, Code::NP308),
    (Code::NP307, Code::NP313),
    (Code::NP308, Code::NP313),
];

#[test]
fn no_finding_contradicts_another() {
    check(96, (published(Replaced::Some), options()), |(scene, options)| {
        let evaluation = evaluate(scene.files(), options);
        let findings = check_all(&Context::new(&evaluation));
        let namespace =
            |one: &Finding| one.subject.namespace.clone().unwrap_or_else(|| one.subject.name.clone());
        for (one, other) in findings.iter().flat_map(|one| findings.iter().map(move |other| (one, other))) {
            let pair = (one.rule.code, other.rule.code);
            let same_subject = match pair.0 {
                Code::NP101 => namespace(one) == namespace(other),
                _ => one.subject == other.subject,
            };
            // Of a policy with some pods on the host network, the others may well be isolated by another one.
            if pair == (Code::NP309, Code::NP401) && one.message.contains("; it also selects") {
                continue;
            }
            let same_direction = ["ingress", "egress"]
                .into_iter()
                .any(|direction| [one, other].iter().all(|finding| finding.message.contains(direction)));
            // Of one workload, one of them says that it is open and the other that it is blocked.
            let open_and_blocked = pair == (Code::NP110, Code::NP111)
                && one
                    .witness
                    .zip(other.witness)
                    .is_some_and(|(one, other)| one.destination == other.destination);
            let twice_unprotected = [Code::NP101, Code::NP102].contains(&pair.0)
                && pair.1 == Code::NP103
                && namespace(one) == namespace(other)
                && same_direction;
            let contradicts = (NEVER_BOTH.contains(&pair) && same_subject)
                || (NEVER_BOTH_OF_ONE_PLACE.contains(&pair) && one.spans.first() == other.spans.first())
                || open_and_blocked
                || twice_unprotected;
            if contradicts {
                let said = |finding: &Finding| format!("{} {}", finding.rule.code, finding.message);
                return Err(with_text(&scene, &format!("{}\n{}", said(one), said(other))));
            }
        }
        Ok(())
    });
}

#[test]
fn findings_are_the_same_every_time_and_in_order() {
    let shown = |findings: &[Finding]| format!("{findings:?}");
    check(64, (published(Replaced::Some), options()), |(scene, options)| {
        let one = evaluate(scene.files(), options);
        let other = evaluate(scene.files(), options);
        let (one, other) = (check_all(&Context::new(&one)), check_all(&Context::new(&other)));
        let sorted = one.is_sorted_by_key(|finding| (finding.severity, finding.silenced, finding.rule.code));
        let spoken = one.iter().all(|finding| !finding.spans.is_empty() && !finding.message.is_empty());
        match sorted && spoken && shown(&one) == shown(&other) {
            true => Ok(()),
            false => Err(with_text(&scene, &shown(&one))),
        }
    });
}

#[test]
fn nothing_is_said_twice_of_the_same_lines() {
    check(96, (published(Replaced::Some), options()), |(scene, options)| {
        let evaluation = evaluate(scene.files(), options);
        let mut said: BTreeMap<String, u32> = BTreeMap::new();
        let findings = check_all(&Context::new(&evaluation));
        for finding in findings.iter().flat_map(Finding::with_evidence) {
            let key = format!("{} {:?} {:?}", finding.rule.code, finding.spans, finding.message);
            *said.entry(key).or_default() += 1;
        }
        match said.iter().find(|(_, times)| **times > 1) {
            None => Ok(()),
            Some((key, _)) => Err(with_text(&scene, key)),
        }
    });
}

/// Every rule but those that need what the scenes do not have.
#[test]
fn the_scenes_trigger_nearly_every_rule() {
    let seen = std::cell::RefCell::new(std::collections::BTreeSet::new());
    survey(1200, (published(Replaced::Some), options()), |(scene, options)| {
        let evaluation = evaluate(scene.files(), options);
        seen.borrow_mut()
            .extend(check_all(&Context::new(&evaluation)).iter().map(|finding| finding.rule.code));
    });
    let seen = seen.into_inner();
    let missing: Vec<Code> = rules().map(|rule| rule.code).filter(|code| !seen.contains(code)).collect();
    // There are no API servers, none that they or monitors call, no refused policies, and no objects with labels that their
    // pods lack; labels that both ends ask for are rare, and `migration.rs` has the superseded policies.
    let rare = [
        Code::NP108,
        Code::NP112,
        Code::NP113,
        Code::NP114,
        Code::NP306,
        Code::NP319,
        Code::NP320,
        Code::NP321,
    ];
    assert!(missing.iter().all(|code| rare.contains(code)), "{missing:?}");
}

/// What can go according to NP401, NP402 and NP403: the policy and the place in its spec.
fn redundant(findings: &[Finding]) -> Vec<(usize, String, String)> {
    let found = findings
        .iter()
        .filter(|finding| [Code::NP401, Code::NP402, Code::NP403].contains(&finding.rule.code));
    found
        .map(|finding| {
            let says = if finding.rule.code == Code::NP403 { " has no effect" } else { " adds nothing" };
            let (what, _) = finding.message.split_once(says).expect("it says so");
            let namespace = finding.subject.namespace.as_deref().unwrap_or_default();
            let name = format!("{} {namespace}/{}", finding.subject.kind, finding.subject.name);
            let depth = if finding.rule.code == Code::NP401 { 0 } else { what.split(" of ").count() };
            (depth, name, what.to_owned())
        })
        .collect()
}

/// Takes a part out of a list, by what it is called: "peer 2 of ingress rule 1".
fn take_out(objects: &mut Vec<Value>, policy: &str, what: &str, depth: usize) {
    let is_it = |object: &Value| {
        let metadata = &object["metadata"];
        let kind = object["kind"].as_str().unwrap_or_default();
        let namespace = match kind {
            "NetworkPolicy" => metadata["namespace"].as_str().unwrap_or("default"),
            _ => "",
        };
        format!("{kind} {namespace}/{}", metadata["name"].as_str().unwrap_or_default()) == policy
    };
    let at = objects.iter().rposition(is_it).expect("the policy is there");
    if depth == 0 {
        objects.remove(at);
        return;
    }
    let mut place = &mut objects[at]["spec"];
    // A rule of a cluster-scoped policy is called by its name as well.
    let is_ingress = what.contains("ingress rule ");
    let mut steps: Vec<(&str, usize)> = what
        .split(" of ")
        .map(|step| {
            let mut words = step.split(' ');
            let field = match words.next().expect("what it is") {
                "peer" if is_ingress => "from",
                "peer" => "to",
                "port" => "ports",
                direction => direction,
            };
            let number: usize = words.find_map(|word| word.parse().ok()).expect("a number");
            (field, number - 1)
        })
        .collect();
    steps.reverse();
    let (last, before) = steps.split_last().expect("a step");
    for (field, index) in before {
        place = &mut place[*field][*index];
    }
    place[last.0].as_array_mut().expect("a list").remove(last.1);
}

/// The cells between workloads and addresses, by name; of the addresses the narrowest mentioned networks of `finest`.
fn cells(evaluation: &Evaluation, finest: &Evaluation) -> BTreeMap<(String, String), ConnectionSet> {
    let name = |peer: &Peer| match peer {
        Peer::Workload(workload) => format!("{:?}/{}/{}", workload.namespace, workload.kind, workload.name),
        Peer::External { range, .. } => range.network.to_string(),
        Peer::Domain(name) => name.to_string(),
    };
    let mut peers = Vec::new();
    for (id, peer) in evaluation.peer_ids().filter(|(_, peer)| peer.workload().is_some()) {
        peers.push((id, name(peer)));
    }
    for range in finest.peers().iter().filter_map(Peer::external) {
        let holding = evaluation.peer_ids().filter_map(|(id, peer)| Some((id, peer.external()?)));
        let holding = holding.filter(|(_, other)| other.network.contains(&range.network));
        let (id, _) =
            holding.max_by_key(|(_, other)| other.network.prefix_len()).expect("all addresses are there");
        peers.push((id, range.network.to_string()));
    }
    let mut cells = BTreeMap::new();
    for (source, from) in &peers {
        for (destination, to) in &peers {
            cells.insert((from.clone(), to.clone()), evaluation.allowed(*source, *destination).clone());
        }
    }
    cells
}

/// The workloads with their pods, in words.
fn workloads(evaluation: &Evaluation) -> Vec<String> {
    let workloads = evaluation.cluster().workloads.iter();
    workloads
        .map(|one| format!("{:?} {} {} {:?} {:?}", one.namespace, one.kind, one.name, one.labels, one.pods))
        .collect()
}

#[test]
fn what_is_redundant_can_go_each_by_itself_and_all_at_once() {
    let found_any = std::cell::Cell::new(0_u32);
    check(384, (scene(Replaced::None), options()), |(scene, options)| {
        let before = evaluate(scene.files(), options);
        let mut redundant = redundant(&check_all(&Context::new(&before)));
        if redundant.is_empty() {
            return Ok(());
        }
        found_any.set(found_any.get() + 1);
        let never = Options { hypothetical: Hypothetical::Never, ..options };
        let before = evaluate(scene.files(), never);
        let wanted = cells(&before, &before);
        let unchanged = |objects: Vec<Value>, what: &str| {
            let without = Scene { objects, layout: scene.layout.clone() };
            let after = evaluate(without.files(), never);
            if workloads(&after) != workloads(&before) {
                // A label that tells the pods of one workload apart was named nowhere else: they fold otherwise.
                return Ok(());
            }
            let found = cells(&after, &before);
            let differs =
                wanted.iter().find(|(ends, cell)| found.get(*ends).is_some_and(|other| other != *cell));
            match differs {
                None => Ok(()),
                Some((ends, _)) => Err(with_text(&scene, &format!("{what}: {ends:?}"))),
            }
        };
        for (depth, policy, what) in &redundant {
            let mut objects = scene.objects.clone();
            take_out(&mut objects, policy, what, *depth);
            unchanged(objects, &format!("{what} of {policy}"))?;
        }
        // The inner items first, and of one list the last first, so that the others keep their places.
        redundant.sort_by(|one, other| (other.0, &other.2).cmp(&(one.0, &one.2)));
        let mut objects = scene.objects.clone();
        for (depth, policy, what) in &redundant {
            take_out(&mut objects, policy, what, *depth);
        }
        unchanged(objects, &format!("{redundant:?}"))
    });
    assert!(found_any.get() > 20, "only {} cases say anything", found_any.get());
}
