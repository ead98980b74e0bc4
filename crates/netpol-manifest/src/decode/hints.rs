//! Fields that people put at the wrong level, and where they belong.

use super::known;

/// Where a field that does not exist at a level belongs; levels are told by their known fields.
pub(crate) fn misplaced(level: &[&'static str], field: &str) -> Option<&'static str> {
    let hints: &[(&str, &'static str)] = if level == known::OBJECT {
        &[
            ("name", "it belongs under `metadata`"),
            ("namespace", "it belongs under `metadata`"),
            ("labels", "it belongs under `metadata`"),
            ("podSelector", "it belongs under `spec`"),
            ("policyTypes", "it belongs under `spec`"),
            ("ingress", "it belongs under `spec`"),
            ("egress", "it belongs under `spec`"),
            ("template", "it belongs under `spec`"),
            ("selector", "it belongs under `spec`"),
        ]
    } else if level == known::METADATA {
        &[
            ("podSelector", "it belongs under `spec`, not under `metadata`"),
            ("selector", "it belongs under `spec`, not under `metadata`"),
            ("app", "labels belong under `metadata.labels`"),
            ("spec", "move it left, beside `metadata`"),
        ]
    } else if level == known::POLICY_SPEC {
        &[
            ("from", "it belongs under `ingress`, as `- from:`"),
            ("to", "it belongs under `egress`, as `- to:`"),
            ("ports", "it belongs to a rule under `ingress` or `egress`"),
            ("matchLabels", "it belongs under `podSelector`"),
            ("selector", "the subjects of a policy stand under `podSelector`"),
            ("namespaceSelector", "a policy acts on its own namespace only: set `metadata.namespace`"),
            ("namespace", "it belongs under `metadata`"),
            ("types", "write `policyTypes`"),
        ]
    } else if level == known::INGRESS_RULE {
        &[
            ("to", "rules under `ingress` have `from`; `to` belongs to rules under `egress`"),
            ("podSelector", "peers are items below `from:`"),
            ("namespaceSelector", "peers are items below `from:`"),
            ("ipBlock", "peers are items below `from:`"),
            ("port", "ports are items below `ports:`"),
            ("protocol", "it belongs to an item below `ports:`"),
        ]
    } else if level == known::EGRESS_RULE {
        &[
            ("from", "rules under `egress` have `to`; `from` belongs to rules under `ingress`"),
            ("podSelector", "peers are items below `to:`"),
            ("namespaceSelector", "peers are items below `to:`"),
            ("ipBlock", "peers are items below `to:`"),
            ("port", "ports are items below `ports:`"),
            ("protocol", "it belongs to an item below `ports:`"),
        ]
    } else if level == known::PEER {
        &[
            ("ports", "move it left, beside `from` or `to`"),
            ("matchLabels", "it belongs under `podSelector` or `namespaceSelector`"),
            ("matchExpressions", "it belongs under `podSelector` or `namespaceSelector`"),
            ("cidr", "it belongs under `ipBlock`"),
            ("except", "it belongs under `ipBlock`"),
            ("namespace", "choose namespaces by label, with `namespaceSelector`"),
        ]
    } else if level == known::POLICY_PORT {
        &[
            ("from", "move it left, beside `ports`"),
            ("to", "move it left, beside `ports`"),
            ("targetPort", "policies speak of the container's port: write `port`"),
            ("containerPort", "write `port`"),
            ("name", "a port's name goes into `port` too"),
        ]
    } else if level == known::CONTAINER_PORT {
        &[("port", "write `containerPort`"), ("targetPort", "write `containerPort`")]
    } else if level == known::SERVICE_PORT {
        &[("containerPort", "write `targetPort` for the container's port")]
    } else if level == known::INGRESS_BACKEND {
        &[
            ("serviceName", "since `networking.k8s.io/v1` write `service: {name: …, port: {number: …}}`"),
            ("servicePort", "since `networking.k8s.io/v1` write `service: {name: …, port: {number: …}}`"),
        ]
    } else if level == known::TEMPLATE {
        &[("labels", "it belongs under `metadata`"), ("containers", "it belongs under `spec`")]
    } else {
        &[]
    };
    hints.iter().find(|(name, _)| *name == field).map(|(_, hint)| *hint)
}

/// What to say of a field that is like no other.
pub(crate) fn elsewhere(level: &[&'static str]) -> &'static str {
    // A bare label is by far the commonest mistake in a selector.
    if level == known::SELECTOR {
        "labels belong under `matchLabels`"
    } else {
        "Kubernetes ignores or refuses it, so remove it"
    }
}
