// Dense clusters of any size, the same at every run: namespaces × workloads × policies in which much is allowed, and
// much of it in different ways.
//
// A cluster is a list of plain objects as they are written, without what an API server adds; `live.mjs` adds that.

const TIERS = ["web", "api", "worker", "cache", "db"];
const PORTS = { web: 8080, api: 8443, worker: 9000, cache: 6379, db: 5432 };
const STAGES = ["production", "production", "staging", "production", "sandbox", "staging"];
const REGIONS = ["north", "south", "east"];

/** How many workloads a namespace has. */
const WORKLOADS_OF_A_NAMESPACE = 25;

const labels = (matchLabels) => ({ matchLabels });
const expressions = (...matchExpressions) => ({ matchExpressions });
const isIn = (key, ...values) => ({ key, operator: "In", values });
const isNotIn = (key, ...values) => ({ key, operator: "NotIn", values });
const exists = (key) => ({ key, operator: "Exists" });
const lacks = (key) => ({ key, operator: "DoesNotExist" });
const range = (port, endPort, protocol = "TCP") => ({ port, endPort, protocol });
const port = (port, protocol = "TCP") => ({ port, protocol });

/** The tiers whose pods are those of StatefulSets; the others are Deployments. */
const STATEFUL = ["cache", "db"];

/** The namespaces, each with its objects in the order of a manifest: itself, workloads, services, policies. */
export function dense(workloads, policies) {
  const count = Math.max(4, Math.round(workloads / WORKLOADS_OF_A_NAMESPACE));
  const spaces = Array.from({ length: count }, (_, n) => space(n));
  for (let n = 0; n < workloads; n++) {
    const { name, objects } = spaces[n % count];
    const made = workload(n, name, Math.floor(n / count));
    objects.push(made);
    if (made.kind === "StatefulSet" || n % 3 !== 2) objects.push(service(made));
  }
  for (let n = 0; n < policies; n++) {
    const { name, objects } = spaces[n % count];
    objects.push(policy(n, n % count, name, Math.floor(n / count), count, workloads));
  }
  return spaces;
}

function space(n) {
  const name = n === 0 ? "kube-system" : n === 1 ? "monitoring" : `team-${n}`;
  const labels = { "kubernetes.io/metadata.name": name, team: `t${n % 16}`, stage: STAGES[n % STAGES.length] };
  if (n % 8 !== 5) labels.region = REGIONS[n % REGIONS.length];
  return { name, objects: [{ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } }] };
}

function workload(n, namespace, ofSpace) {
  const tier = TIERS[ofSpace % TIERS.length];
  const app = `${tier}-${n}`;
  const ports = [{ containerPort: PORTS[tier] + (ofSpace % 10 === 9 ? 1 : 0), name: "main", protocol: "TCP" }];
  if (ofSpace % 3 === 0) ports.push({ containerPort: 9090, name: "metrics", protocol: "TCP" });
  if (namespace === "kube-system") ports.push({ containerPort: 53, name: "dns", protocol: "UDP" });
  const pod = { app, tier, "app.kubernetes.io/part-of": namespace };
  if (ofSpace % 7 === 3) pod.exposed = "true";
  const env = [
    { name: "LOG_LEVEL", value: "info" },
    { name: "UPSTREAM", value: `http://api.${namespace}.svc.cluster.local:8443` },
    { name: "POD_IP", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "status.podIP" } } },
  ];
  const isStateful = STATEFUL.includes(tier);
  return {
    apiVersion: "apps/v1",
    kind: isStateful ? "StatefulSet" : "Deployment",
    metadata: { name: app, namespace, labels: { app } },
    spec: {
      ...(isStateful && { serviceName: app }),
      replicas: n % 8 === 0 ? 2 : 1,
      selector: labels({ app }),
      template: {
        metadata: { labels: pod },
        spec: {
          containers: [
            {
              name: "main",
              image: `registry.example/${namespace}/${tier}:1.${n % 20}.${n % 7}`,
              ...(n % 3 === 0 && { env }),
              ports,
              resources: { limits: { cpu: "500m", memory: "256Mi" }, requests: { cpu: "100m", memory: "128Mi" } },
            },
          ],
        },
      },
    },
  };
}

const service = ({ metadata: { name, namespace } }) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace, labels: { app: name } },
  spec: { ports: [{ name: "main", port: 80, protocol: "TCP", targetPort: "main" }], selector: { app: name } },
});

/** The `turn`th policy of a namespace; the first three are those that most namespaces of a large cluster have. */
function policy(n, place, namespace, turn, spaces, workloads) {
  const spec = TEMPLATES[turn % TEMPLATES.length]({ n, place, namespace, spaces, workloads });
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: `policy-${n}`, namespace },
    spec,
  };
}

