// The page as a person sees it: by roles and names, so that what the tests do can be done by keyboard and screen
// reader too.
import assert from "node:assert/strict";

/** Tries again until it holds; after so many milliseconds its failure is the test's. */
export async function eventually(check, milliseconds = 8000) {
  const end = Date.now() + milliseconds;
  for (;;) {
    try {
      return await check();
    } catch (failure) {
      if (Date.now() > end) throw failure;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function playground(page) {
  const content = page.getByTestId("editor");
  const results = page.getByRole("region", { name: "Results" });
  const problems = page.getByRole("region", { name: "Problems" });

  const self = {
    page,
    content,
    results,
    problems,
    grid: page.getByRole("grid"),
    why: page.getByRole("complementary", { name: "Why" }),
    about: page.getByRole("complementary", { name: "About" }),
    time: page.getByTestId("analysis-time"),

    /**
     * Puts the text in the place of all that is in the editor, as pasting does. Tries again where the keys came before
     * the editor was there: a test is faster than a person.
     */
    async paste(text) {
      await eventually(async () => {
        await content.focus();
        await page.keyboard.press("Control+a");
        const taken = await content.evaluate((element, text) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", text);
          element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
          // CodeMirror hangs its view on its element.
          return element.cmTile.view.state.doc.toString() === text.replaceAll("\r\n", "\n");
        }, text);
        assert.ok(taken, "the editor did not take the text");
      });
    },

    /** What a cell says: `TCP 80`. */
    async verdict(source, destination) {
      const start = `${source} to ${destination}: `;
      const label = await page
        .locator(`[role=gridcell][aria-label^=${JSON.stringify(start)}]`)
        .getAttribute("aria-label", { timeout: 1000 });
      return label.slice(start.length);
    },

    /** Waits until cells say so; `expected` is a list of source, destination and verdict. */
    async reads(...expected) {
      await eventually(async () => {
        const found = [];
        for (const [source, destination] of expected) {
          found.push([source, destination, await self.verdict(source, destination)]);
        }
        assert.deepEqual(found, expected);
      });
    },

    cell: (source, destination) =>
      page.locator(`[role=gridcell][aria-label^=${JSON.stringify(`${source} to ${destination}: `)}]`),

    /** The head of a row. */
    head: (name) => page.getByRole("rowheader", { name, exact: true }),

    /** Waits until what is shown is the result of what is typed. */
    async settled() {
      await eventually(async () => {
        assert.match(await self.time.textContent(), /^analysed( in |$)/);
        assert.equal(await results.getAttribute("aria-busy"), "false");
      }, 20_000);
    },

    /** Opens an example by its title; of several of one title the first. */
    async example(title) {
      await page.getByRole("button", { name: "Examples" }).click();
      const examples = page.getByRole("group", { name: "Examples" });
      await examples.getByRole("button", { name: title }).first().click();
    },

    tab: (name) => page.getByRole("tablist", { name: "Files" }).getByRole("tab", { name }),
    view: (name) => page.getByRole("tablist", { name: "Results" }).getByRole("tab", { name }),

    /** The names of the files. */
    async files() {
      // All at once: tabs may go while they are read.
      const tabs = page.getByRole("tablist", { name: "Files" }).getByRole("tab");
      return tabs.evaluateAll((all) => all.map((tab) => tab.getAttribute("title")));
    },

    /** The lines of the editor that are lit up. */
    lit: () => page.locator(".cm-lit").allTextContents(),

    /** The numbers of the lines that the editor shows, the first and the last in sight. */
    inSight: () =>
      content.evaluate((element) => {
        const view = element.cmTile.view;
        const box = view.scrollDOM.getBoundingClientRect();
        const line = (y) => view.state.doc.lineAt(view.lineBlockAtHeight(y - view.documentTop).from).number;
        return [line(box.top + 2), line(box.bottom - 2)];
      }),
  };
  return self;
}

/** A deployment of one container in the namespace `default`. */
export const deployment = (app, port) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${app} }
spec:
  selector: { matchLabels: { app: ${app} } }
  template:
    metadata: { labels: { app: ${app} } }
    spec: { containers: [{ name: main, image: "${app}:1", ports: [{ containerPort: ${port} }] }] }
`;

/** Lets one workload of the namespace `default` reach another on one port. */
export const policy = (from, to, port) => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: ${from}-to-${to} }
spec:
  podSelector: { matchLabels: { app: ${to} } }
  policyTypes: [Ingress]
  ingress:
  - from:
    - podSelector: { matchLabels: { app: ${from} } }
    ports:
    - port: ${port}
`;

/** A small application: the frontend may reach the backend on TCP 80. */
export const SHOP = [deployment("frontend", 8080), deployment("backend", 80), policy("frontend", "backend", 80)].join(
  "---\n",
);

/** What an earlier visit left: one empty file. */
export const BLANK = { files: [{ name: "manifests.yaml", text: "" }] };
