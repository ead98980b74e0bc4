// Sparse clusters of any size with policies of all kinds, the same at every run: namespaces of an application each, with
// tiers that speak to the next, a default deny, DNS, and a few ways in and out.

const TIERS = ["web", "api", "worker", "cache", "db"];
const PORTS = { web: 8080, api: 8443, worker: 9000, cache: 6379, db: 5432 };

/**
 * Files, one for each namespace, with this many workloads and policies in all: NetworkPolicies, or where `allKinds` is
 * true, three cluster-scoped ones for each of them.
 */
export function cluster(workloads, policies, allKinds = false) {
  const namespaces = Math.max(2, Math.round(workloads / 25));
  const files = Array.from({ length: namespaces }, (_, n) => [namespace(n)]);
  for (let n = 0; n < workloads; n++) files[n % namespaces].push(deployment(n, n % namespaces));
  for (let n = 0; n < policies; n++) {
    const isNamespaced = !allKinds || n % 4 === 0;
    const number = allKinds ? Math.floor(n / 4) : n;
    const text = isNamespaced ? policy(number, n % namespaces, namespaces) : clusterPolicy(n, namespaces);
    files[n % namespaces].push(text);
  }
  return files.map((documents, n) => ({ name: `${name(n)}.yaml`, text: documents.join("---\n") }));
}

/** Edits of these files, as `forms.mjs` has them: the first port of a policy of the last half of each file. */
export function editsOf(files) {
  const policies = files.flatMap(({ text }, file) => {
    const found = text.slice(text.length / 2).match(/(?<=^ *(?:- )?port: )\d{4}$/m);
    const at = Math.floor(text.length / 2) + (found?.index ?? 0);
    return found ? [{ file, at, remove: 4, insert: String(9900 - file) }] : [];
  });
  return { policies, pods: [] };
}

const name = (n) => `team-${n}`;

const namespace = (n) => `apiVersion: v1
kind: Namespace
metadata:
  name: ${name(n)}
  labels:
    stage: ${n % 3 === 0 ? "production" : "staging"}
`;

function deployment(n, space) {
  const tier = TIERS[n % TIERS.length];
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${tier}-${n}
  namespace: ${name(space)}
spec:
  replicas: ${1 + (n % 3)}
  selector:
    matchLabels:
      app: app-${n}
  template:
    metadata:
      labels:
        app: app-${n}
        tier: ${tier}
        team: ${name(space)}
    spec:
      containers:
      - name: main
        image: registry.example/${tier}:1
        ports:
        - name: main
          containerPort: ${PORTS[tier]}
`;
}

function policy(n, space, namespaces) {
  const head = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: policy-${n}
  namespace: ${name(space)}
spec:
`;
  const to = TIERS[(n + 1) % TIERS.length];
  const from = TIERS[n % TIERS.length];
  switch (Math.floor(n / namespaces) % 6) {
    case 0:
      return `${head}  podSelector: {}
  policyTypes: [Ingress, Egress]
  ingress:
  - from:
    - podSelector: {}
    ports:
    - port: ${9090 + (n % 50)}
`;
    case 1:
      return `${head}  podSelector:
    matchLabels:
      tier: ${to}
  ingress:
  - from:
    - podSelector:
        matchLabels:
          tier: ${from}
    ports:
    - port: main
`;
    case 2:
      return `${head}  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
    ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
`;
    case 3:
      return `${head}  podSelector:
    matchExpressions:
    - {key: tier, operator: In, values: [${from}, ${to}]}
  policyTypes: [Egress]
  egress:
  - to:
    - podSelector:
        matchLabels:
          team: ${name(space)}
    ports:
    - port: ${PORTS[to]}
      endPort: ${PORTS[to] + 10}
`;
    case 4:
      return `${head}  podSelector:
    matchLabels:
      tier: web
  ingress:
  - from:
    - ipBlock:
        cidr: 10.${n % 200}.0.0/16
        except:
        - 10.${n % 200}.${n % 250}.0/24
    ports:
    - port: 8080
`;
    default:
      return `${head}  podSelector:
    matchLabels:
      tier: api
  ingress:
  - from:
    - namespaceSelector:
        matchLabels:
          stage: production
      podSelector:
        matchLabels:
          tier: worker
    ports:
    - port: 8443
`;
  }
}

/** AdminNetworkPolicies and ClusterNetworkPolicies of both tiers, each for a team, a stage or a tier of all teams. */
function clusterPolicy(n, namespaces) {
  const team = `{matchLabels: {kubernetes.io/metadata.name: ${name(n % namespaces)}}}`;
  const subject = [
    `namespaces: ${team}`,
    "namespaces: {matchLabels: {stage: production}}",
    `pods: {namespaceSelector: {}, podSelector: {matchLabels: {tier: ${TIERS[n % TIERS.length]}}}}`,
    `namespaces: ${team}`,
    `pods: {namespaceSelector: ${team}, podSelector: {}}`,
  ][n % 5];
  const port = 8000 + (n % 60);
  if (n % 4 === 1) {
    return `apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata:
  name: admin-${n}
spec:
  priority: ${n % 1000}
  subject: {${subject}}
  ingress:
  - action: Pass
    from: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: ${name((n + 7) % namespaces)}}}}]
  - action: Allow
    from: [{pods: {namespaceSelector: {matchLabels: {stage: production}}, podSelector: {matchLabels: {tier: web}}}}]
    ports: [{portNumber: {protocol: TCP, port: ${port}}}, {namedPort: main}]
  egress:
  - action: Deny
    to: [{networks: [10.${n % 200}.0.0/16, 172.${16 + (n % 16)}.0.0/16]}]
    ports: [{portRange: {protocol: TCP, start: ${port}, end: ${port + 100}}}]
`;
  }
  const tier = n % 4 === 2 ? "Admin" : "Baseline";
  return `apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata:
  name: ${tier.toLowerCase()}-${n}
spec:
  tier: ${tier}
  priority: ${n % 1000}
  subject: {${subject}}
  ingress:
  - action: Deny
    from: [{namespaces: {matchExpressions: [{key: stage, operator: NotIn, values: [production]}]}}]
    protocols: [{tcp: {destinationPort: {range: {start: ${port}, end: ${port + 20}}}}}]
  - action: Accept
    from: [{namespaces: ${team}}]
  egress:
  - action: Accept
    to: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]
    protocols: [{udp: {destinationPort: {number: 53}}}, {tcp: {destinationPort: {number: 53}}}]
`;
}
