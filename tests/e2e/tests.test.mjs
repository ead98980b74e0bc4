// Policy tests: beside the manifests, kept from a cell or a question, and written of the whole matrix.
import assert from "node:assert/strict";
import { test } from "node:test";

import { usePlayground } from "./harness.mjs";
import { BLANK, SHOP, eventually, playground } from "./playground.mjs";

const visit = usePlayground();

const TEST = `---
apiVersion: netpol.playground/v1
kind: ConnectivityTest
metadata: {name: closed}
spec:
  deny:
    - {from: any, to: {labels: {app: backend}}}
`;

const view = (page) => page.page.getByRole("region", { name: "Policy tests" });

async function shop(t) {
  const page = playground(await visit(t, BLANK));
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  await page.settled();
  return page;
}

test("a test that does not hold names the connection and its lines, and opens the explanation", async (t) => {
  const page = await shop(t);
  await page.paste(SHOP + TEST);
  await page.view(/^Tests/).click();
  await view(page).getByText("1 of 1 do not hold.").waitFor();
  await view(page).getByText(/default\/backend.*accepts TCP 80/).waitFor();
  await view(page).getByRole("button", { name: "Why" }).click();
  await page.why.waitFor();
  assert.match(await page.why.locator("h2").textContent(), /default\/frontend → default\/backend/);
  await page.paste(SHOP + TEST.replace("deny", "denny"));
  await page.problems.getByText(/denny/).first().waitFor();
  await page.view(/^Tests/).click();
  await view(page).getByText(/it has a mistake/).waitFor();
});

test("what a cell says is kept as a test, and fails once it says something else", async (t) => {
  const page = await shop(t);
  await page.cell("default/frontend", "default/backend").click();
  await page.why.getByRole("button", { name: "Keep as a test" }).click();
  await eventually(async () => assert.deepEqual((await page.files()).slice(-1), ["tests.yaml"]));
  await page.view(/^Tests/).getByText("hold").waitFor();
  await page.tab(/^(?!tests)/).first().click();
  await page.paste(SHOP.replaceAll("port: 80", "port: 81"));
  await page.view(/^Tests/).getByText("do not hold").waitFor();
});

test("an answer is kept by keyboard, and taken back", async (t) => {
  const page = await shop(t);
  await page.cell("default/backend", "default/frontend").click();
  await page.why.getByRole("button", { name: "Ask another" }).click();
  await page.page.getByRole("button", { name: "Ask", exact: true }).click();
  const keep = page.page.getByRole("button", { name: "Keep as a test" });
  await keep.waitFor();
  await keep.press("Enter");
  await eventually(async () => assert.deepEqual((await page.files()).slice(-1), ["tests.yaml"]));
  await page.page.locator(".toast .undo").press("Enter");
  await eventually(async () => assert.ok(!(await page.files()).includes("tests.yaml")));
});

test("the matrix is written as tests that hold", async (t) => {
  const page = playground(await visit(t));
  await page.view(/^Tests/).click();
  await page.page.getByRole("button", { name: "Write the matrix as tests" }).click();
  await view(page).getByText(/^All \d+ hold\.$/).waitFor();
  assert.ok((await page.files()).includes("tests.yaml"));
});
