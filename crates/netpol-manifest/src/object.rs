//! The parts of Kubernetes objects that network policy depends on, each value with its place.
//!
//! These types hold what was written, decoded but not interpreted: an absent list stays absent, a default that the
//! API documentation gives is not filled in here unless a field says so.

mod expectation;

use std::net::IpAddr;

use ipnet::IpNet;
use netpol_source::{ObjectRef, Spanned, TextRange};

pub use expectation::{
    ConnectivityTest, EndNames, Expectation, PodsWanted, TEST_GROUP, TEST_KIND, TestEnd, TestPort,
};

/// A protocol that a policy can name (`NetworkPolicyPort.protocol`, `ContainerPort.protocol`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// `TCP`, the default wherever a protocol may be absent.
    Tcp,
    /// `UDP`.
    Udp,
    /// `SCTP`.
    Sctp,
}

impl Protocol {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Tcp, Self::Udp, Self::Sctp];

    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }
}

/// The direction of a rule, seen from the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Connections that arrive at the subject.
    Ingress,
    /// Connections that the subject opens.
    Egress,
}

impl Direction {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Ingress, Self::Egress];
}

/// One object of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The whole object.
    pub range: TextRange,
    /// The API group, of `apiVersion`; empty for the core group.
    pub group: &'static str,
    /// `kind` as written.
    pub kind: String,
    /// `metadata`.
    pub metadata: Metadata,
    /// What is read of the rest.
    pub resource: Resource,
}

impl Object {
    /// Its name; namespaced kinds without `metadata.namespace` are in `default`.
    pub fn reference(&self) -> ObjectRef {
        let namespaced = match &self.resource {
            Resource::Namespace
            | Resource::Node(_)
            | Resource::ClusterPolicy(_)
            | Resource::Webhooks(_)
            | Resource::ApiService(_)
            | Resource::ConnectivityTest(_) => false,
            Resource::RoleBinding(_) => self.kind == "RoleBinding",
            _ => true,
        };
        ObjectRef {
            group: self.group.to_owned(),
            kind: self.kind.clone(),
            namespace: namespaced.then(|| self.namespace().to_owned()),
            name: self.metadata.name.value.clone(),
        }
    }

    /// `metadata.namespace`, `default` where absent.
    pub fn namespace(&self) -> &str {
        self.metadata.namespace.as_ref().map_or("default", |namespace| &namespace.value)
    }
}

/// What is read of an object, by kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// `Namespace`: its labels are in the metadata.
    Namespace,
    /// A pod, or anything that makes pods from a template.
    Workload(Workload),
    /// `networking.k8s.io/v1` NetworkPolicy.
    NetworkPolicy(NetworkPolicy),
    /// A cluster-scoped policy of `policy.networking.k8s.io`.
    ClusterPolicy(ClusterPolicy),
    /// `Service`.
    Service(Service),
    /// `networking.k8s.io/v1` Ingress.
    Ingress(Ingress),
    /// `gateway.networking.k8s.io` Gateway.
    Gateway,
    /// A route of `gateway.networking.k8s.io`: HTTPRoute, GRPCRoute, TLSRoute or TCPRoute.
    Route(Route),
    /// `gateway.networking.k8s.io` ReferenceGrant.
    ReferenceGrant(ReferenceGrant),
    /// `Node`.
    Node(Node),
    /// `ValidatingWebhookConfiguration` or `MutatingWebhookConfiguration`: the webhooks that a Service serves.
    Webhooks(Vec<Webhook>),
    /// `APIService`: the Service that serves the API, if it is not the API server itself.
    ApiService(Option<ServiceEndpoint>),
    /// `EndpointSlice` or `Endpoints`.
    Endpoints(Endpoints),
    /// `ServiceMonitor` or `PodMonitor` of `monitoring.coreos.com`.
    Monitor(Monitor),
    /// `RoleBinding` or `ClusterRoleBinding`: the subjects that are ServiceAccounts.
    RoleBinding(Vec<BoundAccount>),
    /// `ServiceAccount`.
    ServiceAccount(ServiceAccount),
    /// `netpol.playground/v1` ConnectivityTest.
    ConnectivityTest(Box<ConnectivityTest>),
}

