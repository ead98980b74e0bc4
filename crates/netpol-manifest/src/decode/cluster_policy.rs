//! The cluster-scoped policies of `policy.networking.k8s.io`, as their custom resource definitions validate them.

use netpol_source::{Code, Spanned};

use super::cluster_peer;
use super::cluster_port::Notation;
use super::counts::{at_least_one, within};
use crate::cursor::{Cursor, Fields};
use crate::fix;
use crate::object::{
    ClusterAction, ClusterPeer, ClusterPolicy, ClusterPolicyKind, ClusterPort, ClusterPortMatch, ClusterRule,
    ClusterTier, Direction, Metadata, Resource,
};
use crate::report::{Report, quote, shorten};
use crate::schema::{self, Choice, Level};
use crate::yaml::Value;

/// The highest `priority`.
const LAST_PRIORITY: u16 = 1000;

/// Characters that `name` of a rule may have.
const LONGEST_NAME: usize = 100;

/// What the kinds differ in.
#[derive(Debug)]
struct Schema {
    kind: ClusterPolicyKind,
    /// Before the name of the kind.
    article: &'static str,
    spec: &'static Level,
    subject: &'static Level,
    ingress: RuleSchema,
    egress: RuleSchema,
    actions: &'static [Choice],
    /// Items that lists of rules, peers and ports may have.
    most: usize,
    ports: Notation,
}

#[derive(Debug)]
struct RuleSchema {
    rule: &'static Level,
    peers: &'static str,
    peer: &'static Level,
}

static ADMIN: Schema = Schema {
    kind: ClusterPolicyKind::Admin,
    article: "an",
    spec: &schema::ADMIN_SPEC,
    subject: &schema::ADMIN_SUBJECT,
    ingress: RuleSchema {
        rule: &schema::ADMIN_INGRESS_RULE,
        peers: "from",
        peer: &schema::ADMIN_INGRESS_PEER,
    },
    egress: RuleSchema { rule: &schema::ADMIN_EGRESS_RULE, peers: "to", peer: &schema::ADMIN_EGRESS_PEER },
    actions: schema::ADMIN_ACTIONS,
    most: 100,
    ports: Notation::Ports,
};

static BASELINE: Schema = Schema {
    kind: ClusterPolicyKind::BaselineAdmin,
    article: "a",
    spec: &schema::BASELINE_SPEC,
    subject: &schema::ADMIN_SUBJECT,
    ingress: RuleSchema {
        rule: &schema::BASELINE_INGRESS_RULE,
        peers: "from",
        peer: &schema::ADMIN_INGRESS_PEER,
    },
    egress: RuleSchema {
        rule: &schema::BASELINE_EGRESS_RULE,
        peers: "to",
        peer: &schema::BASELINE_EGRESS_PEER,
    },
    actions: schema::BASELINE_ACTIONS,
    most: 100,
    ports: Notation::Ports,
};

static CLUSTER: Schema = Schema {
    kind: ClusterPolicyKind::Cluster,
    article: "a",
    spec: &schema::CLUSTER_SPEC,
    subject: &schema::CLUSTER_SUBJECT,
    ingress: RuleSchema {
        rule: &schema::CLUSTER_INGRESS_RULE,
        peers: "from",
        peer: &schema::CLUSTER_INGRESS_PEER,
    },
    egress: RuleSchema {
        rule: &schema::CLUSTER_EGRESS_RULE,
        peers: "to",
        peer: &schema::CLUSTER_EGRESS_PEER,
    },
    actions: schema::CLUSTER_ACTIONS,
    most: 25,
    ports: Notation::Protocols,
};

/// `AdminNetworkPolicy`.
pub(super) fn admin(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    policy(object, &ADMIN, report)
}

/// `BaselineAdminNetworkPolicy`: there is one, named `default`.
pub(super) fn baseline_admin(
    object: &Fields<'_>,
    metadata: &Metadata,
    report: &mut Report,
) -> Option<Resource> {
    if metadata.name.value != "default"
        && let Some(cursor) = object.get("metadata")
        && let Some(fields) = cursor.fields(&mut Report::default(), &schema::UNCHECKED)
        && let Some(name) = fields
            .get("name")
            .filter(|name| !matches!(name.value(), Value::Text(text) if text.is_empty()))
            .or_else(|| fields.get("generateName"))
    {
        let message = format!(
            "{} is no name for a BaselineAdminNetworkPolicy: a cluster has only one, with `metadata.name=\"default\"`, so \
             write `default`, and put all rules into that one",
            quote(&metadata.name.value)
        );
        name.error(report, Code::InvalidName, message);
        if !metadata.generated {
            name.offer_word(report, "default");
        }
    }
    policy(object, &BASELINE, report)
}

/// `ClusterNetworkPolicy`.
pub(super) fn cluster(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    policy(object, &CLUSTER, report)
}

