// Labs: solved by what a policy does, with a wrong answer first; drafts, quizzes and exams.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { usePlayground } from "./harness.mjs";
import { BLANK, eventually, playground } from "./playground.mjs";

const visit = usePlayground();

const markdown = (id) => readFile(new URL(`../../labs/${id}.md`, import.meta.url), "utf8");

/** The first fence of a section of a lab: of its solution, or of an answer below `###`. */
function fence(text, heading) {
  const section = text.slice(text.indexOf(`\n${heading}\n`));
  return /```yaml[^\n]*\n([^]*?)```/.exec(section)[1];
}

const task = (page) => page.page.getByRole("region", { name: "Task" });
const goals = (page) => task(page).locator(".goals li");

/** The marks of the goals: ✓ and ✕. */
const marks = (page) =>
  goals(page).evaluateAll((all) => all.map((goal) => goal.querySelector(".mark")?.textContent.trim()));

async function answer(page, text) {
  await page.paste(text);
  await page.settled();
}

/** Writes the solution of a lab, into as many files as it has. */
async function solve(page, text) {
  const section = /\n## Solution\n[^]*?(?=\n## |$)/.exec(text)[0];
  for (const [, name, solution] of section.matchAll(/```yaml *([^\n]*)\n([^]*?)```/g)) {
    if (name) await page.tab(name).click();
    await page.paste(solution);
  }
  await page.settled();
}

const solved = (page) => task(page).getByText(/Solved\./);

test("a lab is opened from the list, failed with a counterexample, and solved", async (t) => {
  const text = await markdown("and-or");
  const page = playground(await visit(t));
  await page.view("Labs").click();
  const mistakes = page.page.getByRole("region", { name: "Find the mistake" });
  await mistakes.getByRole("button", { name: "More get in than were named" }).click();
  await task(page).getByText("Mend the policy.").waitFor();
  assert.match(page.page.url(), /\?lab=and-or$/);
  await eventually(async () => assert.deepEqual(await page.files(), ["cluster.yaml", "policy.yaml"]));
  await eventually(async () => assert.ok((await marks(page)).includes("✕")));
  assert.equal(await solved(page).count(), 0);

  await answer(page, fence(text, "### The namespaces alone"));
  const said = /shop\/api still accepts TCP 8080 from ops\/notebook/;
  await eventually(async () => assert.match(await task(page).locator(".goals").textContent(), said));
  await task(page).locator(".goals").getByRole("button", { name: "Why" }).first().click();
  await page.why.waitFor();
  assert.match(await page.why.locator("h2").textContent(), /ops\/notebook → shop\/api/);

  await answer(page, fence(text, "## Solution"));
  await solved(page).waitFor();
  assert.deepEqual([...new Set(await marks(page))], ["✓"]);
  await page.page.reload();
  await solved(page).waitFor();
  await page.view("Labs").click();
  await page.page.getByText(/^1 of \d+ solved$/).waitFor();
});

test("any manifest that does what is asked for solves a lab", async (t) => {
  for (const [id, right] of [["and-or", "### Both conditions as expressions"]]) {
    const page = playground(await visit(t, { at: `?lab=${id}` }));
    await eventually(async () => assert.ok((await marks(page)).includes("✕")));
    await answer(page, fence(await markdown(id), right));
    await solved(page).waitFor();
  }
});