/// `ObjectMeta`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// `name`, or `generateName` with a stand-in for what the server would add.
    pub name: Spanned<String>,
    /// Whether the name is such a stand-in, so that another object of this name is another object.
    pub generated: bool,
    /// `namespace`, where written.
    pub namespace: Option<Spanned<String>>,
    /// `labels`, in the order written.
    pub labels: Vec<Label>,
    /// `annotations`, in the order written.
    pub annotations: Vec<Label>,
    /// The `ownerReferences` item with `controller: true`.
    pub controller: Option<Controller>,
}

/// One key and value of a map of strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The key.
    pub key: Spanned<String>,
    /// The value.
    pub value: Spanned<String>,
}

/// The owner of a pod, ReplicaSet or Job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controller {
    /// The API group, of `apiVersion`; empty for the core group, and where it is absent.
    pub group: String,
    /// `kind`.
    pub kind: String,
    /// `name`.
    pub name: String,
}

/// What kind of object makes the pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkloadKind {
    /// A single pod.
    Pod,
    /// `apps/v1`.
    Deployment,
    /// `apps/v1`.
    ReplicaSet,
    /// `apps/v1`.
    StatefulSet,
    /// `apps/v1`.
    DaemonSet,
    /// `v1`.
    ReplicationController,
    /// `batch/v1`.
    Job,
    /// `batch/v1`.
    CronJob,
}

/// A `Pod`, or the pod template of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// The kind.
    pub kind: WorkloadKind,
    /// Labels of the pods: `metadata.labels` of a Pod, else `spec.template.metadata.labels`.
    pub labels: Vec<Label>,
    /// `containers[*].ports` and those of init containers with `restartPolicy: Always`.
    pub ports: Vec<ContainerPort>,
    /// `hostNetwork`.
    pub host_network: bool,
    /// `serviceAccountName`.
    pub service_account: Option<String>,
    /// `spec.replicas` (Job: `parallelism`), where written; always 1 for a Pod, never said of a CronJob.
    pub replicas: Option<u32>,
    /// The number of the first pod of a StatefulSet: `spec.ordinals.start`, 0 where absent and for other kinds.
    pub first_ordinal: u32,
    /// `status.phase` of a Pod is `Succeeded` or `Failed`; a Job's `status` says that it is complete or has failed.
    pub finished: bool,
    /// `status.podIP` and `status.podIPs`.
    pub pod_ips: Vec<IpAddr>,
    /// `status.hostIP` and `status.hostIPs`.
    pub host_ips: Vec<IpAddr>,
    /// `spec.nodeName`.
    pub node_name: Option<String>,
    /// What `prometheus.io` annotations of the pods ask for.
    pub scrape: Option<Scrape>,
}

/// The annotation `prometheus.io/scrape: "true"` of a pod or Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scrape {
    /// Its value.
    pub range: TextRange,
    /// `prometheus.io/port`, of the pod; every port that is declared where absent.
    pub port: Option<u16>,
}

/// `ContainerPort`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerPort {
    /// The item.
    pub range: TextRange,
    /// `name`.
    pub name: Option<String>,
    /// `containerPort`.
    pub port: u16,
    /// `protocol`, TCP where absent.
    pub protocol: Protocol,
    /// `hostPort`, which leads to the container from the addresses of its node.
    pub host_port: Option<u16>,
}

/// `NetworkPolicySpec`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkPolicy {
    /// `podSelector`; where absent, the empty selector at the place of `spec`.
    pub pod_selector: LabelSelector,
    /// `policyTypes`, where written and not null or empty.
    pub policy_types: Option<Spanned<Vec<Spanned<Direction>>>>,
    /// `ingress`, where written and not null; the range is that of the list.
    pub ingress: Option<Spanned<Vec<Rule>>>,
    /// `egress`, likewise.
    pub egress: Option<Spanned<Vec<Rule>>>,
}

/// `NetworkPolicyIngressRule` or `NetworkPolicyEgressRule`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The item.
    pub range: TextRange,
    /// `from` or `to`; an absent list and an empty one mean the same and are both empty here.
    pub peers: Vec<Peer>,
    /// The value of `from` or `to`, where written.
    pub peers_range: Option<TextRange>,
    /// `ports`; likewise.
    pub ports: Vec<PolicyPort>,
    /// The value of `ports`, where written.
    pub ports_range: Option<TextRange>,
}

