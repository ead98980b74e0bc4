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

pub(crate) static GRANT_SPEC: Level = level(
    "ReferenceGrantSpec",
    &[
        field(
            "from",
            Type::List(&Type::Structure(&GRANT_FROM)),
            "Which kinds of which namespaces may refer to objects here.",
        ),
        field(
            "to",
            Type::List(&Type::Structure(&GRANT_TO)),
            "Which objects of this namespace they may refer to.",
        ),
    ],
);

pub(crate) static GRANT_FROM: Level = level(
    "ReferenceGrantFrom",
    &[
        field("group", Type::Text, "The API group of `kind`."),
        field("kind", Type::Text, "The kind that refers, such as `HTTPRoute`."),
        field("namespace", Type::Namespace, "Its namespace."),
    ],
);

pub(crate) static GRANT_TO: Level = level(
    "ReferenceGrantTo",
    &[
        field("group", Type::Text, "The API group of `kind`; empty for a Service."),
        field("kind", Type::Text, "The kind that is referred to, such as `Service`."),
        field("name", Type::Text, "Its name; every one where it is left out."),
    ],
);
