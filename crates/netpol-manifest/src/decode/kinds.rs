//! The kinds that are read, and the `apiVersion`s that go with them.

use super::{
    Decode, account, called, cluster_policy, connectivity_test, ingress, monitor, namespace, network_policy,
    node, route, service, workload,
};
use crate::object::{TEST_GROUP, TEST_KIND};
use crate::schema::{self, Level};
use crate::validate::NameRule;

/// Whether objects of a kind live in a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Namespaced,
    Cluster,
}

/// A kind that is read.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// The accepted ones; the first is what to write.
    pub(super) api_versions: &'static [&'static str],
    pub(super) scope: Scope,
    pub(super) name_rule: NameRule,
    pub(super) decode: Decode,
    /// Its outermost fields.
    pub(crate) object: &'static Level,
    /// The fields under `spec`.
    pub(crate) spec: &'static Level,
    /// What it is, in a sentence.
    pub(crate) documentation: &'static str,
}

impl Kind {
    /// Its API group; empty for the core group.
    pub(super) fn group(&self) -> &'static str {
        group_of(self.api_version())
    }

    /// Whether it is a cluster-scoped policy of `policy.networking.k8s.io`, whose versions come and go.
    fn is_custom(&self) -> bool {
        self.group() == "policy.networking.k8s.io"
    }

    /// What to write as `apiVersion`.
    pub(crate) fn api_version(&self) -> &'static str {
        self.api_versions.first().copied().unwrap_or_default()
    }
}

const fn kind(
    name: &'static str,
    api_versions: &'static [&'static str],
    decode: Decode,
    spec: &'static Level,
    documentation: &'static str,
) -> Kind {
    let (scope, name_rule) = (Scope::Namespaced, NameRule::Subdomain);
    let object = &schema::OBJECT;
    Kind { name, api_versions, scope, name_rule, decode, object, spec, documentation }
}

const APPS: &[&str] = &["apps/v1"];
const BATCH: &[&str] = &["batch/v1"];
const CORE: &[&str] = &["v1"];
const NETWORKING: &[&str] = &["networking.k8s.io/v1"];
const CLUSTER_POLICY: &[&str] = &["policy.networking.k8s.io/v1alpha2", "policy.networking.k8s.io/v1beta1"];
const ADMIN_POLICY: &[&str] = &["policy.networking.k8s.io/v1alpha1"];
const ADMISSION: &[&str] = &["admissionregistration.k8s.io/v1"];
const RBAC: &[&str] = &["rbac.authorization.k8s.io/v1"];
/// The second one is that of Azure's managed Prometheus.
const MONITORING: &[&str] = &["monitoring.coreos.com/v1", "azmonitoring.coreos.com/v1"];
const TEST: &[&str] = &["netpol.playground/v1"];
const GATEWAY: &[&str] = &["gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1beta1"];
const GATEWAY_LAYER_4: &[&str] = &[
    "gateway.networking.k8s.io/v1",
    "gateway.networking.k8s.io/v1alpha3",
    "gateway.networking.k8s.io/v1alpha2",
];

