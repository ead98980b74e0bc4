// What is found: narrowed, silenced, mended with one click and taken back with one.
import assert from "node:assert/strict";
import { test } from "node:test";

import { usePlayground } from "./harness.mjs";
import { BLANK, SHOP, deployment, eventually, playground, policy } from "./playground.mjs";

const visit = usePlayground();

const findings = (page) => page.page.getByRole("group", { name: "Findings", exact: true });

/** The codes in the list, in order. */
const codes = (page) => findings(page).locator(".finding > .where > code").allTextContents();

/** The findings of a rule. */
const of = (page, code) => findings(page).locator(".finding", { has: page.page.locator(".where > code", { hasText: code }) });

/** Opens the findings of a text. */
async function found(page, text) {
  await page.paste(text);
  await page.settled();
  await page.view(/Findings/).click();
  await findings(page).locator(".finding").first().waitFor();
}

test("a fix is shown, applied and undone", async (t) => {
  const page = playground(await visit(t, BLANK));
  // The label is misspelt, and nobody reaches the backend.
  await found(page, [deployment("frontend", 8080), deployment("backend", 80), policy("fronted", "backend", 80)].join("---\n"));
  const rule = of(page, "NP302");
  await rule.getByRole("button", { name: "Fix…" }).first().click();
  const change = rule.getByRole("group", { name: "Change", exact: true });
  await change.getByRole("button", { name: "Apply" }).waitFor();
  const text = await change.textContent();
  assert.match(text, /removed: .*app: fronted /);
  assert.match(text, /added: .*app: frontend /);
  assert.match(text, /default\/frontend → default\/backend\s*none ⇒ TCP 80/);
  await change.getByRole("button", { name: "Apply" }).click();
  await eventually(async () => assert.ok(!(await codes(page)).includes("NP302")));
  await page.view(/Matrix/).click();
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  await page.page.getByRole("button", { name: "Undo" }).click();
  await page.reads(["default/frontend", "default/backend", "none"]);
});

