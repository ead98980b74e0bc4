//! Objects that tell who calls whom beside policies: webhooks, API services, endpoints, monitors, accounts.
//!
//! Of what stands below their outermost fields only what is read is listed, and nothing else is said to be unknown.

use super::metadata::{API_VERSION, KIND, METADATA_FIELD};
use super::{Level, PROTOCOLS, Type, field, level};

pub(crate) static WEBHOOK_CONFIGURATION: Level = level(
    "WebhookConfiguration",
    &[
        API_VERSION,
        KIND,
        METADATA_FIELD,
        field("webhooks", Type::List(&Type::Structure(&WEBHOOK)), "The webhooks that the API server calls."),
    ],
);

pub(crate) static WEBHOOK: Level = level(
    "Webhook",
    &[
        field("name", Type::Text, "The webhook's name, a domain name in full."),
        field("clientConfig", Type::Structure(&WEBHOOK_CLIENT), "Where the API server finds the webhook."),
        field(
            "failurePolicy",
            Type::Text,
            "Whether requests fail when it cannot be called: `Fail`, or `Ignore`.",
        ),
        field("rules", Type::Opaque, "Which requests it is called for."),
        field("namespaceSelector", Type::Opaque, "Of objects in which namespaces it is called."),
        field("objectSelector", Type::Opaque, "Of objects with which labels it is called."),
        field("matchConditions", Type::Opaque, "Further conditions for calling it."),
    ],
);

pub(crate) static WEBHOOK_CLIENT: Level = level(
    "WebhookClientConfig",
    &[
        field("service", Type::Structure(&SERVICE_REFERENCE), "The Service that serves the webhook."),
        field("url", Type::Text, "Where it is, if no Service serves it."),
        field("caBundle", Type::Opaque, "The certificates by which it is known."),
    ],
);

pub(crate) static SERVICE_REFERENCE: Level = level(
    "ServiceReference",
    &[
        field("namespace", Type::Namespace, "The Service's namespace."),
        field("name", Type::Text, "The Service's name."),
        field("port", Type::PortNumber, "The Service's `port`; 443 where it is left out."),
        field("path", Type::Text, "The path of the URL."),
    ],
);

pub(crate) static API_SERVICE_SPEC: Level = level(
    "APIServiceSpec",
    &[
        field("service", Type::Structure(&SERVICE_REFERENCE), "The Service that serves the API."),
        field("group", Type::Text, "The API group that is served."),
        field("version", Type::Text, "The version that is served."),
        field("caBundle", Type::Opaque, "The certificates by which the Service is known."),
    ],
);

pub(crate) static ENDPOINT_SLICE: Level = level(
    "EndpointSlice",
    &[
        API_VERSION,
        KIND,
        METADATA_FIELD,
        field("addressType", Type::Text, "`IPv4`, `IPv6` or `FQDN`."),
        field("endpoints", Type::List(&Type::Structure(&ENDPOINT)), "The addresses behind the Service."),
        field("ports", Type::List(&Type::Structure(&ENDPOINT_PORT)), "The ports of all these addresses."),
    ],
);

pub(crate) static ENDPOINT: Level = level(
    "Endpoint",
    &[
        field("addresses", Type::List(&Type::Text), "The addresses of one endpoint."),
        field("conditions", Type::Opaque, "Whether the endpoint takes connections."),
        field("targetRef", Type::Opaque, "The pod behind the endpoint."),
    ],
);

pub(crate) static ENDPOINT_PORT: Level = level(
    "EndpointPort",
    &[
        field("name", Type::Text, "The name of the Service's port."),
        field("port", Type::PortNumber, "The number on which the endpoint listens."),
        field("protocol", Type::Choice(PROTOCOLS), "TCP where it is left out."),
        field("appProtocol", Type::Text, "What is spoken over it."),
    ],
);