/** Addresses outside of the cluster: a company's networks, of which there are some tens. */
const outside = (n) => ({
  ipBlock: { cidr: `172.${16 + (n % 12)}.0.0/16`, except: [`172.${16 + (n % 12)}.${n % 5}.0/24`] },
});
const internet = { ipBlock: { cidr: "0.0.0.0/0", except: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"] } };

/** A port of one number that an edit may change: each policy has one, from 8100 to 8899. */
const own = (n) => port(8100 + ((n * 37) % 800));

const TEMPLATES = [
  // What a namespace does among itself, and DNS.
  ({ n, namespace }) => ({
    podSelector: {},
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ from: [{ podSelector: {} }], ports: [range(6000 + (n % 30), 9100), own(n), port("main")] }],
    egress: [
      { to: [{ podSelector: expressions(isIn("app.kubernetes.io/part-of", namespace)) }], ports: [range(5000, 9000 + (n % 40))] },
      { to: [{ namespaceSelector: labels({ "kubernetes.io/metadata.name": "kube-system" }) }], ports: [port("dns", "UDP"), port(53)] },
    ],
  }),
  // Who may come in from other namespaces.
  ({ n, place }) => ({
    podSelector: expressions(isIn("tier", "web", "api", "worker")),
    policyTypes: ["Ingress"],
    ingress: [
      {
        from: [
          {
            namespaceSelector: expressions(isIn("stage", "production", place % 3 ? "staging" : "sandbox"), exists("region")),
            podSelector: expressions(isNotIn("tier", "db", "cache")),
          },
        ],
        ports: [port("main"), range(8000 + (place % 12) * 10, 8600 + (place % 9) * 20), own(n)],
      },
      { from: [outside(place)], ports: [port(PORTS.web), range(8440, 8450 + (place % 10))] },
    ],
  }),
  // Where its workloads may go.
  ({ n, place }) => ({
    podSelector: expressions(isNotIn("tier", "cache", "db")),
    policyTypes: ["Egress"],
    egress: [
      {
        to: [
          {
            namespaceSelector: expressions(isNotIn("stage", "sandbox")),
            podSelector: expressions(isIn("tier", "web", "api", ...(place % 2 ? ["worker"] : []))),
          },
        ],
        ports: [range(7900 + (place % 14) * 25, 9050 + (place % 6) * 10), own(n)],
      },
      { to: [internet, outside(place + 3)], ports: [port(443), range(9400, 9400 + (place % 20))] },
    ],
  }),
  // Metrics, by the names of ports.
  ({ n }) => ({
    podSelector: expressions(lacks("no-metrics")),
    policyTypes: ["Ingress"],
    ingress: [
      { from: [{ namespaceSelector: labels({ "kubernetes.io/metadata.name": "monitoring" }) }], ports: [port("metrics"), own(n)] },
    ],
  }),
  // One application, both ways.
  ({ n, place, spaces, workloads }) => {
    const ofSpace = n % 5;
    const app = `${TIERS[ofSpace]}-${Math.min(place + ofSpace * spaces, workloads - 1)}`;
    return {
      podSelector: labels({ app }),
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        {
          from: [{ namespaceSelector: expressions(isIn("team", `t${place % 16}`, `t${(place + 5) % 16}`)), podSelector: expressions(isIn("tier", "api", "worker")) }],
          ports: [own(n), port("main"), range(5000 + (n % 25), 5999)],
        },
      ],
      egress: [
        { to: [{ namespaceSelector: expressions(isIn("team", `t${(place + 2) % 16}`)) }, outside(n)], ports: [range(8000, 8100 + (n % 300)), port(443)] },
      ],
    };
  },
  // Databases of the region.
  ({ n, place }) => ({
    podSelector: expressions(isIn("tier", "db", "cache")),
    policyTypes: ["Ingress"],
    ingress: [
      {
        from: [{ namespaceSelector: labels({ region: REGIONS[place % REGIONS.length] }), podSelector: labels({ tier: "api" }) }],
        ports: [port("main"), own(n)],
      },
    ],
  }),
  ({ n, place }) => ({
    podSelector: labels({ tier: "api" }),
    policyTypes: ["Egress"],
    egress: [
      {
        to: [{ namespaceSelector: labels({ region: REGIONS[place % REGIONS.length] }), podSelector: expressions(isIn("tier", "db", "cache")) }],
        ports: [range(5400, 5500 + (place % 8)), range(6300, 6400), own(n)],
      },
    ],
  }),
  // What may be reached from the outside.
  ({ n }) => ({
    podSelector: labels({ exposed: "true" }),
    policyTypes: ["Ingress"],
    ingress: [{ from: [internet, outside(n)], ports: [port("main"), own(n)] }],
  }),
  // Media: other protocols.
  ({ n, place }) => ({
    podSelector: labels({ tier: "worker" }),
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      { from: [{ namespaceSelector: expressions(exists("region")), podSelector: labels({ tier: "worker" }) }], ports: [range(10000, 10100 + (place % 30), "UDP"), port(3868, "SCTP"), own(n)] },
    ],
    egress: [{ to: [{ namespaceSelector: {}, podSelector: labels({ tier: "worker" }) }], ports: [range(10000 + (place % 20), 20000, "UDP"), port(3868, "SCTP"), range(8000, 8999)] }],
  }),
  ({ n, place }) => ({
    podSelector: expressions(isIn("tier", "web"), lacks("exposed")),
    policyTypes: ["Egress"],
    egress: [{ to: [{ ipBlock: { cidr: "10.64.0.0/10", except: [`10.${64 + (place % 20)}.0.0/16`, "10.100.0.0/24"] } }], ports: [own(n), port(443)] }],
  }),
];