/// `NetworkPolicyPeer`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// `podSelector`, `namespaceSelector` or both; at least one is there.
    Pods {
        /// The item.
        range: TextRange,
        /// `podSelector`.
        pod_selector: Option<LabelSelector>,
        /// `namespaceSelector`; absent means the policy's own namespace.
        namespace_selector: Option<LabelSelector>,
    },
    /// `ipBlock`.
    Block {
        /// The item.
        range: TextRange,
        /// `cidr`, as its network (host bits cleared).
        cidr: Spanned<IpNet>,
        /// `except`, likewise, all inside `cidr`.
        except: Vec<Spanned<IpNet>>,
    },
}

impl Peer {
    /// The item of the list.
    pub fn range(&self) -> TextRange {
        match self {
            Self::Pods { range, .. } | Self::Block { range, .. } => *range,
        }
    }
}

/// `NetworkPolicyPort`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPort {
    /// The item.
    pub range: TextRange,
    /// `protocol`, TCP where absent.
    pub protocol: Protocol,
    /// Where `protocol` is written, if it is.
    pub protocol_range: Option<TextRange>,
    /// `port` and `endPort`.
    pub port: PortMatch,
    /// Where the value of `port` is written, if it is.
    pub port_range: Option<TextRange>,
}

/// The ports that a `NetworkPolicyPort` speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PortMatch {
    /// `port` is absent: every port of the protocol.
    Any,
    /// `port` to `endPort`, both inclusive; the same twice where `endPort` is absent.
    Range(u16, u16),
    /// A port name, resolved on the destination pod.
    Name(String),
}

/// `metav1.LabelSelector`: every requirement must hold; none at all matches everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSelector {
    /// The value of the selector's field.
    pub range: TextRange,
    /// `matchLabels` as `In` with one value, then `matchExpressions`.
    pub requirements: Vec<Requirement>,
}

/// One entry of `matchLabels` or `matchExpressions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The entry.
    pub range: TextRange,
    /// The label's key.
    pub key: String,
    /// The operator.
    pub operator: Operator,
    /// The values in the order written; empty for `Exists` and `DoesNotExist`.
    pub values: Vec<String>,
    /// Whether the entry stands under `matchLabels`.
    pub from_match_labels: bool,
}

/// `LabelSelectorRequirement.operator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// The label is there and has one of the values.
    In,
    /// The label is absent or has none of the values.
    NotIn,
    /// The label is there.
    Exists,
    /// The label is absent.
    DoesNotExist,
}

/// `ServiceSpec` and what of its status says how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// `type`, `ClusterIP` where absent.
    pub service_type: ServiceType,
    /// `selector`, where written: every pair must hold.
    pub selector: Option<Vec<Label>>,
    /// `ports`.
    pub ports: Vec<ServicePort>,
    /// `externalIPs`.
    pub external_ips: Vec<IpAddr>,
    /// `loadBalancerSourceRanges`: the only addresses that a load balancer lets through; none for all.
    pub source_ranges: Vec<IpNet>,
    /// `clusterIP` and `clusterIPs`; empty for a headless Service.
    pub cluster_ips: Vec<IpAddr>,
    /// What its `prometheus.io` annotations ask for of the pods behind it.
    pub scrape: Option<Scrape>,
}

/// `ServiceSpec.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceType {
    /// Inside the cluster only.
    ClusterIp,
    /// On a port of every node.
    NodePort,
    /// Behind a load balancer.
    LoadBalancer,
    /// A DNS alias.
    ExternalName,
}

/// `ServicePort`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// The item.
    pub range: TextRange,
    /// `name`.
    pub name: Option<String>,
    /// `protocol`, TCP where absent.
    pub protocol: Protocol,
    /// `port`.
    pub port: u16,
    /// `targetPort`; the same as `port` where absent.
    pub target: PortTarget,
}

/// `IntOrString` of a target or backend port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortTarget {
    /// A number.
    Number(u16),
    /// A name.
    Name(String),
}

/// `Ingress`: the Services that it publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingress {
    /// `spec.defaultBackend` and `spec.rules[*].http.paths[*].backend`.
    pub backends: Vec<Backend>,
}