test("a fix adds a document and leaves what was written", async (t) => {
  const page = playground(await visit(t, BLANK));
  await found(page, `# Mine.\n${SHOP}`);
  const rule = of(page, "NP102");
  // There is more than one right way: none is made at once.
  assert.equal(await rule.getByRole("button", { name: "Fix…" }).count(), 0);
  await rule.getByRole("button", { name: "Keep the namespace's own connections…" }).waitFor();
  await rule.getByRole("button", { name: "Close everything…" }).click();
  await rule.getByRole("button", { name: "Apply" }).click();
  await eventually(async () => assert.ok(!(await codes(page)).includes("NP102")));
  await eventually(async () => assert.match(await page.problems.textContent(), /No problems/));
  assert.match(await page.content.textContent(), /^# Mine\./);
});

test("superseded policies are rewritten together, and that is undone", async (t) => {
  const page = playground(await visit(t, BLANK));
  const head = "apiVersion: policy.networking.k8s.io/v1alpha1\nkind:";
  const rules = "subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]";
  const admin = `${head} AdminNetworkPolicy\nmetadata: {name: all}\nspec: {priority: 1, ${rules}} # First.\n`;
  const baseline = `${head} BaselineAdminNetworkPolicy\nmetadata: {name: default}\nspec: {${rules}}\n`;
  await found(page, [deployment("web", 80), admin, baseline].join("---\n"));
  const rule = of(page, "NP321");
  await rule.getByRole("button", { name: "Rewrite all 2 policies…" }).click();
  const change = rule.getByRole("group", { name: "Change", exact: true });
  await change.getByRole("button", { name: "Apply" }).waitFor();
  const text = await change.textContent();
  assert.match(text, /rewrite 2 policies as ClusterNetworkPolicies; every cell stays the same/);
  assert.match(text, /default: its priority is 1000, the last/);
  assert.match(text, /added: .*tier: Admin, priority: 1,/);
  assert.match(text, /Changes no cell/);
  await change.getByRole("button", { name: "Apply" }).click();
  await eventually(async () => assert.ok(!(await codes(page)).includes("NP321")));
  assert.match(await page.content.textContent(), /tier: Admin, priority: 1, .* # First\./);
  await page.page.getByRole("button", { name: "Undo" }).click();
  await eventually(async () => assert.ok((await codes(page)).includes("NP321")));
});

test("findings are narrowed by severity, namespace, rule and standard", async (t) => {
  const page = playground(await visit(t));
  await page.settled();
  await page.view(/Findings/).click();
  await findings(page).locator(".finding").first().waitFor();
  const all = await codes(page);
  const bar = findings(page).getByRole("group", { name: "Narrow the list" });
  await bar.getByRole("button", { name: /high/ }).click();
  await eventually(async () => assert.ok((await codes(page)).length < all.length));
  await bar.getByRole("button", { name: "Show all" }).click();
  await eventually(async () => assert.deepEqual(await codes(page), all));
  await bar.getByRole("combobox", { name: "Rule" }).selectOption(all[1]);
  await eventually(async () => assert.deepEqual(await codes(page), [all[1]]));
  await bar.getByRole("button", { name: "Show all" }).click();
  await bar.getByRole("combobox", { name: "Standard" }).selectOption("MITRE ATT&CK");
  await eventually(async () => {
    const left = await codes(page);
    assert.ok(left.length > 0 && left.length < all.length, left.join());
  });
  await bar.getByRole("button", { name: "Show all" }).click();

  const table = findings(page).getByRole("table");
  const row = table.getByRole("row").filter({ has: page.page.getByRole("button", { name: "data", exact: true }) });
  assert.deepEqual((await row.getByRole("cell").allTextContents()).slice(0, 3), ["3", "all", "all"]);
  await row.getByRole("button").click();
  await eventually(async () => {
    const subjects = await findings(page).locator(".subject").allTextContents();
    assert.ok(subjects.length > 0 && subjects.every((subject) => /data/.test(subject)), subjects.join());
  });
  await row.getByRole("button").click();
  await eventually(async () => assert.deepEqual(await codes(page), all));
});

test("a silenced finding stays in the list and is not counted", async (t) => {
  const page = playground(await visit(t, BLANK));
  const open = SHOP.replace("name: frontend-to-backend", "name: frontend-to-backend, annotations: { netpol.playground/ignore: 'NP201, NP106' }")
    .replace(/ {2}ingress:[^]*$/, "  ingress: [{}]\n");
  await found(page, open);
  // What follows from it is silenced with it, or it would be listed by itself.
  const rule = of(page, "NP201");
  await rule.getByText("silenced", { exact: true }).waitFor();
  const counted = async () => {
    const badges = await page.view(/Findings/).locator(".badge").allTextContents();
    return badges.reduce((sum, text) => sum + Number.parseInt(text, 10), 0);
  };
  const silenced = await counted();
  await page.paste(open.replace("NP201, NP106", "NP999"));
  await eventually(async () => assert.equal(await counted(), silenced + 1));
});

test("a rule is read about, and its example opened", async (t) => {
  const page = playground(await visit(t, BLANK));
  await found(page, SHOP);
  const rule = of(page, "NP103").first();
  await rule.getByRole("button", { name: "Why" }).click();
  await rule.getByText("About NP103, with an example").click();
  await rule.getByText("It is found here").waitFor();
  await rule.getByText("Mended", { exact: true }).waitFor();
  await rule.getByRole("button", { name: "Open this example" }).click();
  await eventually(async () => assert.deepEqual(await page.files(), ["np103.yaml"]));
  await eventually(async () => assert.ok((await codes(page)).includes("NP103")));
});

test("a list is worked through with the keyboard alone", async (t) => {
  const page = playground(await visit(t, BLANK));
  const bare = (name) => deployment("web", 80).replace("name: web }", `name: web, namespace: ${name} }`);
  const { keyboard } = page.page;
  await found(page, [bare("one"), bare("two"), bare("three"), policy("frontend", "backend", 80)].join("---\n"));
  const at = () => page.page.evaluate(() => document.activeElement.closest(".finding")?.textContent ?? "");
  await findings(page).locator(".finding").first().focus();
  const first = await at();
  await keyboard.press("j");
  await eventually(async () => assert.notEqual(await at(), first));
  await keyboard.press("k");
  await eventually(async () => assert.equal(await at(), first));

  await keyboard.press("ArrowRight");
  await findings(page).getByText("What follows from it").or(findings(page).getByLabel("What follows from it")).waitFor();
  await keyboard.press("ArrowLeft");
  await findings(page).getByLabel("What follows from it").waitFor({ state: "detached" });

  const count = (await codes(page)).length;
  await keyboard.press("s");
  await findings(page).getByRole("button", { name: "Apply" }).waitFor();
  await keyboard.press("a");
  await eventually(async () => assert.equal(await findings(page).locator(".finding.silenced").count(), 1));
  assert.equal((await codes(page)).length, count);
  assert.match(await page.content.textContent(), /netpol\.playground\/ignore/);
  await eventually(async () => assert.ok((await at()).length > 0, "the keyboard stays in the list"));
  await keyboard.press("u");
  await eventually(async () => assert.equal(await findings(page).locator(".finding.silenced").count(), 0));

  await keyboard.press("Home");
  await keyboard.press("Enter");
  await eventually(async () => assert.match(await page.why.textContent(), /allowed|some ports/));
});

test("what concerns the file in front comes first", async (t) => {
  const page = playground(await visit(t));
  await page.page.getByRole("button", { name: /Examples/ }).click();
  await page.page.getByRole("group", { name: "Examples" }).getByText("Namespace isolation", { exact: false }).first().click();
  await page.settled();
  await page.view(/Findings/).click();
  await findings(page).locator(".finding").first().waitFor();
  // The example is fetched and analysed meanwhile.
  await eventually(async () => assert.equal((await codes(page))[0], "NP310"));
});