fn policy(object: &Fields<'_>, schema: &Schema, report: &mut Report) -> Option<Resource> {
    let Some(spec) = object.get("spec") else {
        let message = format!("`spec` is missing: {} {} needs one", schema.article, schema.kind.as_str());
        object.cursor().missing(report, "spec", Code::MissingField, message);
        return None;
    };
    let fields = spec.fields(report, schema.spec)?;
    let tier = match schema.kind {
        ClusterPolicyKind::Admin => Some(Spanned::new(ClusterTier::Admin, spec.visible_range())),
        ClusterPolicyKind::BaselineAdmin => Some(Spanned::new(ClusterTier::Baseline, spec.visible_range())),
        ClusterPolicyKind::Cluster => tier(&spec, &fields, report),
    };
    let priority = match schema.kind {
        ClusterPolicyKind::BaselineAdmin => None,
        ClusterPolicyKind::Admin | ClusterPolicyKind::Cluster => priority(&spec, &fields, report),
    };
    let subject = match fields.get("subject") {
        Some(cursor) => cluster_peer::subject(&cursor, schema.subject, report),
        None => {
            let message = "`subject` is missing: say which pods the policy is about, with `namespaces` or `pods`; \
                           `subject: {namespaces: {}}` is every pod";
            spec.missing(report, "subject", Code::MissingField, message);
            None
        }
    };
    let ingress = rules(&fields, schema, Direction::Ingress, report);
    let egress = rules(&fields, schema, Direction::Egress, report);
    let policy =
        ClusterPolicy { kind: schema.kind, tier: tier?, priority, subject: subject?, ingress, egress };
    Some(Resource::ClusterPolicy(policy))
}

fn tier(spec: &Cursor<'_>, fields: &Fields<'_>, report: &mut Report) -> Option<Spanned<ClusterTier>> {
    let Some(cursor) = fields.get("tier") else {
        spec.missing(
            report,
            "tier",
            Code::MissingField,
            "`tier` is missing: write `tier: Admin` or `tier: Baseline`",
        );
        return None;
    };
    let text = cursor.text(report)?;
    let tier = match text {
        "Admin" => ClusterTier::Admin,
        "Baseline" => ClusterTier::Baseline,
        _ => {
            unsupported(&cursor, "tier", text, &["Admin", "Baseline"], None, report);
            return None;
        }
    };
    Some(Spanned::new(tier, cursor.visible_range()))
}

fn priority(spec: &Cursor<'_>, fields: &Fields<'_>, report: &mut Report) -> Option<Spanned<u16>> {
    let Some(cursor) = fields.get("priority") else {
        let message = "`priority` is missing: write a number from 0 to 1000; of two policies, that with the lower one comes \
                       first";
        spec.missing(report, "priority", Code::MissingField, message);
        return None;
    };
    let number = cursor.integer(report)?;
    let found = u16::try_from(number).ok().filter(|priority| *priority <= LAST_PRIORITY);
    if found.is_none() {
        let bound = if number < 0 { "greater than or equal to 0" } else { "less than or equal to 1000" };
        let message =
            format!("`{number}` is no priority, as that should be {bound}: write a number from 0 to 1000");
        cursor.error(report, Code::PriorityOutOfRange, message);
    }
    Some(Spanned::new(found?, cursor.visible_range()))
}

/// Reports a word that is none of those that a field takes, in the words of the API server.
fn unsupported(
    cursor: &Cursor<'_>,
    what: &str,
    text: &str,
    supported: &[&str],
    meant: Option<&str>,
    report: &mut Report,
) {
    let written = quote(text);
    let list: Vec<String> = supported.iter().map(|word| format!("\"{word}\"")).collect();
    let value = shorten(text);
    let near = meant.or_else(|| crate::nearest::nearest(text, supported.iter().copied()));
    let advice = match near {
        Some(meant) => format!("write `{meant}`"),
        None => "write one of them".to_owned(),
    };
    let message = format!(
        "{written} is no {what} here (Unsupported value: \"{value}\": supported values: {}): {advice}",
        list.join(", ")
    );
    cursor.error(report, Code::UnsupportedValue, message);
    if let Some(meant) = meant.or_else(|| fix::only_nearest(text, supported.iter().copied())) {
        cursor.offer_word(report, meant);
    }
}

fn rules(
    fields: &Fields<'_>,
    schema: &Schema,
    direction: Direction,
    report: &mut Report,
) -> Vec<ClusterRule> {
    let name = match direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    };
    let Some(cursor) = fields.get(name) else { return Vec::new() };
    let most = within(&cursor, schema.most, report);
    let items = cursor.items(report).take(most);
    items.filter_map(|item| rule(&item, schema, direction, report)).collect()
}

