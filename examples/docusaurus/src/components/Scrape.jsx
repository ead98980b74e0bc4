import { useState } from "react";

import Playground from "./Playground";

const files = [
  {
    name: "policy.yaml",
    text: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: scrape, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress]
  ingress:
  - from:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}
    ports: [{port: 9090}]
`,
  },
  {
    name: "pods.yaml",
    text: ["monitoring/prometheus", "shop/cart", "shop/search"]
      .map((pod) => pod.split("/"))
      .map(
        ([namespace, name]) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: ${namespace}, labels: {app: ${name}}}
spec: {containers: [{name: main, image: ${name}, ports: [{containerPort: 9090}]}]}
`,
      )
      .join("---\n"),
  },
];

/** A playground of this page's own manifests, and a sentence about what comes of them. */
export default function Scrape() {
  const [pairs, setPairs] = useState(null);
  const all = pairs && pairs.all + pairs.some + pairs.none;
  return (
    <>
      <Playground files={files} height="460px" label="Scraping" onResult={(result) => setPairs(result.pairs)} />
      <p role="status">{pairs && `${pairs.all + pairs.some} of ${all} pairs are connected, ${pairs.some} of them by some ports.`}</p>
    </>
  );
}