/// A route through a Gateway: the Services that it publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// `spec.rules[*].backendRefs` of kind Service.
    pub backends: Vec<Backend>,
}

/// `ReferenceGrant`: who may name objects of its namespace from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceGrant {
    /// `spec.from`.
    pub from: Vec<GrantedKind>,
    /// `spec.to`.
    pub to: Vec<GrantedKind>,
}

/// `ReferenceGrantFrom` or `ReferenceGrantTo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantedKind {
    /// `group`; empty for the core group.
    pub group: String,
    /// `kind`.
    pub kind: String,
    /// The `namespace` from which, or the `name` of the object to which; every name where absent.
    pub name: Option<String>,
}

/// A Service, as an Ingress or a route names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// The backend.
    pub range: TextRange,
    /// Its namespace where the reference names one; the object's own otherwise.
    pub namespace: Option<String>,
    /// The Service.
    pub service: String,
    /// Its port.
    pub port: Option<PortTarget>,
}

/// `Node`: labels are in the metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// `status.addresses` that are IP addresses.
    pub addresses: Vec<IpAddr>,
}

/// The spec of a cluster-scoped policy of `policy.networking.k8s.io`: `AdminNetworkPolicy` or
/// `BaselineAdminNetworkPolicy` of v1alpha1, `ClusterNetworkPolicy` of v1alpha2 and v1beta1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterPolicy {
    /// Which kind it is.
    pub kind: ClusterPolicyKind,
    /// `tier`; of the kinds of v1alpha1 the one that the kind itself stands for, at the place of `spec`.
    pub tier: Spanned<ClusterTier>,
    /// `priority`, 0-1000, lower ones first; a BaselineAdminNetworkPolicy has none.
    pub priority: Option<Spanned<u16>>,
    /// `subject`.
    pub subject: NamespacedPods,
    /// `ingress`, in the order written; a policy without rules of a direction has no effect in it.
    pub ingress: Vec<ClusterRule>,
    /// `egress`, likewise.
    pub egress: Vec<ClusterRule>,
}

/// The kinds of cluster-scoped policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClusterPolicyKind {
    /// `AdminNetworkPolicy`, v1alpha1.
    Admin,
    /// `BaselineAdminNetworkPolicy`, v1alpha1.
    BaselineAdmin,
    /// `ClusterNetworkPolicy`, v1alpha2 or v1beta1.
    Cluster,
}

impl ClusterPolicyKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Admin, Self::BaselineAdmin, Self::Cluster];

    /// `kind`, as the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "AdminNetworkPolicy",
            Self::BaselineAdmin => "BaselineAdminNetworkPolicy",
            Self::Cluster => "ClusterNetworkPolicy",
        }
    }
}

/// `ClusterNetworkPolicySpec.tier`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClusterTier {
    /// Before every NetworkPolicy.
    Admin,
    /// Where no NetworkPolicy selects the pod.
    Baseline,
}

/// A subject, or a peer of pods: `namespaces`, or `pods`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespacedPods {
    /// The value of the field.
    pub range: TextRange,
    /// `namespaces`, or `pods.namespaceSelector`.
    pub namespaces: LabelSelector,
    /// `pods.podSelector`; `None` for `namespaces`.
    pub pods: Option<LabelSelector>,
}

/// An ingress or egress rule of a cluster-scoped policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterRule {
    /// The item.
    pub range: TextRange,
    /// `name`.
    pub name: Option<Spanned<String>>,
    /// `action`.
    pub action: Spanned<ClusterAction>,
    /// `from` or `to`: at least one.
    pub peers: Vec<ClusterPeer>,
    /// `ports` of v1alpha1, `protocols` of the others; `None` for every port of every protocol.
    pub ports: Option<Spanned<Vec<ClusterPort>>>,
}

/// What a rule does with what it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClusterAction {
    /// `Allow` in v1alpha1, `Accept` in the others.
    Allow,
    /// `Deny`.
    Deny,
    /// `Pass`: on to the next tier.
    Pass,
}