pub(crate) static ENDPOINTS: Level = level(
    "Endpoints",
    &[
        API_VERSION,
        KIND,
        METADATA_FIELD,
        field("subsets", Type::List(&Type::Structure(&ENDPOINT_SUBSET)), "Addresses, with their ports."),
    ],
);

pub(crate) static ENDPOINT_SUBSET: Level = level(
    "EndpointSubset",
    &[
        field("addresses", Type::List(&Type::Structure(&ENDPOINT_ADDRESS)), "The addresses that are ready."),
        field("notReadyAddresses", Type::Opaque, "The addresses that are not."),
        field("ports", Type::List(&Type::Structure(&ENDPOINT_PORT)), "The ports of these addresses."),
    ],
);

pub(crate) static ENDPOINT_ADDRESS: Level = level(
    "EndpointAddress",
    &[
        field("ip", Type::Text, "An IP address."),
        field("targetRef", Type::Opaque, "The pod behind the address."),
    ],
);

pub(crate) static SERVICE_MONITOR_SPEC: Level = level(
    "ServiceMonitorSpec",
    &[
        field("selector", Type::Structure(&super::SELECTOR), "Selects Services by their labels."),
        field("namespaceSelector", Type::Structure(&MONITOR_NAMESPACES), MONITOR_NAMESPACES_WORDS),
        field("endpoints", Type::List(&Type::Structure(&MONITOR_ENDPOINT)), "The ports that are scraped."),
    ],
);

pub(crate) static POD_MONITOR_SPEC: Level = level(
    "PodMonitorSpec",
    &[
        field("selector", Type::Structure(&super::SELECTOR), "Selects pods by their labels."),
        field("namespaceSelector", Type::Structure(&MONITOR_NAMESPACES), MONITOR_NAMESPACES_WORDS),
        field(
            "podMetricsEndpoints",
            Type::List(&Type::Structure(&MONITOR_ENDPOINT)),
            "The ports that are scraped.",
        ),
    ],
);

const MONITOR_NAMESPACES_WORDS: &str = "Where to look; in the monitor's own namespace where it is left out.";

pub(crate) static MONITOR_NAMESPACES: Level = level(
    "NamespaceSelector",
    &[
        field("any", Type::Boolean, "Whether to look in all namespaces."),
        field("matchNames", Type::List(&Type::Namespace), "The namespaces to look in."),
    ],
);

pub(crate) static MONITOR_ENDPOINT: Level = level(
    "Endpoint (monitoring)",
    &[
        field("port", Type::Text, "The name of a port."),
        field("targetPort", Type::Port, "The pod's port, by number or name."),
        field("portNumber", Type::PortNumber, "The pod's port, by number."),
        field("path", Type::Text, "The path of the metrics."),
        field("interval", Type::Text, "How often it is scraped."),
    ],
);

pub(crate) static ROLE_BINDING: Level = level(
    "RoleBinding",
    &[
        API_VERSION,
        KIND,
        METADATA_FIELD,
        field("subjects", Type::List(&Type::Structure(&BINDING_SUBJECT)), "Who gets the role."),
        field("roleRef", Type::Opaque, "The role that they get."),
    ],
);

pub(crate) static BINDING_SUBJECT: Level = level(
    "Subject",
    &[
        field("kind", Type::Text, "`ServiceAccount`, `User` or `Group`."),
        field("name", Type::Text, "The name of the subject."),
        field("namespace", Type::Namespace, "The namespace of a ServiceAccount."),
        field("apiGroup", Type::Text, "The API group of a user or group."),
    ],
);

pub(crate) static SERVICE_ACCOUNT: Level = level(
    "ServiceAccount",
    &[
        API_VERSION,
        KIND,
        METADATA_FIELD,
        field(
            "automountServiceAccountToken",
            Type::Boolean,
            "Whether pods get a token for the API server; they do where it is left out.",
        ),
        field("imagePullSecrets", Type::Opaque, "What images are pulled with."),
        field("secrets", Type::Opaque, "What pods of the account may use."),
    ],
);
