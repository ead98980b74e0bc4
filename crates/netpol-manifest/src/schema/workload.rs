//! Pods, and the objects that make pods from a template.

use super::metadata::METADATA;
use super::policy::SELECTOR;
use super::{Choice, Field, Level, PROTOCOLS, Type, choice, field, level};

const CONTAINER_PORT_ITEMS: Type = Type::List(&Type::Structure(&CONTAINER_PORT));

const REPLICAS: Field = field("replicas", Type::Number, "How many pods there are; 1 where it is left out.");
const TEMPLATE: Field = field(
    "template",
    Type::Structure(&POD_TEMPLATE),
    "What the pods look like. Policies see the labels of the template, not those of the workload itself.",
);
const SELECTS_PODS: Field = field(
    "selector",
    Type::Structure(&SELECTOR),
    "The pods that belong to the workload; it must match the template's labels.",
);
const MIN_READY: Field =
    field("minReadySeconds", Type::Number, "For how long a new pod must be ready before it counts.");
const HISTORY: Field = field("revisionHistoryLimit", Type::Number, "How many old revisions are kept.");
const UPDATE: Field =
    field("updateStrategy", Type::Opaque, "How pods are replaced when the template changes.");

pub(crate) static POD_TEMPLATE: Level = Level {
    misplaced: &[("labels", "it belongs under `metadata`"), ("containers", "it belongs under `spec`")],
    ..level(
        "PodTemplateSpec",
        &[
            field(
                "metadata",
                Type::Structure(&METADATA),
                "The labels here are those of the pods, which policies select by.",
            ),
            field("spec", Type::Structure(&POD_SPEC), "The containers of each pod, and how they run."),
        ],
    )
};

pub(crate) static JOB_TEMPLATE: Level = level(
    "JobTemplateSpec",
    &[
        field(
            "metadata",
            Type::Structure(&METADATA),
            "Labels and annotations of the Jobs; not those of the pods.",
        ),
        field("spec", Type::Structure(&JOB_SPEC), "What each Job looks like."),
    ],
);

pub(crate) static DEPLOYMENT_SPEC: Level = level(
    "DeploymentSpec",
    &[
        REPLICAS,
        SELECTS_PODS,
        TEMPLATE,
        field("strategy", Type::Opaque, "How pods are replaced when the template changes."),
        MIN_READY,
        field("paused", Type::Boolean, "Whether changes of the template wait."),
        field("progressDeadlineSeconds", Type::Number, "After how long a roll-out counts as failed."),
        HISTORY,
    ],
);

pub(crate) static REPLICA_SET_SPEC: Level =
    level("ReplicaSetSpec", &[REPLICAS, SELECTS_PODS, TEMPLATE, MIN_READY]);

pub(crate) static REPLICATION_CONTROLLER_SPEC: Level = level(
    "ReplicationControllerSpec",
    &[
        REPLICAS,
        field(
            "selector",
            Type::Labels,
            "The labels of the pods that belong to it; those of the template where it is left out.",
        ),
        TEMPLATE,
        MIN_READY,
    ],
);

pub(crate) static STATEFUL_SET_SPEC: Level = level(
    "StatefulSetSpec",
    &[
        REPLICAS,
        SELECTS_PODS,
        TEMPLATE,
        field("serviceName", Type::Text, "The headless Service under which the pods have names."),
        field("volumeClaimTemplates", Type::Opaque, "The volumes of each pod."),
        field(
            "persistentVolumeClaimRetentionPolicy",
            Type::Opaque,
            "What becomes of the volumes of pods that go.",
        ),
        field("podManagementPolicy", Type::Text, "Whether pods start one after the other."),
        UPDATE,
        MIN_READY,
        field("ordinals", Type::Structure(&ORDINALS), "How the pods' names are numbered."),
        HISTORY,
    ],
);

pub(crate) static ORDINALS: Level = level(
    "StatefulSetOrdinals",
    &[field("start", Type::Number, "The number of the first pod; 0 where it is left out.")],
);

pub(crate) static DAEMON_SET_SPEC: Level =
    level("DaemonSetSpec", &[SELECTS_PODS, TEMPLATE, UPDATE, MIN_READY, HISTORY]);