/// One item of `from` or `to`; exactly one field of it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusterPeer {
    /// `namespaces` or `pods`.
    Pods {
        /// The item.
        range: TextRange,
        /// Which.
        pods: NamespacedPods,
    },
    /// `nodes`.
    Nodes {
        /// The item.
        range: TextRange,
        /// Selects nodes.
        selector: LabelSelector,
    },
    /// `networks`.
    Networks {
        /// The item.
        range: TextRange,
        /// The CIDRs, as their networks (host bits cleared).
        networks: Vec<Spanned<IpNet>>,
    },
    /// `domainNames`.
    DomainNames {
        /// The item.
        range: TextRange,
        /// The names in lower case and without a final dot; `*.` in front stands for one or more labels.
        names: Vec<Spanned<String>>,
    },
    /// A field that is not known: the rule fails closed. One of `Allow` matches nothing; of `Deny` or `Pass` it denies
    /// everything.
    Unknown {
        /// The item.
        range: TextRange,
        /// The name of the field.
        field: Spanned<String>,
    },
}

impl ClusterPeer {
    /// The item of the list.
    pub fn range(&self) -> TextRange {
        match self {
            Self::Pods { range, .. }
            | Self::Nodes { range, .. }
            | Self::Networks { range, .. }
            | Self::DomainNames { range, .. }
            | Self::Unknown { range, .. } => *range,
        }
    }
}

/// One item of `ports` or `protocols`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterPort {
    /// The item.
    pub range: TextRange,
    /// The ports.
    pub port: ClusterPortMatch,
}

/// The ports that an item of `ports` or `protocols` speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClusterPortMatch {
    /// The first and the last port of a protocol, both inclusive; all of them where none is said.
    Range(Protocol, u16, u16),
    /// `namedPort` or `destinationNamedPort`, of whichever protocol the pod declares.
    Name(String),
}

/// A webhook of a configuration that a Service serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// `name`.
    pub name: String,
    /// Whether requests fail when it cannot be reached: `failurePolicy`, `Fail` where absent.
    pub fails: bool,
    /// `clientConfig.service`.
    pub service: ServiceEndpoint,
}

/// A port of a Service that the API server calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceEndpoint {
    /// Where it is named.
    pub range: TextRange,
    /// `namespace`.
    pub namespace: String,
    /// `name`.
    pub name: String,
    /// `port`, 443 where absent.
    pub port: u16,
}

/// The addresses behind a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// The Service: the label `kubernetes.io/service-name` of an EndpointSlice, the name of an Endpoints object.
    pub service: Option<String>,
    /// The addresses of each subset with its ports; of an EndpointSlice there is one.
    pub subsets: Vec<EndpointSubset>,
}

/// Addresses that all serve the same ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointSubset {
    /// The addresses that are IP addresses, each once.
    pub addresses: Vec<IpAddr>,
    /// The ports; one that is left out stands for any and is not listed.
    pub ports: Vec<(Protocol, u16)>,
}

/// `ServiceMonitor` or `PodMonitor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monitor {
    /// Whether it selects pods, and not Services.
    pub of_pods: bool,
    /// `selector`.
    pub selector: LabelSelector,
    /// `namespaceSelector`.
    pub namespaces: MonitoredNamespaces,
    /// `endpoints` or `podMetricsEndpoints`: the ports that are scraped.
    pub ports: Vec<MonitoredPort>,
}

/// Where a monitor looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MonitoredNamespaces {
    /// In its own namespace.
    Own,
    /// In all of them: `any: true`.
    Any,
    /// In these: `matchNames`.
    Named(Vec<String>),
}

/// A port that a monitor names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitoredPort {
    /// The item.
    pub range: TextRange,
    /// The port.
    pub port: MonitoredPortName,
}

/// How a monitor names a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MonitoredPortName {
    /// `port`: the name of a port of the Service, or of the pod for a PodMonitor.
    Name(String),
    /// `targetPort` or `portNumber`: a port of the pod.
    Target(PortTarget),
}

/// A subject of a binding that is a ServiceAccount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundAccount {
    /// The item.
    pub range: TextRange,
    /// The namespace; the binding's own where none is named.
    pub namespace: String,
    /// The name.
    pub name: String,
}

/// `ServiceAccount`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccount {
    /// `automountServiceAccountToken`, where written.
    pub automounts: Option<bool>,
}
