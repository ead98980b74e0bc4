// No state of the page breaks a rule of axe-core, in light and in dark, on a desk and on a phone.
import assert from "node:assert/strict";
import { test } from "node:test";

import axe from "axe-core";

import { usePlayground } from "./harness.mjs";
import { BLANK, SHOP, playground, policy } from "./playground.mjs";

const visit = usePlayground();

async function violations(page, state) {
  await page.page.evaluate(axe.source);
  const found = await page.page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, help, nodes }) => `${id} (${help}): ${nodes.map((node) => node.html).join(" | ")}`);
  });
  assert.deepEqual(found, [], state);
}

for (const colorScheme of ["light", "dark"]) {
  test(`every state, ${colorScheme}`, async (t) => {
    const page = playground(await visit(t, { colorScheme }));
    await page.settled();
    await violations(page, "an example");

    await page.paste(`${SHOP}---\nkind: [\n`);
    await page.reads(["default/frontend", "default/backend", "TCP 80"]);
    await page.head("default/frontend").press("Enter");
    await page.about.getByText("Rules that match it").waitFor();
    await violations(page, "a workload");
    await page.about.getByRole("button", { name: "frontend-to-backend" }).first().click();
    await page.about.getByText(/cells? would change/).waitFor();
    await violations(page, "a policy");
    await page.about.getByRole("button", { name: "Close" }).click();

    await page.cell("default/frontend", "default/backend").click();
    await page.why.getByRole("button", { name: /:\d+/ }).first().waitFor();
    await violations(page, "a reason");

    await page.cell("any other IPv4 address", "default/backend").click();
    await page.why.getByRole("button", { name: "TCP 80" }).click();
    await page.why.getByRole("button", { name: "Apply" }).waitFor();
    await violations(page, "a change");

    await page.why.getByRole("button", { name: "Ask another" }).click();
    await page.page.getByRole("button", { name: "Ask", exact: true }).click();
    await page.page.getByRole("button", { name: "Show the cell" }).waitFor();
    await violations(page, "a question");

    await page.problems.getByRole("button", { name: /^Problems/ }).click();
    await page.page.locator("#problem-list").waitFor();
    await violations(page, "the problems");

    await page.view(/Findings/).click();
    await page.page.getByRole("group", { name: "Findings" }).waitFor();
    await violations(page, "the findings");
    await page.page.goto(new URL("?example=NP402&view=findings", page.page.url()).href);
    await page.page.getByRole("button", { name: "Fix…" }).first().click();
    await page.page.getByRole("button", { name: "Apply" }).waitFor();
    await violations(page, "a fix");

    await page.page.getByRole("button", { name: "Examples" }).click();
    await page.page.getByRole("group", { name: "Examples" }).waitFor();
    await violations(page, "the examples");
    await page.page.keyboard.press("Escape");

    await page.page.getByRole("button", { name: "Share" }).click();
    await page.page.getByTestId("link").waitFor();
    await violations(page, "a link");
    await page.page.keyboard.press("Escape");

    await page.page.getByRole("button", { name: "More", exact: true }).click();
    await page.page.getByRole("region", { name: "History" }).getByRole("listitem").first().waitFor();
    await violations(page, "the history");
    await page.page.keyboard.press("Escape");

    await page.page.getByRole("button", { name: "Options" }).click();
    await page.page.getByRole("group", { name: "Options" }).waitFor();
    await violations(page, "the options");
    await page.page.keyboard.press("Escape");

    await page.page.getByRole("button", { name: "Help and shortcuts" }).click();
    await page.page.getByRole("dialog").waitFor();
    await violations(page, "the help");
    await page.page.keyboard.press("Escape");

  });

  test(`nothing to show, ${colorScheme}`, async (t) => {
    const page = playground(await visit(t, { ...BLANK, colorScheme }));
    await page.paste("a: 1");
    await page.page.getByRole("heading", { name: "Nothing of this can be analysed yet" }).waitFor();
    await violations(page, "nothing read");

    await page.paste(policy("frontend", "backend", 80) + "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: { name: a }\n");
    await page.results.getByText("is not evaluated").waitFor();
    await page.view(/Findings/).click();
    await page.page.getByRole("button", { name: "Add example pods" }).waitFor();
    await violations(page, "policies alone, and one that is not evaluated");
  });

  test(`a phone, ${colorScheme}`, async (t) => {
    const page = playground(await visit(t, { colorScheme, viewport: { width: 390, height: 780 }, hasTouch: true }));
    await page.settled();
    const panes = page.page.getByRole("navigation", { name: "Panes" });
    await panes.getByRole("button", { name: "Results" }).click();
    await page.grid.waitFor();
    await violations(page, "the results");
    const wide = await page.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `the page is ${wide} px too wide`);
    await panes.getByRole("button", { name: "Manifests" }).click();
    await page.content.waitFor();
    await violations(page, "the manifests");
  });
}

for (const [colorScheme, width] of [["light", 1440], ["dark", 390]]) {
  test(`training, ${colorScheme}`, async (t) => {
    const page = playground(await visit(t, { colorScheme, viewport: { width, height: 844 }, at: "?lab=and-or" }));
    const task = page.page.getByRole("region", { name: "Task" });
    await task.locator(".goals .mark").first().waitFor();
    await task.getByRole("button", { name: "A hint" }).click();
    await task.getByRole("button", { name: "Show the solution" }).click();
    await violations(page, "a lab");

    if (width < 640) await page.page.getByRole("button", { name: "Results" }).click();
    await page.view(/^Tests/).click();
    await violations(page, "no tests");
    await page.page.getByRole("button", { name: "Write the matrix as tests" }).click();
    if (width < 640) await page.page.getByRole("button", { name: "Results" }).click();
    await page.page.getByText(/^All \d+ hold/).waitFor();
    await violations(page, "tests");

    await page.view("Labs").click();
    await page.page.getByRole("button", { name: "Predict" }).click();
    await page.page.getByRole("button", { name: "Denied", exact: true }).click();
    await page.why.locator(".ends").waitFor();
    await violations(page, "a quiz");
    await page.page.getByRole("button", { name: "End", exact: true }).click();
    await page.page.getByRole("button", { name: "Sit an exam" }).click();
    await page.page.getByRole("navigation", { name: "Exam" }).getByText(/min left/).waitFor();
    await task.locator(".goals .mark").first().waitFor();
    await violations(page, "an exam");
    await page.page.getByRole("navigation", { name: "Exam" }).getByRole("button", { name: "Hand in" }).click();
    await page.page.getByRole("heading", { name: "Revise" }).waitFor();
    await violations(page, "the result of an exam");
  });
}