/// All kinds that are read.
#[rustfmt::skip]
pub(crate) static KINDS: &[Kind] = &[
    kind("NetworkPolicy", NETWORKING, network_policy::decode, &schema::POLICY_SPEC, "Says which connections the pods that it selects accept and open."),
    Kind { scope: Scope::Cluster, name_rule: NameRule::Label, ..kind("Namespace", CORE, namespace::decode, &schema::UNCHECKED, "A part of the cluster; `namespaceSelector` finds it by its labels.") },
    kind("Pod", CORE, workload::pod, &schema::POD_SPEC, "Containers that share one address; what policies select."),
    kind("Deployment", APPS, workload::deployment, &schema::DEPLOYMENT_SPEC, "Pods that are all alike, made from a template."),
    kind("StatefulSet", APPS, workload::stateful_set, &schema::STATEFUL_SET_SPEC, "Pods made from a template, each with a name and volumes of its own."),
    kind("DaemonSet", APPS, workload::daemon_set, &schema::DAEMON_SET_SPEC, "A pod on every node."),
    Kind { name_rule: NameRule::Label, ..kind("Service", CORE, service::decode, &schema::SERVICE_SPEC, "A name and address for pods; policies see the pods behind it.") },
    kind("ReplicaSet", APPS, workload::replica_set, &schema::REPLICA_SET_SPEC, "Pods that are all alike; mostly made by a Deployment."),
    kind("ReplicationController", CORE, workload::replication_controller, &schema::REPLICATION_CONTROLLER_SPEC, "The forerunner of ReplicaSet."),
    kind("Job", BATCH, workload::job, &schema::JOB_SPEC, "Pods that run to their end."),
    Kind { name_rule: NameRule::CronJob, ..kind("CronJob", BATCH, workload::cron_job, &schema::CRON_JOB_SPEC, "Jobs that start by the clock.") },
    kind("Ingress", NETWORKING, ingress::decode, &schema::INGRESS_SPEC, "Publishes Services over HTTP."),
    kind("Gateway", GATEWAY, route::gateway, &schema::GATEWAY_SPEC, "Where traffic enters that an HTTPRoute leads to Services."),
    kind("HTTPRoute", GATEWAY, route::decode, &schema::ROUTE_SPEC, "Publishes Services through a Gateway."),
    kind("GRPCRoute", GATEWAY, route::decode, &schema::ROUTE_SPEC, "Publishes Services over gRPC through a Gateway."),
    kind("TLSRoute", GATEWAY_LAYER_4, route::decode, &schema::ROUTE_SPEC, "Publishes Services over TLS through a Gateway."),
    kind("TCPRoute", GATEWAY_LAYER_4, route::decode, &schema::ROUTE_SPEC, "Publishes Services over TCP through a Gateway."),
    kind("ReferenceGrant", GATEWAY, route::grant, &schema::GRANT_SPEC, "Lets routes of other namespaces lead to the Services of this one."),
    Kind { scope: Scope::Cluster, ..kind("ClusterNetworkPolicy", CLUSTER_POLICY, cluster_policy::cluster, &schema::CLUSTER_SPEC, "Decides across namespaces, before every NetworkPolicy (`tier: Admin`) or after them (`tier: Baseline`).") },
    Kind { scope: Scope::Cluster, ..kind("AdminNetworkPolicy", ADMIN_POLICY, cluster_policy::admin, &schema::ADMIN_SPEC, "Decides across namespaces, before every NetworkPolicy; the forerunner of ClusterNetworkPolicy.") },
    Kind { scope: Scope::Cluster, ..kind("BaselineAdminNetworkPolicy", ADMIN_POLICY, cluster_policy::baseline_admin, &schema::BASELINE_SPEC, "Decides across namespaces where no NetworkPolicy selects the pod; there is one, named `default`.") },
    Kind { scope: Scope::Cluster, ..kind("Node", CORE, node::decode, &schema::UNCHECKED, "A machine of the cluster; its addresses are read.") },
    Kind { scope: Scope::Cluster, object: &schema::WEBHOOK_CONFIGURATION, ..kind("ValidatingWebhookConfiguration", ADMISSION, called::webhooks, &schema::UNCHECKED, "Webhooks that the API server asks whether it may accept an object.") },
    Kind { scope: Scope::Cluster, object: &schema::WEBHOOK_CONFIGURATION, ..kind("MutatingWebhookConfiguration", ADMISSION, called::webhooks, &schema::UNCHECKED, "Webhooks that the API server lets change an object.") },
    Kind { scope: Scope::Cluster, ..kind("APIService", &["apiregistration.k8s.io/v1"], called::api_service, &schema::API_SERVICE_SPEC, "A part of the API that a Service serves.") },
    Kind { object: &schema::ENDPOINT_SLICE, ..kind("EndpointSlice", &["discovery.k8s.io/v1"], called::endpoint_slice, &schema::UNCHECKED, "Addresses and ports behind a Service.") },
    Kind { object: &schema::ENDPOINTS, ..kind("Endpoints", CORE, called::endpoints, &schema::UNCHECKED, "Addresses and ports behind a Service; the forerunner of EndpointSlice.") },
    kind("ServiceMonitor", MONITORING, monitor::of_services, &schema::SERVICE_MONITOR_SPEC, "Ports of Services that Prometheus scrapes."),
    kind("PodMonitor", MONITORING, monitor::of_pods, &schema::POD_MONITOR_SPEC, "Ports of pods that Prometheus scrapes."),
    Kind { name_rule: NameRule::PathSegment, object: &schema::ROLE_BINDING, ..kind("RoleBinding", RBAC, account::binding, &schema::UNCHECKED, "Gives a role in a namespace to accounts.") },
    Kind { scope: Scope::Cluster, name_rule: NameRule::PathSegment, object: &schema::ROLE_BINDING, ..kind("ClusterRoleBinding", RBAC, account::binding, &schema::UNCHECKED, "Gives a role in all namespaces to accounts.") },
    Kind { object: &schema::SERVICE_ACCOUNT, ..kind("ServiceAccount", CORE, account::decode, &schema::UNCHECKED, "Who pods are to the API server.") },
    Kind { scope: Scope::Cluster, ..kind(TEST_KIND, TEST, connectivity_test::decode, &schema::TEST_SPEC, "A policy test of this playground: who must and who must not reach whom; no cluster knows it.") },
];

