// The objects of a cluster as its API server gives them back: `kubectl get ns,pods,deploy,svc,netpol -A -o yaml
// --show-managed-fields`, with what people never write and every dump has.

const APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const HASH = "bcdfghjklmnpqrstvwxz2456789";

/** Numbers that look random and are the same at every run (mulberry32). */
function numbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Everything that comes from the API server: names, numbers and times. */
class Server {
  constructor() {
    this.next = numbers(10);
    this.version = 100_000;
    this.pods = 0;
  }

  uid() {
    const hex = (digits) => (this.next() >>> (32 - 4 * digits)).toString(16).padStart(digits, "0");
    return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(8)}${hex(4)}`;
  }

  hash(length) {
    return Array.from({ length }, () => HASH[this.next() % HASH.length]).join("");
  }

  digest() {
    return Array.from({ length: 8 }, () => this.next().toString(16).padStart(8, "0")).join("");
  }

  time() {
    return new Date(Date.UTC(2026, 8, 1) + (this.next() % 5_000_000) * 1000).toISOString().replace(".000Z", "Z");
  }

  resourceVersion() {
    this.version += 1 + (this.next() % 50);
    return String(this.version);
  }

  /** An object as applied, with what the server adds to its metadata. */
  kept(object, created, ...managed) {
    const { metadata } = object;
    const applied = { ...object, metadata: { annotations: {}, ...metadata } };
    return {
      ...object,
      metadata: {
        ...metadata,
        annotations: { ...metadata.annotations, [APPLIED]: `${JSON.stringify(applied)}\n` },
        creationTimestamp: created,
        managedFields: [
          fields(object.apiVersion, "kubectl-client-side-apply", created, {
            "f:metadata": { "f:annotations": { ".": {}, [`f:${APPLIED}`]: {} }, ...labelsOf(metadata) },
            "f:spec": owned(object.spec ?? {}),
          }),
          ...managed,
        ],
        resourceVersion: this.resourceVersion(),
        uid: this.uid(),
      },
    };
  }
}

const labelsOf = ({ labels }) => (labels ? { "f:labels": { ".": {}, ...prefixed(labels) } } : {});
const prefixed = (map) => Object.fromEntries(Object.keys(map).map((key) => [`f:${key}`, {}]));
const fields = (apiVersion, manager, time, fieldsV1, subresource) => ({
  apiVersion,
  fieldsType: "FieldsV1",
  fieldsV1,
  manager,
  operation: "Update",
  ...(subresource && { subresource }),
  time,
});

/** The fields of a value as `managedFields` names them: down to atomic lists, lists of containers and ports by key. */
function owned(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (Array.isArray(inner) && ["containers", "env", "ports", "volumeMounts"].includes(key) && !("podSelector" in value)) {
        return [`f:${key}`, Object.fromEntries([[".", {}], ...inner.map((item) => [keyOf(key, item), { ".": {}, ...owned(item) }])])];
      }
      return [`f:${key}`, key === "matchLabels" || key === "selector" ? {} : owned(inner)];
    }),
  );
}

function keyOf(list, item) {
  const keys = {
    ports: item.containerPort ? ["containerPort", "protocol"] : ["port", "protocol"],
    volumeMounts: ["mountPath"],
  }[list] ?? ["name"];
  return `k:${JSON.stringify(Object.fromEntries(keys.map((key) => [key, item[key]])))}`;
}

/**
 * The items of the list, each turned into a text as soon as it is made: all namespaces, then all pods, deployments,
 * services and policies. Of what else makes pods, only the pods are there.
 */
export function live(spaces, written) {
  const server = new Server();
  const nodes = Math.max(3, Math.round(spaces.length * 0.6));
  const kinds = { Namespace: [], Pod: [], Deployment: [], Service: [], NetworkPolicy: [] };
  const add = (object) => kinds[object.kind].push({ kind: object.kind, text: written(object) });
  for (const { objects } of spaces) {
    for (const object of objects) {
      const created = server.time();
      const made = MADE[object.kind];
      if (made) add(made(server, object, created));
      else rolledOut(server, object, created, nodes).forEach(add);
    }
  }
  return Object.values(kinds).flat();
}

const MADE = {
  Namespace: (server, object, created) => ({
    ...server.kept(object, created),
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  }),
  Service: (server, object, created) => {
    const clusterIP = `10.${96 + (server.next() % 16)}.${server.next() % 256}.${1 + (server.next() % 250)}`;
    const kept = server.kept(object, created);
    const spec = {
      ...object.spec,
      clusterIP,
      clusterIPs: [clusterIP],
      internalTrafficPolicy: "Cluster",
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      sessionAffinity: "None",
      type: "ClusterIP",
    };
    return { ...kept, spec, status: { loadBalancer: {} } };
  },
  NetworkPolicy: (server, object, created) => {
    const kept = server.kept(object, created);
    return { ...kept, metadata: { ...kept.metadata, generation: 1 + (server.next() % 4) } };
  },
};

const QUIET = { terminationMessagePath: "/dev/termination-log", terminationMessagePolicy: "File" };

/** The pods of a workload, and the workload itself where it is a Deployment. */
function rolledOut(server, object, created, nodes) {
  const { name, namespace } = object.metadata;
  const { replicas, template } = object.spec;
  const [{ ports: [{ containerPort }] }] = template.spec.containers;
  const readinessProbe = {
    failureThreshold: 3,
    httpGet: { path: "/ready", port: containerPort, scheme: "HTTP" },
    periodSeconds: 10,
    successThreshold: 1,
    timeoutSeconds: 1,
  };
  const spec = {
    containers: template.spec.containers.map((container) => ({
      ...container,
      ...QUIET,
      imagePullPolicy: "IfNotPresent",
      readinessProbe,
    })),
    dnsPolicy: "ClusterFirst",
    restartPolicy: "Always",
    schedulerName: "default-scheduler",
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  };
  const ofAll = { namespace, spec, nodes, created };
  const { labels } = template.metadata;
  if (object.kind === "StatefulSet") {
    const owner = { kind: "StatefulSet", name, uid: server.uid() };
    const revision = `${name}-${server.hash(10)}`;
    const pods = Array.from({ length: replicas }, (_, ordinal) =>
      running(server, {
        ...ofAll,
        name: `${name}-${ordinal}`,
        labels: {
          ...labels,
          "apps.kubernetes.io/pod-index": String(ordinal),
          "controller-revision-hash": revision,
          "statefulset.kubernetes.io/pod-name": `${name}-${ordinal}`,
        },
        owner,
      }),
    );
    return pods;
  }
  const hash = server.hash(10);
  const owner = { kind: "ReplicaSet", name: `${name}-${hash}`, uid: server.uid() };
  const pods = Array.from({ length: replicas }, () =>
    running(server, {
      ...ofAll,
      name: `${owner.name}-${server.hash(5)}`,
      labels: { ...labels, "pod-template-hash": hash },
      owner,
    }),
  );
  return [deployment(server, object, spec, hash, created), ...pods];
}

function deployment(server, object, spec, hash, created) {
  const { replicas, template } = object.spec;
  const condition = (type, reason, message) => ({
    lastTransitionTime: created,
    lastUpdateTime: created,
    message,
    reason,
    status: "True",
    type,
  });
  const controller = fields("apps/v1", "kube-controller-manager", created, CONTROLLER_FIELDS, "status");
  const kept = server.kept(object, created, controller);
  kept.metadata.annotations["deployment.kubernetes.io/revision"] = "1";
  kept.metadata.generation = 1;
  const replicaSet = `${object.metadata.name}-${hash}`;
  return {
    ...kept,
    spec: {
      ...object.spec,
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      strategy: { rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" }, type: "RollingUpdate" },
      template: { metadata: { creationTimestamp: null, ...template.metadata }, spec },
    },
    status: {
      availableReplicas: replicas,
      conditions: [
        condition("Available", "MinimumReplicasAvailable", "Deployment has minimum availability."),
        condition("Progressing", "NewReplicaSetAvailable", `ReplicaSet "${replicaSet}" has successfully progressed.`),
      ],
      observedGeneration: 1,
      readyReplicas: replicas,
      replicas,
      updatedReplicas: replicas,
    },
  };
}

const CONTROLLER_FIELDS = {
  "f:metadata": { "f:annotations": { "f:deployment.kubernetes.io/revision": {} } },
  "f:status": {
    "f:availableReplicas": {},
    "f:conditions": {
      ".": {},
      'k:{"type":"Available"}': conditionFields("f:lastUpdateTime", "f:message", "f:reason"),
      'k:{"type":"Progressing"}': conditionFields("f:lastUpdateTime", "f:message", "f:reason"),
    },
    "f:observedGeneration": {},
    "f:readyReplicas": {},
    "f:replicas": {},
    "f:updatedReplicas": {},
  },
};

function conditionFields(...more) {
  const names = [".", "f:lastTransitionTime", "f:status", "f:type", ...more];
  return Object.fromEntries(names.map((name) => [name, {}]));
}

const CONDITIONS = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

const KUBELET_FIELDS = {
  "f:status": {
    "f:conditions": Object.fromEntries(
      CONDITIONS.slice(0, 4).map((type) => [`k:${JSON.stringify({ type })}`, conditionFields("f:lastProbeTime")]),
    ),
    "f:containerStatuses": {},
    "f:hostIP": {},
    "f:hostIPs": {},
    "f:phase": {},
    "f:podIP": {},
    "f:podIPs": { ".": {} },
    "f:startTime": {},
  },
};

const toleration = (key) => ({ effect: "NoExecute", key: `node.kubernetes.io/${key}`, operator: "Exists", tolerationSeconds: 300 });

/** A pod that runs on some node. */
function running(server, { name, namespace, labels, spec, owner, nodes, created }) {
  const number = server.pods++;
  const started = server.time();
  const node = server.next() % nodes;
  const hostIP = `192.168.${node >> 8}.${node & 255}`;
  const podIP = `10.${244 + ((number >> 16) & 3)}.${(number >> 8) & 255}.${number & 255}`;
  const token = `kube-api-access-${server.hash(5)}`;
  const containers = spec.containers.map((container) => ({
    ...container,
    volumeMounts: [{ mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", name: token, readOnly: true }],
  }));
  const projected = {
    defaultMode: 420,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
      { configMap: { items: [{ key: "ca.crt", path: "ca.crt" }], name: "kube-root-ca.crt" } },
      {
        downwardAPI: {
          items: [{ fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" }, path: "namespace" }],
        },
      },
    ],
  };
  const controllerFields = {
    "f:metadata": {
      "f:generateName": {},
      ...labelsOf({ labels }),
      "f:ownerReferences": { ".": {}, [`k:${JSON.stringify({ uid: owner.uid })}`]: {} },
    },
    "f:spec": owned(spec),
  };
  const [{ image }] = containers;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      creationTimestamp: created,
      generateName: `${owner.name}-`,
      labels,
      managedFields: [
        fields("v1", "kube-controller-manager", created, controllerFields),
        fields("v1", "kubelet", started, KUBELET_FIELDS, "status"),
      ],
      name,
      namespace,
      ownerReferences: [{ apiVersion: "apps/v1", blockOwnerDeletion: true, controller: true, ...owner }],
      resourceVersion: server.resourceVersion(),
      uid: server.uid(),
    },
    spec: {
      ...spec,
      containers,
      enableServiceLinks: true,
      nodeName: `node-${node}`,
      preemptionPolicy: "PreemptLowerPriority",
      priority: 0,
      serviceAccount: "default",
      serviceAccountName: "default",
      tolerations: [toleration("not-ready"), toleration("unreachable")],
      volumes: [{ name: token, projected }],
    },
    status: {
      conditions: CONDITIONS.map((type) => ({ lastProbeTime: null, lastTransitionTime: started, status: "True", type })),
      containerStatuses: [
        {
          containerID: `containerd://${server.digest()}`,
          image,
          imageID: `${image.split(":")[0]}@sha256:${server.digest()}`,
          lastState: {},
          name: "main",
          ready: true,
          restartCount: number % 3,
          started: true,
          state: { running: { startedAt: started } },
        },
      ],
      hostIP,
      hostIPs: [{ ip: hostIP }],
      phase: "Running",
      podIP,
      podIPs: [{ ip: podIP }],
      qosClass: "Burstable",
      startTime: started,
    },
  };
}
