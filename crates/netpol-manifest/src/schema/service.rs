//! `Service` and `Ingress`.

use super::{Choice, Field, Level, PROTOCOLS, Type, choice, field, level};

const SERVICE_PORT_ITEMS: Type = Type::List(&Type::Structure(&SERVICE_PORT));
const INGRESS_HOST_ITEMS: Type = Type::List(&Type::Structure(&INGRESS_HOST));
const INGRESS_PATH_ITEMS: Type = Type::List(&Type::Structure(&INGRESS_PATH));

pub(crate) static SERVICE_SPEC: Level = level("ServiceSpec", SERVICE_FIELDS);

const SERVICE_FIELDS: &[Field] = &[
    field(
        "selector",
        Type::Labels,
        "The pods behind the Service: those of its namespace that have all of these labels.",
    ),
    field("ports", SERVICE_PORT_ITEMS, "The ports under which the Service is reached."),
    field(
        "type",
        Type::Choice(SERVICE_TYPES),
        "From where the Service can be reached; `ClusterIP` where it is left out.",
    ),
    field(
        "clusterIP",
        Type::Text,
        "The Service's virtual address; `None` for a headless Service, whose name resolves to the pods.",
    ),
    field("clusterIPs", Type::List(&Type::Text), "The virtual addresses, one of each IP family."),
    field(
        "externalIPs",
        Type::List(&Type::Text),
        "Addresses outside the cluster's care that lead to the Service too.",
    ),
    field("externalName", Type::Text, "The DNS name that a Service of type `ExternalName` stands for."),
    field(
        "externalTrafficPolicy",
        Type::Choice(TRAFFIC),
        "Whether traffic from outside keeps its source address (`Local`) or may hop between nodes (`Cluster`).",
    ),
    field(
        "internalTrafficPolicy",
        Type::Choice(TRAFFIC),
        "Whether traffic from inside goes to pods of the same node only.",
    ),
    field(
        "loadBalancerSourceRanges",
        Type::List(&Type::Cidr),
        "The addresses from which the load balancer accepts traffic.",
    ),
    field("trafficDistribution", Type::Text, "Which of the pods behind the Service are preferred."),
    field(
        "allocateLoadBalancerNodePorts",
        Type::Boolean,
        "Whether a load balancer's ports are opened on every node too.",
    ),
    field(
        "healthCheckNodePort",
        Type::Number,
        "The port of every node at which load balancers ask for its health.",
    ),
    field("ipFamilies", Type::Opaque, "The IP families of the Service's addresses."),
    field("ipFamilyPolicy", Type::Text, "Whether the Service has addresses of one or of two IP families."),
    field("loadBalancerClass", Type::Text, "Which implementation serves a Service of type `LoadBalancer`."),
    field("loadBalancerIP", Type::Text, "The address that is asked of the load balancer; outdated."),
    field("publishNotReadyAddresses", Type::Boolean, "Whether pods that are not ready are found too."),
    field("sessionAffinity", Type::Text, "Whether a client stays with one pod."),
    field("sessionAffinityConfig", Type::Opaque, "For how long a client stays with one pod."),
    field("topologyKeys", Type::Opaque, "No longer in use."),
];

const SERVICE_TYPES: &[Choice] = &[
    choice("ClusterIP", "Inside the cluster only."),
    choice("NodePort", "On a port of every node, and so from outside."),
    choice("LoadBalancer", "Behind a load balancer outside the cluster."),
    choice("ExternalName", "A DNS alias; no traffic passes through it."),
];

const TRAFFIC: &[Choice] = &[
    choice("Cluster", "Pods of every node."),
    choice("Local", "Pods of the node that the traffic reached."),
];

pub(crate) static SERVICE_PORT: Level = Level {
    misplaced: &[("containerPort", "write `targetPort` for the container's port")],
    ..level(
        "ServicePort",
        &[
            field(
                "port",
                Type::PortNumber,
                "The number under which the Service is reached; policies see `targetPort` instead.",
            ),
            field(
                "targetPort",
                Type::Port,
                "The container's port, as a number or a name; the same as `port` where it is left out.",
            ),
            field("protocol", Type::Choice(PROTOCOLS), "`TCP` where it is left out."),
            field("name", Type::Text, "The port's name; needed where the Service has several ports."),
            field("nodePort", Type::PortNumber, "The port that is opened on every node."),
            field("appProtocol", Type::Text, "A hint at what is spoken on the port."),
        ],
    )
};

pub(crate) static INGRESS_SPEC: Level = level(
    "IngressSpec",
    &[
        field("rules", INGRESS_HOST_ITEMS, "Which host and path leads to which Service."),
        field("defaultBackend", Type::Structure(&INGRESS_BACKEND), "The Service for what no rule matches."),
        field("ingressClassName", Type::Text, "Which controller serves the Ingress."),
        field("tls", Type::Opaque, "The certificates."),
    ],
);

pub(crate) static INGRESS_HOST: Level = level(
    "IngressRule",
    &[
        field("host", Type::Text, "The host name that the rule is about; every host where it is left out."),
        field("http", Type::Structure(&INGRESS_HTTP), "The paths of the host."),
    ],
);

pub(crate) static INGRESS_HTTP: Level = level(
    "HTTPIngressRuleValue",
    &[field("paths", INGRESS_PATH_ITEMS, "The paths, each with the Service it leads to.")],
);

pub(crate) static INGRESS_PATH: Level = level(
    "HTTPIngressPath",
    &[
        field("path", Type::Text, "The path, beginning with `/`."),
        field("pathType", Type::Choice(PATH_TYPES), "How the path is compared."),
        field("backend", Type::Structure(&INGRESS_BACKEND), "The Service that gets the traffic."),
    ],
);

const PATH_TYPES: &[Choice] = &[
    choice("Prefix", "The path and everything below it."),
    choice("Exact", "Only this path."),
    choice("ImplementationSpecific", "As the controller likes."),
];

pub(crate) static INGRESS_BACKEND: Level = Level {
    misplaced: &[
        ("serviceName", "since `networking.k8s.io/v1` write `service: {name: …, port: {number: …}}`"),
        ("servicePort", "since `networking.k8s.io/v1` write `service: {name: …, port: {number: …}}`"),
    ],
    ..level(
        "IngressBackend",
        &[
            field("service", Type::Structure(&INGRESS_SERVICE), "A Service of the Ingress's namespace."),
            field("resource", Type::Opaque, "An object of another kind."),
        ],
    )
};

pub(crate) static INGRESS_SERVICE: Level = level(
    "IngressServiceBackend",
    &[
        field("name", Type::Text, "The Service's name."),
        field("port", Type::Structure(&INGRESS_PORT), "The Service's port, by number or by name."),
    ],
);

pub(crate) static INGRESS_PORT: Level = level(
    "ServiceBackendPort",
    &[
        field("number", Type::PortNumber, "The Service's `port`; not together with `name`."),
        field("name", Type::PortName, "The name of the Service's port; not together with `number`."),
    ],
);