/// The other kinds of the `apiVersion`s of [`KINDS`], so that a mistyped kind can be told from one that is not read.
const OTHERS: &[(&str, &[&str])] = &[
    (
        "v1",
        &[
            "Binding",
            "ComponentStatus",
            "ConfigMap",
            "Event",
            "LimitRange",
            "List",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "PodTemplate",
            "ResourceQuota",
            "Secret",
            "Status",
        ],
    ),
    ("apps/v1", &["ControllerRevision"]),
    ("batch/v1", &[]),
    ("networking.k8s.io/v1", &["IngressClass", "IPAddress", "ServiceCIDR"]),
    ("policy.networking.k8s.io/v1alpha1", &[]),
    ("policy.networking.k8s.io/v1alpha2", &[]),
    ("policy.networking.k8s.io/v1beta1", &[]),
];

/// What a kind's name stands for.
#[derive(Debug)]
pub(super) enum Lookup {
    /// A kind that is read.
    Known(&'static Kind),
    /// Nothing that is read.
    Other,
    /// The kind is spelled wrongly; this is meant.
    Misspelled(&'static str),
    /// A kind that is read, of an `apiVersion` that never had it or has it no longer.
    WrongVersion(&'static Kind),
}

/// Finds what `kind` and `apiVersion` mean together.
pub(super) fn lookup(kind: &str, api_version: &str) -> Lookup {
    // Whatever seems to be a test is one: overlooked, it would seem to pass.
    if is_test(group_or_word(api_version), kind) {
        return match by_name(TEST_KIND) {
            Some(known) if kind != TEST_KIND => Lookup::Misspelled(known.name),
            Some(known) if !known.api_versions.contains(&api_version) => Lookup::WrongVersion(known),
            Some(known) => Lookup::Known(known),
            None => Lookup::Other,
        };
    }
    if let Some(known) = by_name(kind) {
        return if known.api_versions.contains(&api_version) {
            Lookup::Known(known)
        } else if known.is_custom() && group_of(api_version) == known.group() {
            // Which versions there are is up to the custom resource definition that a cluster has.
            Lookup::Other
        } else if is_kubernetes(api_version) {
            Lookup::WrongVersion(known)
        } else {
            Lookup::Other
        };
    }
    if !is_kubernetes(api_version) || OTHERS.iter().any(|(_, others)| others.contains(&kind)) {
        return Lookup::Other;
    }
    if let Some(meant) = by_spelling(kind) {
        return Lookup::Misspelled(meant.name);
    }
    // Only where every kind of the version is listed here can a near one be told from a different one.
    let Some((_, others)) = OTHERS.iter().find(|(version, _)| *version == api_version) else {
        return Lookup::Other;
    };
    let known =
        KINDS.iter().filter(|known| known.api_versions.contains(&api_version)).map(|known| known.name);
    match crate::nearest::nearest(kind, known.chain(others.iter().copied())) {
        Some(meant) => Lookup::Misspelled(meant),
        None => Lookup::Other,
    }
}

/// The versions that kinds once had, and the release of Kubernetes that first did without ("Deprecated API Migration
/// Guide").
const GONE: &[(&str, &[&str], &str)] = &[
    (
        "admissionregistration.k8s.io/v1beta1",
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
        "1.22",
    ),
    ("apiregistration.k8s.io/v1beta1", &["APIService"], "1.22"),
    ("apps/v1beta1", &["Deployment", "StatefulSet"], "1.16"),
    ("apps/v1beta2", &["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"], "1.16"),
    ("batch/v1beta1", &["CronJob"], "1.25"),
    ("discovery.k8s.io/v1beta1", &["EndpointSlice"], "1.25"),
    ("extensions/v1beta1", &["DaemonSet", "Deployment", "NetworkPolicy", "ReplicaSet"], "1.16"),
    ("extensions/v1beta1", &["Ingress"], "1.22"),
    ("networking.k8s.io/v1beta1", &["Ingress"], "1.22"),
    ("rbac.authorization.k8s.io/v1beta1", &["ClusterRoleBinding", "RoleBinding"], "1.22"),
];

/// The release of Kubernetes that first did without a version of a kind that there once was.
pub(super) fn gone(kind: &str, api_version: &str) -> Option<&'static str> {
    let found = GONE.iter().find(|(version, kinds, _)| *version == api_version && kinds.contains(&kind));
    found.map(|(_, _, release)| *release)
}

/// The API group that an `apiVersion` names; empty for the core group.
pub(super) fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Kinds of policy, of whatever group, that are not evaluated.
const POLICY_KINDS: [&str; 12] = [
    "AdminNetworkPolicy",
    "AuthorizationPolicy",
    "BaselineAdminNetworkPolicy",
    "CiliumClusterwideNetworkPolicy",
    "CiliumNetworkPolicy",
    "ClusterNetworkPolicy",
    "EgressFirewall",
    "EgressNetworkPolicy",
    "GlobalNetworkPolicy",
    "MultiNetworkPolicy",
    "NetworkPolicy",
    "StagedNetworkPolicy",
];

/// The API group that an `apiVersion` names, or all of it where nothing is behind the group.
pub(super) fn group_or_word(api_version: &str) -> &str {
    api_version.split_once('/').map_or(api_version, |(group, _)| group)
}

/// Whether an object of this group and kind is a policy test, or means to be one.
pub(crate) fn is_test(group: &str, kind: &str) -> bool {
    // The next line may be part of the word by mistake.
    let kind = kind.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
    group.eq_ignore_ascii_case(TEST_GROUP) || kind.eq_ignore_ascii_case(TEST_KIND)
}

/// Whether objects of a kind that is not read say who may talk to whom.
pub(super) fn is_policy(kind: &str) -> bool {
    POLICY_KINDS.contains(&kind)
}

/// Whether a kind that is refused is that of a policy, or spelled wrongly for one.
pub(super) fn means_policy(kind: &str) -> bool {
    let known = by_name(kind).or_else(|| by_spelling(kind)).map(|known| known.name);
    known.or_else(|| crate::nearest::nearest(kind, POLICY_KINDS.into_iter())).is_some_and(is_policy)
}

/// Whether it is a `Template` of OpenShift, also of the time when those were in the core group.
pub(super) fn is_template(kind: &str, api_version: &str) -> bool {
    kind == "Template" && (group_of(api_version) == "template.openshift.io" || api_version == "v1")
}

/// The kind of exactly this name.
pub(crate) fn by_name(kind: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|known| known.name == kind)
}

/// The kind that a plural or a spelling in the wrong case means, as in `networkpolicies`.
pub(super) fn by_spelling(kind: &str) -> Option<&'static Kind> {
    let singular = |known: &Kind| {
        let rest = kind.get(..known.name.len()).filter(|start| start.eq_ignore_ascii_case(known.name));
        rest.is_some() && matches!(kind.get(known.name.len()..), Some("" | "s" | "es"))
    };
    let plural = |known: &Kind| {
        let stems = known.name.strip_suffix('y').zip(kind.get(..kind.len().saturating_sub(3)));
        stems.is_some_and(|(known, written)| known.eq_ignore_ascii_case(written))
            && kind.get(kind.len().saturating_sub(3)..).is_some_and(|end| end.eq_ignore_ascii_case("ies"))
    };
    let policies = kind.eq_ignore_ascii_case("netpol");
    KINDS.iter().find(|known| singular(known) || plural(known) || policies && known.name == "NetworkPolicy")
}

