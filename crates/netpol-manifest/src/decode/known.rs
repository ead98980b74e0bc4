//! The fields that exist, level by level, of the levels that are read.

pub(super) const OBJECT: &[&str] = &["apiVersion", "kind", "metadata", "spec", "status"];

pub(super) const LIST: &[&str] = &["apiVersion", "kind", "metadata", "items"];

pub(super) const METADATA: &[&str] = &[
    "name",
    "generateName",
    "namespace",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
];

pub(super) const SELECTOR: &[&str] = &["matchLabels", "matchExpressions"];

pub(super) const REQUIREMENT: &[&str] = &["key", "operator", "values"];

pub(super) const POLICY_SPEC: &[&str] = &["podSelector", "policyTypes", "ingress", "egress"];

pub(super) const INGRESS_RULE: &[&str] = &["from", "ports"];

pub(super) const EGRESS_RULE: &[&str] = &["to", "ports"];

pub(super) const PEER: &[&str] = &["podSelector", "namespaceSelector", "ipBlock"];

pub(super) const IP_BLOCK: &[&str] = &["cidr", "except"];

pub(super) const POLICY_PORT: &[&str] = &["port", "endPort", "protocol"];

pub(super) const TEMPLATE: &[&str] = &["metadata", "spec"];

pub(super) const DEPLOYMENT_SPEC: &[&str] = &[
    "replicas",
    "selector",
    "template",
    "strategy",
    "minReadySeconds",
    "paused",
    "progressDeadlineSeconds",
    "revisionHistoryLimit",
];

pub(super) const REPLICA_SET_SPEC: &[&str] = &["replicas", "selector", "template", "minReadySeconds"];

pub(super) const STATEFUL_SET_SPEC: &[&str] = &[
    "replicas",
    "selector",
    "template",
    "serviceName",
    "volumeClaimTemplates",
    "persistentVolumeClaimRetentionPolicy",
    "podManagementPolicy",
    "updateStrategy",
    "minReadySeconds",
    "ordinals",
    "revisionHistoryLimit",
];

pub(super) const DAEMON_SET_SPEC: &[&str] =
    &["selector", "template", "updateStrategy", "minReadySeconds", "revisionHistoryLimit"];

pub(super) const JOB_SPEC: &[&str] = &[
    "template",
    "parallelism",
    "completions",
    "completionMode",
    "activeDeadlineSeconds",
    "backoffLimit",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
    "podFailurePolicy",
    "podReplacementPolicy",
    "successPolicy",
    "selector",
    "manualSelector",
    "managedBy",
    "scheduling",
    "suspend",
    "ttlSecondsAfterFinished",
];

pub(super) const CRON_JOB_SPEC: &[&str] = &[
    "schedule",
    "timeZone",
    "jobTemplate",
    "concurrencyPolicy",
    "failedJobsHistoryLimit",
    "successfulJobsHistoryLimit",
    "startingDeadlineSeconds",
    "suspend",
];

pub(super) const POD_SPEC: &[&str] = &[
    "containers",
    "initContainers",
    "ephemeralContainers",
    "hostNetwork",
    "serviceAccountName",
    "serviceAccount",
    "nodeName",
    "nodeSelector",
    "activeDeadlineSeconds",
    "affinity",
    "automountServiceAccountToken",
    "dnsConfig",
    "dnsPolicy",
    "enableServiceLinks",
    "hostAliases",
    "hostIPC",
    "hostPID",
    "hostUsers",
    "hostname",
    "hostnameOverride",
    "imagePullSecrets",
    "os",
    "overhead",
    "preemptionPolicy",
    "priority",
    "priorityClassName",
    "readinessGates",
    "resourceClaims",
    "resources",
    "restartPolicy",
    "runtimeClassName",
    "schedulerName",
    "schedulingGates",
    "schedulingGroup",
    "securityContext",
    "setHostnameAsFQDN",
    "shareProcessNamespace",
    "subdomain",
    "terminationGracePeriodSeconds",
    "tolerations",
    "topologySpreadConstraints",
    "volumes",
    "workloadRef",
];

pub(super) const CONTAINER: &[&str] = &[
    "name",
    "image",
    "ports",
    "command",
    "args",
    "env",
    "envFrom",
    "imagePullPolicy",
    "lifecycle",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "resizePolicy",
    "resources",
    "restartPolicy",
    "restartPolicyRules",
    "securityContext",
    "stdin",
    "stdinOnce",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "tty",
    "volumeDevices",
    "volumeMounts",
    "workingDir",
];

pub(super) const CONTAINER_PORT: &[&str] = &["containerPort", "name", "protocol", "hostPort", "hostIP"];

pub(super) const SERVICE_SPEC: &[&str] = &[
    "type",
    "selector",
    "ports",
    "clusterIP",
    "clusterIPs",
    "externalIPs",
    "externalName",
    "externalTrafficPolicy",
    "internalTrafficPolicy",
    "trafficDistribution",
    "allocateLoadBalancerNodePorts",
    "healthCheckNodePort",
    "ipFamilies",
    "ipFamilyPolicy",
    "loadBalancerClass",
    "loadBalancerIP",
    "loadBalancerSourceRanges",
    "publishNotReadyAddresses",
    "sessionAffinity",
    "sessionAffinityConfig",
    "topologyKeys",
];

pub(super) const SERVICE_PORT: &[&str] =
    &["port", "targetPort", "name", "protocol", "nodePort", "appProtocol"];

pub(super) const INGRESS_SPEC: &[&str] = &["rules", "defaultBackend", "ingressClassName", "tls"];

pub(super) const INGRESS_HOST: &[&str] = &["host", "http"];

pub(super) const INGRESS_HTTP: &[&str] = &["paths"];

pub(super) const INGRESS_PATH: &[&str] = &["path", "pathType", "backend"];

pub(super) const INGRESS_BACKEND: &[&str] = &["service", "resource"];

pub(super) const INGRESS_SERVICE: &[&str] = &["name", "port"];

pub(super) const INGRESS_PORT: &[&str] = &["number", "name"];

pub(super) const ROUTE_SPEC: &[&str] = &["parentRefs", "hostnames", "rules", "useDefaultGateways"];

pub(super) const ROUTE_RULE: &[&str] =
    &["name", "matches", "filters", "backendRefs", "timeouts", "retry", "sessionPersistence"];

pub(super) const ROUTE_BACKEND: &[&str] =
    &["name", "namespace", "port", "kind", "group", "weight", "filters"];