pub(crate) static JOB_SPEC: Level = level(
    "JobSpec",
    &[
        TEMPLATE,
        field("parallelism", Type::Number, "How many pods run at the same time; 1 where it is left out."),
        field("completions", Type::Number, "How many pods must succeed."),
        field("completionMode", Type::Text, "Whether pods are numbered."),
        field("activeDeadlineSeconds", Type::Number, "After how long the Job is stopped."),
        field("backoffLimit", Type::Number, "How many failures are tried again."),
        field("backoffLimitPerIndex", Type::Number, "The same for each numbered pod."),
        field("maxFailedIndexes", Type::Number, "How many numbered pods may fail."),
        field("podFailurePolicy", Type::Opaque, "Which failures count."),
        field("podReplacementPolicy", Type::Text, "When a pod that goes is replaced."),
        field("successPolicy", Type::Opaque, "When the Job counts as done."),
        field("selector", Type::Structure(&SELECTOR), "Written by the API server."),
        field("manualSelector", Type::Boolean, "Whether `selector` is written by hand after all."),
        field("managedBy", Type::Text, "The controller that runs the Job."),
        field("scheduling", Type::Opaque, "How the pods are scheduled together."),
        field("suspend", Type::Boolean, "Whether the Job waits."),
        field("ttlSecondsAfterFinished", Type::Number, "After how long a finished Job is removed."),
    ],
);

pub(crate) static CRON_JOB_SPEC: Level = level(
    "CronJobSpec",
    &[
        field("schedule", Type::Text, "When Jobs start, in the notation of cron."),
        field("jobTemplate", Type::Structure(&JOB_TEMPLATE), "What each Job looks like."),
        field("timeZone", Type::Text, "The time zone of `schedule`."),
        field("concurrencyPolicy", Type::Text, "What happens when a Job is still running."),
        field("failedJobsHistoryLimit", Type::Number, "How many failed Jobs are kept."),
        field("successfulJobsHistoryLimit", Type::Number, "How many finished Jobs are kept."),
        field("startingDeadlineSeconds", Type::Number, "How late a Job may start."),
        field("suspend", Type::Boolean, "Whether no further Jobs start."),
    ],
);

pub(crate) static POD_SPEC: Level = level("PodSpec", POD_FIELDS);

const POD_FIELDS: &[Field] = &[
    field("containers", CONTAINERS, "The containers; they share one address and one set of ports."),
    field(
        "initContainers",
        CONTAINERS,
        "Containers that run before; those with `restartPolicy: Always` keep running beside the others.",
    ),
    field(
        "hostNetwork",
        Type::Boolean,
        "Whether the pod uses the network of its node. Policies then do not apply to it, and no selector finds it.",
    ),
    field("serviceAccountName", Type::Text, "As whom the pod speaks to the API server."),
    field("nodeName", Type::Text, "The node on which the pod runs."),
    field("nodeSelector", Type::Opaque, "Labels of the nodes on which the pod may run."),
    field("restartPolicy", Type::Choice(RESTART), "When containers that ended are started again."),
    field("ephemeralContainers", Type::Opaque, "Containers that were added to debug the running pod."),
    field("serviceAccount", Type::Text, "The old name of `serviceAccountName`."),
    field("activeDeadlineSeconds", Type::Number, "After how long the pod is stopped."),
    field("affinity", Type::Opaque, "Near what the pod is to run."),
    field("automountServiceAccountToken", Type::Boolean, "Whether the pod gets a token for the API server."),
    field("dnsConfig", Type::Opaque, "How the pod resolves names."),
    field("dnsPolicy", Type::Text, "Which DNS servers the pod asks."),
    field("enableServiceLinks", Type::Boolean, "Whether Services appear as environment variables."),
    field("evictionResponders", Type::Opaque, "Who is asked before the pod is evicted."),
    field("hostAliases", Type::Opaque, "Entries of the pod's hosts file."),
    field("hostIPC", Type::Boolean, "Whether the pod shares the node's IPC namespace."),
    field("hostPID", Type::Boolean, "Whether the pod sees the node's processes."),
    field("hostUsers", Type::Boolean, "Whether the pod shares the node's users."),
    field("hostname", Type::Text, "The pod's host name."),
    field("hostnameOverride", Type::Text, "The pod's host name, whatever its own name is."),
    field("imagePullSecrets", Type::Opaque, "How images are fetched."),
    field("os", Type::Opaque, "The pod's operating system."),
    field("overhead", Type::Opaque, "What the pod needs beyond its containers."),
    field("preemptionPolicy", Type::Text, "Whether the pod drives out others."),
    field("priority", Type::Number, "How important the pod is."),
    field("priorityClassName", Type::Text, "How important the pod is, by name."),
    field("readinessGates", Type::Opaque, "What else must hold before the pod is ready."),
    field("resourceClaims", Type::Opaque, "Devices that the pod needs."),
    field("resources", Type::Opaque, "What the pod as a whole may use."),
    field("runtimeClassName", Type::Text, "Which runtime starts the containers."),
    field("schedulerName", Type::Text, "Which scheduler places the pod."),
    field("schedulingGates", Type::Opaque, "What the scheduler waits for."),
    field("schedulingGroup", Type::Opaque, "The pods that are scheduled together with it."),
    field("securityContext", Type::Opaque, "As which user and with which rights the containers run."),
    field("setHostnameAsFQDN", Type::Boolean, "Whether the host name is the full domain name."),
    field("shareProcessNamespace", Type::Boolean, "Whether the containers see each other's processes."),
    field("subdomain", Type::Text, "The subdomain of the pod's host name."),
    field("terminationGracePeriodSeconds", Type::Number, "How long the pod has to end."),
    field("tolerations", Type::Opaque, "On which tainted nodes the pod may run."),
    field("topologySpreadConstraints", Type::Opaque, "How pods are spread over nodes."),
    field("volumes", Type::Opaque, "The volumes that containers may mount."),
    field("workloadRef", Type::Opaque, "The workload that the pod is scheduled with."),
];