/// Whether an `apiVersion` is of Kubernetes' own groups, or looks mistyped for one of them.
fn is_kubernetes(api_version: &str) -> bool {
    let group = group_of(api_version);
    if !group.contains('.') || group == "k8s.io" || group.ends_with(".k8s.io") {
        return true;
    }
    let versions = KINDS.iter().flat_map(|known| known.api_versions.iter().copied());
    crate::nearest::nearest(api_version, versions).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(kind: &str, api_version: &str) -> String {
        match lookup(kind, api_version) {
            Lookup::Known(known) => format!("read {}", known.name),
            Lookup::Other => "other".to_owned(),
            Lookup::Misspelled(meant) => format!("write {meant}"),
            Lookup::WrongVersion(known) => format!("write {}", known.api_version()),
        }
    }

    #[test]
    fn kinds_and_versions() {
        for (kind, api_version, expected) in [
            ("NetworkPolicy", "networking.k8s.io/v1", "read NetworkPolicy"),
            ("NetworkPolicy", "extensions/v1beta1", "write networking.k8s.io/v1"),
            ("NetworkPolicy", "v1", "write networking.k8s.io/v1"),
            ("NetworkPolicy", "networking.k8s.oi/v1", "write networking.k8s.io/v1"),
            ("NetworkPolicy", "networking/v1", "write networking.k8s.io/v1"),
            ("NetworkPolicy", "projectcalico.org/v3", "other"),
            ("NetworkPolicy", "crd.projectcalico.org/v1", "other"),
            ("Service", "serving.knative.dev/v1", "other"),
            ("Gateway", "networking.istio.io/v1", "other"),
            ("Gateway", "gateway.networking.k8s.io/v1beta1", "read Gateway"),
            ("networkpolicy", "networking.k8s.io/v1", "write NetworkPolicy"),
            ("NetworkPolicies", "networking.k8s.io/v1", "write NetworkPolicy"),
            ("NetworkPolcy", "networking.k8s.io/v1", "write NetworkPolicy"),
            ("deployments", "apps/v1", "write Deployment"),
            ("Deploymnet", "apps/v1", "write Deployment"),
            ("Configmap", "v1", "write ConfigMap"),
            ("ConfigMap", "v1", "other"),
            ("Role", "rbac.authorization.k8s.io/v1", "other"),
            ("AdminNetworkPolicy", "policy.networking.k8s.io/v1alpha1", "read AdminNetworkPolicy"),
            ("AdminNetworkPolicy", "policy.networking.k8s.io/v1alpha2", "other"),
            ("AdminNetworkPolicy", "policy.networking.k8s.io/v1", "other"),
            ("AdminNetworkPolicy", "networking.k8s.io/v1", "write policy.networking.k8s.io/v1alpha1"),
            ("adminnetworkpolicies", "policy.networking.k8s.io/v1alpha1", "write AdminNetworkPolicy"),
            (
                "BaselineAdminNetworkPolicy",
                "policy.networking.k8s.io/v1alpha1",
                "read BaselineAdminNetworkPolicy",
            ),
            (
                "BaselineAdminNetworkPolcy",
                "policy.networking.k8s.io/v1alpha1",
                "write BaselineAdminNetworkPolicy",
            ),
            ("ClusterNetworkPolicy", "policy.networking.k8s.io/v1alpha2", "read ClusterNetworkPolicy"),
            ("ClusterNetworkPolicy", "policy.networking.k8s.io/v1beta1", "read ClusterNetworkPolicy"),
            ("ClusterNetworkPolicy", "policy.networking.k8s.io/v1alpha1", "other"),
            ("ClusterNetworkPolicy", "crd.antrea.io/v1beta1", "other"),
            ("ClusterNetworkPolicies", "policy.networking.k8s.io/v1alpha2", "write ClusterNetworkPolicy"),
            ("IngressClass", "networking.k8s.io/v1", "other"),
            ("CronJob", "batch/v1beta1", "write batch/v1"),
            ("Whatever", "v1", "other"),
            ("ConnectivityTest", "netpol.playground/v1", "read ConnectivityTest"),
            ("ConnectivityTest", "netpol.playground/v2", "write netpol.playground/v1"),
            ("ConnectivityTest", "netpol.playground", "write netpol.playground/v1"),
            ("ConnectivityTest", "example.com/v1", "write netpol.playground/v1"),
            ("connectivitytest", "netpol.playground/v1", "write ConnectivityTest"),
            ("CONNECTIVITYTEST", "example.com/v1", "write ConnectivityTest"),
            ("ConnectivityTest metadata", "example.com/v1", "write ConnectivityTest"),
            ("Expectations", "Netpol.Playground/v1", "write ConnectivityTest"),
        ] {
            assert_eq!(found(kind, api_version), expected, "{api_version} {kind}");
        }
    }
}
