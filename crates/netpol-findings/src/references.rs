//! The benchmarks, guides, threat matrices and scanners that rules refer to, each named once.

use crate::rule::Reference;

const fn reference(standard: &'static str, id: &'static str) -> Reference {
    Reference { standard, id }
}

const CIS: &str = "CIS Kubernetes Benchmark v1.12";
const NSA: &str = "NSA/CISA Kubernetes Hardening Guide";
const ATTACK: &str = "MITRE ATT&CK";
const MICROSOFT: &str = "Microsoft threat matrix for Kubernetes";
const CKS: &str = "CKS curriculum";
const KUBESCAPE: &str = "Kubescape";
const KUBE_SCORE: &str = "kube-score";
const KUBE_LINTER: &str = "kube-linter";
const CHECKOV: &str = "Checkov";
const POLARIS: &str = "Polaris";
const TRIVY: &str = "Trivy";
const POPEYE: &str = "Popeye";
const API: &str = "Kubernetes Network Policy API";

/// Minimize the admission of containers wishing to share the host network namespace.
pub(crate) const CIS_HOST_NETWORK: Reference = reference(CIS, "5.2.5");
/// Ensure that the CNI in use supports network policies.
pub(crate) const CIS_PLUGIN: Reference = reference(CIS, "5.3.1");
/// Ensure that all namespaces have network policies defined.
pub(crate) const CIS_POLICIES: Reference = reference(CIS, "5.3.2");

/// The kind in the place of AdminNetworkPolicy and BaselineAdminNetworkPolicy.
pub(crate) const API_CLUSTER: Reference = reference(API, "v1alpha2: ClusterNetworkPolicy");

pub(crate) const NSA_POLICIES: Reference =
    reference(NSA, "Network separation and hardening: network policies");
pub(crate) const NSA_CONTROL_PLANE: Reference = reference(NSA, "Control plane hardening");
pub(crate) const NSA_CLOUD: Reference = reference(NSA, "Protecting sensitive cloud infrastructure");

pub(crate) const ATTACK_DISCOVERY: Reference = reference(ATTACK, "T1046");
pub(crate) const ATTACK_REMOTE_SERVICES: Reference = reference(ATTACK, "T1133");
pub(crate) const ATTACK_PUBLIC_APPLICATION: Reference = reference(ATTACK, "T1190");
pub(crate) const ATTACK_RESOURCE_DISCOVERY: Reference = reference(ATTACK, "T1613");
pub(crate) const ATTACK_METADATA: Reference = reference(ATTACK, "T1552.005");

pub(crate) const MICROSOFT_MAPPING: Reference = reference(MICROSOFT, "Network mapping");
pub(crate) const MICROSOFT_NETWORKING: Reference = reference(MICROSOFT, "Cluster internal networking");
pub(crate) const MICROSOFT_METADATA: Reference = reference(MICROSOFT, "Instance Metadata API");

pub(crate) const CKS_POLICIES: Reference = reference(CKS, "Cluster Setup: network policies");
pub(crate) const CKS_MICROSERVICES: Reference =
    reference(CKS, "Minimize Microservice Vulnerabilities: isolation");
pub(crate) const CKS_METADATA: Reference = reference(CKS, "Cluster Setup: node metadata and endpoints");
pub(crate) const CKS_EXTERNAL_ACCESS: Reference =
    reference(CKS, "System Hardening: external access to the network");

/// Ingress and egress blocked.
pub(crate) const KUBESCAPE_BLOCKED: Reference = reference(KUBESCAPE, "C-0030");
/// Network mapping: a namespace without policies.
pub(crate) const KUBESCAPE_MAPPING: Reference = reference(KUBESCAPE, "C-0049");
/// Cluster internal networking: a namespace without policies.
pub(crate) const KUBESCAPE_NETWORKING: Reference = reference(KUBESCAPE, "C-0054");
/// Ensure that all namespaces have network policies defined.
pub(crate) const KUBESCAPE_POLICIES: Reference = reference(KUBESCAPE, "C-0206");
/// Missing network policy: a workload that none selects.
pub(crate) const KUBESCAPE_MISSING: Reference = reference(KUBESCAPE, "C-0260");

pub(crate) const KUBE_SCORE_POD: Reference = reference(KUBE_SCORE, "pod-networkpolicy");
pub(crate) const KUBE_SCORE_TARGETS: Reference = reference(KUBE_SCORE, "networkpolicy-targets-pod");
pub(crate) const KUBE_LINTER_POD: Reference = reference(KUBE_LINTER, "non-isolated-pod");
pub(crate) const KUBE_LINTER_SUBJECT: Reference = reference(KUBE_LINTER, "dangling-networkpolicy");
pub(crate) const KUBE_LINTER_PEER: Reference =
    reference(KUBE_LINTER, "dangling-networkpolicypeer-podselector");
/// Minimize the admission of pods which lack an associated NetworkPolicy.
pub(crate) const CHECKOV_POD: Reference = reference(CHECKOV, "CKV2_K8S_6");
pub(crate) const POLARIS_POD: Reference = reference(POLARIS, "missingNetworkPolicy");
/// Selector usage in network policies.
pub(crate) const TRIVY_SELECTORS: Reference = reference(TRIVY, "KSV-0038");
/// No pods match the policy's pod selector.
pub(crate) const POPEYE_SUBJECT: Reference = reference(POPEYE, "POP-1200");
/// No namespaces match a namespace selector.
pub(crate) const POPEYE_NAMESPACES: Reference = reference(POPEYE, "POP-1201");
/// No pods match a peer's pod selector.
pub(crate) const POPEYE_PEER: Reference = reference(POPEYE, "POP-1202");
/// An allow-all or deny-all policy is in effect.
pub(crate) const POPEYE_ALL: Reference = reference(POPEYE, "POP-1203");
/// A pod is not secured by a network policy.
pub(crate) const POPEYE_POD: Reference = reference(POPEYE, "POP-1204");

/// "If two policies have the same priority, the behavior is undefined."
pub(crate) const API_PRIORITY: Reference = reference(API, "ClusterNetworkPolicy: priority");
/// Accept, Deny and Pass.
pub(crate) const API_ACTIONS: Reference = reference(API, "ClusterNetworkPolicy: tiers and actions");
/// Networks match pods, too.
pub(crate) const API_NETWORKS: Reference = reference(API, "ClusterNetworkPolicyEgressPeer: networks");
/// Nodes and domain names, of the experimental channel.
pub(crate) const API_EGRESS_PEERS: Reference = reference(API, "ClusterNetworkPolicyEgressPeer");
