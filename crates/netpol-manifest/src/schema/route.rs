//! `gateway.networking.k8s.io` Gateway and HTTPRoute.

use super::{Level, Type, field, level};

const ROUTE_RULE_ITEMS: Type = Type::List(&Type::Structure(&ROUTE_RULE));
const ROUTE_BACKEND_ITEMS: Type = Type::List(&Type::Structure(&ROUTE_BACKEND));

pub(crate) static GATEWAY_SPEC: Level = level("", &[]);

pub(crate) static ROUTE_SPEC: Level = level(
    "HTTPRouteSpec",
    &[
        field("parentRefs", Type::Opaque, "The Gateways that serve the route."),
        field("hostnames", Type::List(&Type::Text), "The host names that the route is about."),
        field("rules", ROUTE_RULE_ITEMS, "Which requests go where."),
        field("useDefaultGateways", Type::Text, "Whether the cluster's default Gateways serve the route."),
    ],
);

pub(crate) static ROUTE_RULE: Level = level(
    "HTTPRouteRule",
    &[
        field("backendRefs", ROUTE_BACKEND_ITEMS, "The Services that get the traffic."),
        field("matches", Type::Opaque, "Which requests the rule is about; every one where it is left out."),
        field("filters", Type::Opaque, "How requests and answers are changed on the way."),
        field("name", Type::Text, "The rule's name."),
        field("timeouts", Type::Opaque, "How long to wait."),
        field("retry", Type::Opaque, "When to try again."),
        field("sessionPersistence", Type::Opaque, "Whether a client stays with one pod."),
    ],
);

pub(crate) static ROUTE_BACKEND: Level = level(
    "HTTPBackendRef",
    &[
        field("name", Type::Text, "The Service's name."),
        field("port", Type::PortNumber, "The Service's `port`."),
        field("namespace", Type::Namespace, "The Service's namespace; the route's own where it is left out."),
        field("weight", Type::Number, "How much of the traffic it gets, beside the others."),
        field("kind", Type::Text, "`Service` where it is left out."),
        field("group", Type::Text, "The API group of `kind`; empty for a Service."),
        field("filters", Type::Opaque, "How requests to this Service are changed."),
    ],
);