const CONTAINERS: Type = Type::List(&Type::Structure(&CONTAINER));

const RESTART: &[Choice] = &[
    choice("Always", "Whenever one ended."),
    choice("OnFailure", "When one failed."),
    choice("Never", "Never again."),
];

pub(crate) static CONTAINER: Level = level("Container", CONTAINER_FIELDS);

const CONTAINER_FIELDS: &[Field] = &[
    field("name", Type::Text, "The container's name."),
    field("image", Type::Text, "What the container runs."),
    field(
        "ports",
        CONTAINER_PORT_ITEMS,
        "The ports that the container listens on. They say so only: nothing is opened or closed by them, but policies can name them.",
    ),
    field("command", Type::Opaque, "What is started in place of the image's own entry point."),
    field("args", Type::Opaque, "What the command is given."),
    field("env", Type::Opaque, "Environment variables."),
    field("envFrom", Type::Opaque, "Where more environment variables come from."),
    field("imagePullPolicy", Type::Text, "When the image is fetched."),
    field("lifecycle", Type::Opaque, "What happens when the container starts and ends."),
    field(
        "livenessProbe",
        Type::Opaque,
        "How the node asks whether the container lives; no policy stands in the way of that.",
    ),
    field(
        "readinessProbe",
        Type::Opaque,
        "How the node asks whether the container is ready; no policy stands in the way of that.",
    ),
    field("startupProbe", Type::Opaque, "How the node asks whether the container has started."),
    field("resizePolicy", Type::Opaque, "What happens when its resources change."),
    field("resources", Type::Opaque, "What the container needs and may use."),
    field(
        "restartPolicy",
        Type::Choice(RESTART),
        "On an init container, `Always` makes it keep running beside the others.",
    ),
    field("restartPolicyRules", Type::Opaque, "When the container is started again, by how it ended."),
    field("securityContext", Type::Opaque, "As which user and with which rights it runs."),
    field("stdin", Type::Boolean, "Whether its standard input stays open."),
    field("stdinOnce", Type::Boolean, "Whether its standard input closes after the first use."),
    field("terminationMessagePath", Type::Text, "Where the container leaves its last words."),
    field("terminationMessagePolicy", Type::Text, "What counts as its last words."),
    field("tty", Type::Boolean, "Whether it gets a terminal."),
    field("volumeDevices", Type::Opaque, "Block devices that it uses."),
    field("volumeMounts", Type::Opaque, "Where volumes appear in it."),
    field("workingDir", Type::Text, "Where it starts."),
];

pub(crate) static CONTAINER_PORT: Level = Level {
    misplaced: &[("port", "write `containerPort`"), ("targetPort", "write `containerPort`")],
    ..level(
        "ContainerPort",
        &[
            field(
                "containerPort",
                Type::PortNumber,
                "The number that the container listens on; what policies and `targetPort` speak of.",
            ),
            field(
                "name",
                Type::PortName,
                "A name for the port that policies and Services can use in place of the number.",
            ),
            field("protocol", Type::Choice(PROTOCOLS), "`TCP` where it is left out."),
            field("hostPort", Type::PortNumber, "A port of the node that leads to the container."),
            field("hostIP", Type::Text, "The address of the node on which `hostPort` listens."),
        ],
    )
};
