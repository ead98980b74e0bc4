// Policies of the whole cluster: the reason goes through the tiers in order, and domains are rows.
import assert from "node:assert/strict";
import { test } from "node:test";

import { usePlayground } from "./harness.mjs";
import { BLANK, eventually, playground } from "./playground.mjs";

const visit = usePlayground();

const namespace = (name, zone) => `apiVersion: v1
kind: Namespace
metadata: { name: ${name}, labels: { zone: ${zone} } }
`;

const pod = (namespace, name) => `apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: ${namespace}, labels: { app: ${name} } }
spec: { containers: [{ name: main, image: "${name}:1", ports: [{ containerPort: 80 }] }] }
`;

const rule = (action, namespaces) => `  - { name: ${action.toLowerCase()}-it, action: ${action}, from: [{ namespaces: ${namespaces} }] }
`;

const SUBJECT = "subject: { namespaces: { matchLabels: { zone: app } } }";

/** Monitoring is left to the owners: one has no say in it, one forbids it. */
const CLUSTER = [
  namespace("bar", "app"),
  namespace("plain", "app"),
  namespace("watch", "platform"),
  pod("bar", "srv"),
  pod("plain", "old"),
  pod("watch", "prom"),
  `apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: { name: delegate }
spec:
  priority: 10
  ${SUBJECT}
  ingress:
${rule("Pass", "{ matchLabels: { zone: platform } }")}${rule("Deny", "{}")}`,
  `apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: { name: default }
spec:
  ${SUBJECT}
  ingress:
${rule("Deny", "{}")}`,
  `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: friends, namespace: bar }
spec:
  podSelector: {}
  ingress: [{ from: [{ podSelector: {} }] }]
`,
].join("---\n");

/** The tiers of the ingress end, each with its steps. */
const tiers = (page) =>
  page.why
    .locator("section", { hasText: "Ingress to" })
    .locator(".tier")
    .evaluateAll((tiers) =>
      tiers.map((tier) => [
        tier.querySelector("h4").textContent,
        ...[...tier.querySelectorAll("li")].map((step) => step.textContent),
      ]),
    );

test("what an Admin rule passes is denied by the next tier that has a say", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(CLUSTER);
  await page.reads(["watch/prom", "bar/srv", "none"], ["watch/prom", "plain/old", "none"], ["bar/srv", "watch/prom", "all"]);

  await page.cell("watch/prom", "bar/srv").click();
  await eventually(async () => {
    const [admin, network, ...others] = await tiers(page);
    assert.equal(admin[0], "Admin tier");
    assert.match(admin[1], /delegate rule 1 \(pass-it\): Pass .*passes on to the NetworkPolicies/);
    assert.match(admin[2], /rule 2 \(deny-it\): .*decides nothing here, as rule 1 comes first/);
    assert.equal(network[0], "NetworkPolicies");
    assert.match(network.at(-1), /what none of their rules allows is denied.*the Baseline tier is not asked/);
    assert.deepEqual(others, []);
  });

  await page.cell("watch/prom", "plain/old").click();
  await eventually(async () => {
    const [admin, baseline, ...others] = await tiers(page);
    assert.match(admin[1], /no NetworkPolicy selects plain\/old for ingress, so the Baseline tier is asked/);
    assert.equal(baseline[0], "Baseline tier");
    assert.match(baseline[1], /default rule 1 \(deny-it\): Deny matches any pod of any namespace/);
    assert.deepEqual(others, []);
  });
});

test("what the Admin tier denies says that no NetworkPolicy can allow it", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(CLUSTER);
  await page.reads(["plain/old", "bar/srv", "none"]);
  await page.cell("plain/old", "bar/srv").click();
  await page.why.getByText("the Admin tier has decided everything: no NetworkPolicy is asked").waitFor();
  await page.why.getByText("In the way").waitFor();
  assert.match(await page.why.textContent(), /rule 2 of AdminNetworkPolicy delegate denies it before any NetworkPolicy/);
  assert.equal(await page.why.getByRole("group", { name: "To allow it" }).count(), 0);
  // The lines of the rule.
  await page.why.getByRole("listitem").filter({ hasText: "Deny matches" }).getByRole("button", { name: /yaml:/ }).click();
  await eventually(async () => assert.match((await page.lit()).join("\n"), /deny-it/));
});

test("a domain is a column that can be asked about", async (t) => {
  const page = playground(await visit(t, BLANK));
  const egress = `apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: { name: web }
spec:
  tier: Admin
  priority: 1
  subject: { namespaces: {} }
  egress:
  - { action: Accept, to: [{ domainNames: ["*.example.com"] }], protocols: [{ tcp: { destinationPort: { number: 443 } } }] }
  - { action: Deny, to: [{ networks: ["0.0.0.0/0", "::/0"] }] }
`;
  await page.paste([namespace("bar", "app"), pod("bar", "srv"), egress].join("---\n"));
  await page.reads(["bar/srv", "*.example.com", "TCP 443"], ["bar/srv", "any other IPv4 address", "none"]);
  await page.view(/Matrix/).focus();
  await page.page.keyboard.press("q");
  const question = page.page.getByRole("complementary", { name: "Question" });
  await question.getByRole("combobox", { name: "Source" }).fill("srv");
  await question.getByRole("combobox", { name: "Destination" }).fill("www.example.com");
  await question.getByRole("textbox", { name: "Port" }).fill("443");
  await page.page.keyboard.press("Enter");
  await eventually(async () => {
    assert.match(await question.textContent(), /Yes: bar\/srv can reach www\.example\.com \(\*\.example\.com\) on TCP 443/);
  });
});
