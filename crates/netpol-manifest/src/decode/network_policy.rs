//! `networking.k8s.io/v1` NetworkPolicy (`pkg/apis/networking/validation`).

use netpol_source::{Code, Diagnostic, Severity, Spanned};

use super::{peer, policy_port, selector};
use crate::cursor::{Cursor, Fields};
use crate::document::Selects;
use crate::fix;
use crate::object::{Direction, Metadata, NetworkPolicy, Resource, Rule};
use crate::report::{Report, quote};
use crate::schema;
use crate::yaml::Value;

pub(super) fn decode(object: &Fields<'_>, metadata: &Metadata, report: &mut Report) -> Option<Resource> {
    let Some(spec) = object.get("spec") else {
        // The API server accepts this: every field of the spec may be absent.
        let message =
            "this policy has no `spec`, so it selects every pod of its namespace and denies all ingress";
        let place = object.get_or_null("spec").map_or(metadata.name.range, |spec| spec.visible_range());
        let warning = Diagnostic::new(Severity::Warning, Code::MissingSpec, message, place);
        report.push(Diagnostic { path: Some("spec".to_owned()), ..warning });
        let pod_selector = selector::empty(place);
        let policy = NetworkPolicy { pod_selector, policy_types: None, ingress: None, egress: None };
        return Some(Resource::NetworkPolicy(policy));
    };
    let fields = spec.fields(report, &schema::POLICY_SPEC)?;
    // Required by the documentation, but the server takes an absent or null selector as the empty one.
    let pod_selector = match fields.get_or_null("podSelector") {
        Some(cursor) => selector::decode(&cursor, report),
        None => Some(selector::empty(spec.visible_range())),
    };
    let policy_types = fields.get("policyTypes").and_then(|cursor| policy_types(&cursor, report));
    let ingress = fields.get("ingress").map(|cursor| rules(&cursor, Direction::Ingress, report));
    let egress = fields.get("egress").map(|cursor| rules(&cursor, Direction::Egress, report));
    if policy_types.is_none()
        && let Some(cursor) = fields.get("egress")
        && matches!(cursor.value(), Value::List(items) if items.is_empty())
    {
        // `policyTypes`: by default Egress only "if the NetworkPolicy has any egress rules".
        let message = "without `policyTypes` an empty `egress` restricts nothing: the policy counts as `policyTypes: \
                       [Ingress]`, and egress stays open; to deny it, write `policyTypes: [Ingress, Egress]`";
        let info = Diagnostic::new(Severity::Info, Code::DefaultPolicyTypes, message, cursor.entry_range());
        report.push(Diagnostic { path: Some(spec.path_of("policyTypes")), ..info });
    }
    Some(Resource::NetworkPolicy(NetworkPolicy {
        pod_selector: pod_selector?,
        policy_types,
        ingress,
        egress,
    }))
}

/// What a policy that is refused would isolate, where its own `podSelector` can be read.
pub(super) fn selects(object: &Fields<'_>) -> Option<Selects> {
    let quiet = &mut Report::default();
    let spec = object.get("spec")?;
    let fields = spec.fields(quiet, &schema::UNCHECKED)?;
    let mark = quiet.mark();
    let selector = fields.get("podSelector").and_then(|cursor| selector::decode(&cursor, quiet));
    let pods = selector.filter(|_| !quiet.failed_since(mark))?;
    let types = fields.get("policyTypes").and_then(|cursor| policy_types(&cursor, quiet));
    let directions = match types {
        Some(types) => types.value.into_iter().map(|direction| direction.value).collect(),
        None if fields.get("egress").is_some_and(|rules| rules.has_items()) => Direction::BOTH.to_vec(),
        None => vec![Direction::Ingress],
    };
    Some(Selects { pods, directions })
}

fn policy_types(cursor: &Cursor<'_>, report: &mut Report) -> Option<Spanned<Vec<Spanned<Direction>>>> {
    let mut types = Vec::new();
    let mut count = 0_usize;
    for item in cursor.items(report) {
        count += 1;
        let Some(text) = item.text(report) else { continue };
        let direction = match text {
            "Ingress" => Direction::Ingress,
            "Egress" => Direction::Egress,
            _ => {
                let message = match crate::nearest::nearest(text, ["Ingress", "Egress"].into_iter()) {
                    Some(meant) => format!("{} is no policy type: write `{meant}`", quote(text)),
                    None => format!("{} is no policy type: write `Ingress` or `Egress`", quote(text)),
                };
                item.error(report, Code::PolicyTypes, message);
                if let Some(meant) = fix::only_nearest(text, ["Ingress", "Egress"].into_iter()) {
                    item.offer_word(report, meant);
                }
                continue;
            }
        };
        types.push(Spanned::new(direction, item.range()));
    }
    if count > 2 {
        cursor.error(
            report,
            Code::PolicyTypes,
            "`policyTypes` holds more than two items: name each type once",
        );
    }
    (count > 0).then(|| Spanned::new(types, cursor.range()))
}

fn rules(cursor: &Cursor<'_>, direction: Direction, report: &mut Report) -> Spanned<Vec<Rule>> {
    let rules = cursor.items(report).filter_map(|item| rule(&item, direction, report)).collect();
    Spanned::new(rules, cursor.range())
}

fn rule(cursor: &Cursor<'_>, direction: Direction, report: &mut Report) -> Option<Rule> {
    let (level, peers_field) = match direction {
        Direction::Ingress => (&schema::INGRESS_RULE, "from"),
        Direction::Egress => (&schema::EGRESS_RULE, "to"),
    };
    let fields = cursor.fields(report, level)?;
    let peers = fields.get(peers_field);
    let ports = fields.get("ports");
    Some(Rule {
        range: cursor.range(),
        peers_range: peers.map(|peers| peers.range()),
        ports_range: ports.map(|ports| ports.range()),
        ports: match &ports {
            Some(ports) => {
                ports.items(report).filter_map(|item| policy_port::decode(&item, report)).collect()
            }
            None => Vec::new(),
        },
        peers: match &peers {
            Some(peers) => peers.items(report).filter_map(|item| peer::decode(&item, report)).collect(),
            None => Vec::new(),
        },
    })
}