fn rule(
    cursor: &Cursor<'_>,
    schema: &Schema,
    direction: Direction,
    report: &mut Report,
) -> Option<ClusterRule> {
    let RuleSchema { rule, peers, peer } = match direction {
        Direction::Ingress => &schema.ingress,
        Direction::Egress => &schema.egress,
    };
    let fields = cursor.fields(report, rule)?;
    let name = fields.get("name").and_then(|cursor| rule_name(&cursor, report));
    let action = match fields.get("action") {
        Some(cursor) => action(&cursor, schema, report),
        None => {
            let words: Vec<String> =
                schema.actions.iter().map(|choice| format!("`{}`", choice.value)).collect();
            let message = format!("`action` is missing: write one of {}", words.join(", "));
            cursor.missing(report, "action", Code::MissingField, message);
            None
        }
    };
    let peers = peers_of(cursor, &fields, peers, peer, schema, report);
    schema.ports.offer(&fields, report);
    let ports = fields.get(schema.ports.field()).map(|list| {
        let ports = ports_of(&list, schema, report);
        named_ports_of_addresses(&list, &peers, &ports.value, report);
        ports
    });
    Some(ClusterRule { range: cursor.range(), name, action: action?, peers, ports })
}

fn rule_name(cursor: &Cursor<'_>, report: &mut Report) -> Option<Spanned<String>> {
    let name = cursor.spanned_text(report)?;
    if name.value.chars().count() > LONGEST_NAME {
        let message = "the name of a rule may not be more than 100 characters long: write a shorter one";
        cursor.error(report, Code::TooLong, message);
    }
    Some(name)
}

fn action(cursor: &Cursor<'_>, schema: &Schema, report: &mut Report) -> Option<Spanned<ClusterAction>> {
    let text = cursor.text(report)?;
    let action = match text {
        _ if schema.actions.iter().all(|choice| choice.value != text) => None,
        "Allow" | "Accept" => Some(ClusterAction::Allow),
        "Deny" => Some(ClusterAction::Deny),
        "Pass" => Some(ClusterAction::Pass),
        _ => None,
    };
    let Some(action) = action else {
        let supported: Vec<&str> = schema.actions.iter().map(|choice| choice.value).collect();
        // What the other versions call it.
        let meant = match text.to_ascii_lowercase().as_str() {
            "allow" | "accept" => supported.first().copied(),
            _ => None,
        };
        unsupported(cursor, "action", text, &supported, meant, report);
        return None;
    };
    Some(Spanned::new(action, cursor.visible_range()))
}

fn peers_of(
    cursor: &Cursor<'_>,
    fields: &Fields<'_>,
    name: &'static str,
    level: &'static Level,
    schema: &Schema,
    report: &mut Report,
) -> Vec<ClusterPeer> {
    let Some(list) = fields.get(name) else {
        let message = format!(
            "`{name}` is missing: say at least one peer; `{name}: [{{namespaces: {{}}}}]` is every pod of the cluster"
        );
        cursor.missing(report, name, Code::MissingField, message);
        return Vec::new();
    };
    at_least_one(&list, report);
    let most = within(&list, schema.most, report);
    let items = list.items(report).take(most);
    items.filter_map(|item| cluster_peer::decode(&item, level, report)).collect()
}

fn ports_of(cursor: &Cursor<'_>, schema: &Schema, report: &mut Report) -> Spanned<Vec<ClusterPort>> {
    if matches!(cursor.value(), Value::List(items) if items.is_empty()) {
        let message = format!(
            "{} should have at least 1 items: name a port, or leave the field out for every port",
            cursor.name()
        );
        cursor.error(report, Code::MissingField, message);
    }
    let most = within(cursor, schema.most, report);
    let ports =
        cursor.items(report).take(most).filter_map(|item| schema.ports.decode(&item, report)).collect();
    Spanned::new(ports, cursor.range())
}

/// Of a rule with a named port, warns where it has peers by address: the experimental definitions refuse that, and with
/// the others it matches nothing.
fn named_ports_of_addresses(
    list: &Cursor<'_>,
    peers: &[ClusterPeer],
    ports: &[ClusterPort],
    report: &mut Report,
) {
    let is_by_address = |peer: &ClusterPeer| match peer {
        ClusterPeer::Nodes { .. } | ClusterPeer::Networks { .. } | ClusterPeer::DomainNames { .. } => true,
        ClusterPeer::Pods { .. } | ClusterPeer::Unknown { .. } => false,
    };
    let is_named = |port: &ClusterPort| matches!(port.port, ClusterPortMatch::Name(_));
    if ports.iter().any(is_named) && peers.iter().any(is_by_address) {
        let message = "a named port matches nothing at `networks`, `nodes` and `domainNames`, which have no named ports, and \
                       the experimental version of the API refuses the rule: write a number, or a rule of their own";
        list.warning(report, Code::NamedPortWithoutPods, message);
    }
}