test("one lab of each group is solved, after a wrong answer", async (t) => {
  const list = JSON.parse(await readFile(new URL("../../web/labs.json", import.meta.url), "utf8"));
  for (const topic of ["practices", "exam", "mistakes", "cluster"]) {
    const { id } = list.find((lab) => lab.topic === topic);
    const text = await markdown(id);
    const page = playground(await visit(t, { at: `?lab=${id}` }));
    await eventually(async () => assert.ok((await marks(page)).includes("✕"), id));
    const wrong = text.slice(text.indexOf("\n## Wrong\n"));
    await answer(page, fence(wrong, /\n(### [^\n]*)\n/.exec(wrong)[1]));
    assert.equal(await solved(page).count(), 0, id);
    await answer(page, fence(text, "## Solution"));
    await solved(page).waitFor();
    await page.page.close();
  }
});

test("hints come one by one, the solution when it is asked for, and the start again", async (t) => {
  const page = playground(await visit(t, { at: "?lab=and-or" }));
  await task(page).getByRole("button", { name: "A hint" }).click();
  await task(page).getByText("How many items has").waitFor();
  assert.equal(await task(page).locator(".hints li").count(), 1);
  await task(page).getByRole("button", { name: "Another hint" }).click();
  assert.equal(await task(page).locator(".hints li").count(), 2);
  assert.equal(await task(page).locator("pre").count(), 0);
  await task(page).getByRole("button", { name: "Show the solution" }).click();
  await task(page).getByText("One dash was too many.").waitFor();
  await answer(page, "# mine");
  await task(page).getByRole("button", { name: "Start again" }).click();
  await eventually(async () => assert.match(await page.content.textContent(), /api-from-console/));
});

test("on a phone the task is folded to how far it is", async (t) => {
  const page = playground(await visit(t, { at: "?lab=and-or", viewport: { width: 390, height: 780 }, hasTouch: true }));
  await goals(page).first().waitFor();
  await task(page).getByRole("button", { name: "Fold the task" }).click();
  await goals(page).first().waitFor({ state: "hidden" });
  assert.match(await task(page).textContent(), /of \d goals? reached/);
  await task(page).getByRole("button", { name: "Show the task" }).click();
  await goals(page).first().waitFor();
});

test("a goal's cell leads back to the task", async (t) => {
  const page = playground(await visit(t, { at: "?lab=and-or" }));
  await eventually(async () => assert.ok((await marks(page)).includes("✕")));
  await goals(page).getByRole("button", { name: "Why" }).first().click();
  await page.why.waitFor();
  await page.page.keyboard.press("Escape");
  await eventually(async () => assert.ok(await task(page).evaluate((task) => task === document.activeElement)));
});

test("nobody edits the cluster of a lab", async (t) => {
  const page = playground(await visit(t, { at: "?lab=and-or" }));
  await page.tab(/^cluster.yaml/).click();
  await eventually(async () => assert.match(await page.content.textContent(), /Namespace/));
  const before = await page.content.textContent();
  await page.content.focus();
  await page.page.keyboard.type("xyz");
  await page.page.keyboard.press("Delete");
  assert.equal(await page.content.textContent(), before);
  await page.page.getByText("the cluster belongs to the lab: write into the other files").waitFor();
  await page.tab(/^cluster.yaml/).focus();
  await page.page.keyboard.press("Delete");
  assert.deepEqual(await page.files(), ["cluster.yaml", "policy.yaml"]);
});

test("a lab that there is not is said, and one's own text stays", async (t) => {
  const page = playground(await visit(t, { at: "?lab=no-such-lab", expected: [/404/] }));
  await page.page.getByText(/the lab no-such-lab could not be loaded/i).first().waitFor();
  await page.grid.waitFor();
});

test("a lab that is dropped in is checked at its lines, tried, and sent as a link", async (t) => {
  const text = await markdown("and-or");
  const page = playground(await visit(t, BLANK));
  const drop = (text) =>
    page.page.getByTestId("file-input").setInputFiles({ name: "my-lab.md", mimeType: "text/markdown", buffer: Buffer.from(text) });
  await drop(text.replace("## Goals", "## Gaols"));
  await page.page.getByText("is a lab with mistakes").waitFor();
  await page.problems.getByText(/Gaols/).first().waitFor();
  await answer(page, text);
  await page.page.getByRole("button", { name: "Try it" }).click();
  await task(page).getByText("Mend the policy.").waitFor();
  assert.match(page.page.url(), /#1[\w-]+$/);
  assert.deepEqual(await page.files(), ["cluster.yaml", "policy.yaml"]);

  const other = playground(await visit(t, { at: new URL(page.page.url()).hash }));
  await task(other).getByText("Mend the policy.").waitFor();
  await eventually(async () => assert.ok((await marks(other)).includes("✕")));
  await answer(other, fence(text, "## Solution"));
  await solved(other).waitFor();
});

test("a quiz hides the answer until it is given, and explains it", async (t) => {
  const page = playground(await visit(t));
  await page.view("Labs").click();
  await page.page.getByRole("button", { name: "Predict" }).click();
  for (let at = 1; ; at++) {
    const head = await page.page.locator(".quiz .muted").first().textContent();
    const all = Number(/of (\d+)/.exec(head)[1]);
    assert.equal(await page.why.count(), 0);
    await page.page.getByRole("button", { name: "Allowed", exact: true }).click();
    await page.page.locator(".quiz [role=status]").getByText(/^(Right|Wrong): /).waitFor();
    await page.why.locator(".ends").waitFor();
    const next = at < all ? "Next question" : "See the result";
    await page.page.getByRole("button", { name: next }).click();
    if (at >= all) break;
  }
  await page.page.getByText(/^\d+ of \d+ right$/).waitFor();
  await page.page.getByRole("button", { name: "Back to the labs" }).click();
  await page.page.getByRole("button", { name: "Sit an exam" }).waitFor();
});

test("a lab of several files is solved", async (t) => {
  for (const id of ["added-to-allow-all", "three-tiers"]) {
    const page = playground(await visit(t, { at: `?lab=${id}` }));
    await eventually(async () => assert.ok((await marks(page)).includes("✕")));
    await solve(page, await markdown(id));
    await solved(page).waitFor();
  }
});

test("an exam has a clock, no hints, and a result that says what to revise", async (t) => {
  const page = playground(await visit(t));
  await page.view("Labs").click();
  await page.page.getByRole("button", { name: "Sit an exam" }).click();
  const exam = page.page.getByRole("navigation", { name: "Exam" });
  await exam.getByText(/min left/).waitFor();
  assert.equal(await task(page).getByRole("button", { name: /hint|solution/i }).count(), 0);
  const id = () => page.page.evaluate(() => history.state.slot.split("/").at(-1));
  await eventually(async () => assert.ok((await marks(page)).includes("✕")));
  // Whichever lab it is.
  await solve(page, await markdown(await id()));
  await exam.getByRole("button", { name: "Lab 1, solved" }).waitFor();
  await exam.getByRole("button", { name: "Lab 2" }).click();
  await eventually(async () => assert.ok((await marks(page)).includes("✕")));
  await page.page.reload();
  await exam.getByRole("button", { name: "Lab 1, solved" }).waitFor();
  await exam.getByRole("button", { name: "Hand in" }).click();
  await page.page.getByRole("region", { name: "Exam" }).getByText("1 of 6 solved").waitFor();
  await page.page.getByRole("heading", { name: "Revise" }).waitFor();
});
