// The page of reportPage() in Chromium, and in short in Firefox, opened from disk: it draws its data, loads nothing, runs nothing of it, and
// is accessible.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { reportPage, type ReportData } from "@silhouette/report";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { BROWSERS, launch } from "./launch.ts";
import { newFolder, removeFolder } from "./pictures.ts";
import { comparisonReport, inspectionReport, runReport } from "./reports.ts";

/** A result of axe-core. */
interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Names that must stay text. */
const HOSTILE = [
  '<img src=x onerror="window.ran = true">',
  "</script><script>window.ran = true</script>",
  "\u202Erac\u202C \u0007\u2028",
  "\"quoted\" & 'quoted'",
  "حافلة صفراء",
  "日本語のバス",
  `long ${"name ".repeat(60)}`,
];

const PHONE = { width: 390, height: 844 };

describe.runIf(BROWSERS.includes("chromium"))("the page of a report", () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = newFolder();
    browser = await launch("chromium");
  });

  afterAll(async () => {
    await browser?.close();
    removeFolder(folder);
  });

  /** Opens the page from disk. `faults` are console messages, errors, and requests for anything but the file and its own data. */
  async function opened(
    data: ReportData,
    options: { readonly colorScheme?: "light" | "dark"; readonly viewport?: typeof PHONE } = {},
  ): Promise<{ readonly page: Page; readonly faults: readonly string[] }> {
    const file = join(folder, `${data.kind}.html`);
    writeFileSync(file, reportPage(data));
    const context = await browser.newContext({ ...options, reducedMotion: "reduce" });
    const page = await context.newPage();
    onTestFinished(() => context.close());
    const faults: string[] = [];
    page.on("console", (message) => faults.push(message.text()));
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("request", (request) => {
      if (request.url() !== String(pathToFileURL(file)) && !request.url().startsWith("data:"))
        faults.push(request.url());
    });
    await page.goto(String(pathToFileURL(file)));
    await page.locator("main").waitFor();
    return { page, faults };
  }

  /** What axe-core finds, as a rule and the first element. */
  async function violations(page: Page): Promise<readonly string[]> {
    // Evaluated by the debugger: the page's policy refuses other scripts than its own.
    if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(AXE);
    const results = await page.evaluate<Violation[]>("axe.run().then(({ violations }) => violations)");
    return results.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
  }

  const reports: readonly (readonly [string, () => Promise<ReportData>])[] = [
    ["a run", () => runReport({ perClass: 12 })],
    ["a run without mistakes", () => runReport({ mistakes: 0, perClass: 6 })],
    [
      "a run of one epoch, without validation pictures",
      () => runReport({ epochs: 1, hasValidation: false, perClass: 6 }),
    ],
    ["a run that was stopped before its test", () => runReport({ epochs: 3, isTested: false })],
    ["a run that was stopped before its first epoch ended", () => runReport({ epochs: 0, isTested: false })],
    ["a run whose photographs were not kept", () => runReport({ hasPhotographs: false, perClass: 6 })],
    ["a run whose pictures and model are gone", () => runReport({ kept: 0, perClass: 6, missing: "They are gone." })],
    ["a comparison of two runs", () => comparisonReport(["one", "two"], { perClass: 6 })],
    ["an inspection", () => inspectionReport(4)],
    ["an inspection that found nothing", () => inspectionReport(0)],
    ["an inspection of nothing", () => inspectionReport(0, [])],
  ];

  it.each(reports)("of %s opens without errors, without requests, and with nothing that axe finds", async (_, make) => {
    const { page, faults } = await opened(await make());
    expect(await violations(page)).toEqual([]);
    expect(await page.locator("h1").count()).toBe(1);
    expect(faults).toEqual([]);
  });

  it.each(reports.filter(([name]) => /^(a run|a comparison of two runs|an inspection)$/.test(name)))(
    "of %s has nothing that axe finds on a dark screen and on a phone",
    async (_, make) => {
      const { page } = await opened(await make(), { colorScheme: "dark" });
      expect(await violations(page)).toEqual([]);
      await page.setViewportSize(PHONE);
      expect(await violations(page)).toEqual([]);
    },
  );

  it("shows the result, the interval, and the numbers of the confusion matrix", async () => {
    const data = await runReport();
    const { page } = await opened(data);
    const metrics = data.test?.metrics;
    const summary = await page.locator("#summary").innerText();
    expect(summary.replaceAll("\u00A0", " ")).toContain(`${(100 * (metrics?.accuracy ?? 0)).toFixed(1)} %`);
    expect(summary).toContain(`${metrics?.correct} correct`);
    expect(summary).toContain(data.advice);
    const cells = await page.locator(".matrix tbody td").allInnerTexts();
    expect(cells.map(Number)).toEqual(metrics?.confusion.flat());
  });

  it("says what it does not show, and why", async () => {
    const { page } = await opened(
      await runReport({ kept: 0, missing: "This report shows no pictures. They are gone." }),
    );
    expect(await page.locator("#summary").innerText()).toContain("They are gone.");
    expect(await page.locator("#calibration").innerText()).toContain("cannot be loaded");
    expect(await page.locator("#mistakes").innerText()).toContain("The report has no pictures of them.");
  });

  it("opens the pictures of a cell by keyboard, says how many it has, and gives the focus back", async () => {
    const data = await runReport({ mistakes: 0.4, kept: 2 });
    const { page } = await opened(data);
    const count = data.test?.metrics.confusion[0]?.[1] ?? 0;
    expect(count).toBeGreaterThan(2);
    const cell = page.getByRole("button", { name: `${count} pictures of bus classified as car` });
    await cell.focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "bus classified as car" });
    await dialog.waitFor();
    expect(await dialog.innerText()).toContain(`${count} pictures, of which the report has 2`);
    expect(await dialog.getByRole("img", { name: /^IMG_\d+\.jpg, bus classified as car$/ }).count()).toBe(2);
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    expect(await page.evaluate("document.activeElement?.getAttribute('aria-label')")).toBe(
      `${count} pictures of bus classified as car`,
    );
  });

  it("lays attention over the pictures at a switch", async () => {
    const { page, faults } = await opened(await runReport());
    const overlays = page.locator("#mistakes .attention.screen");
    expect(await overlays.count()).toBe(0);
    await page.locator("#mistakes").getByRole("switch").press("Space");
    expect(await overlays.count()).toBeGreaterThan(0);
    expect(faults).toEqual([]);
  });

  it("sorts the classes by a column", async () => {
    const { page } = await opened(await runReport());
    const names = page.locator("#classes tbody th");
    await page.getByRole("button", { name: "Pictures", exact: true }).click();
    expect(await names.allInnerTexts()).toEqual(["bus", "car", "motorcycle"]);
    await page.getByRole("button", { name: "Pictures", exact: true }).click();
    expect(await names.allInnerTexts()).toEqual(["motorcycle", "car", "bus"]);
    expect(await page.locator("#classes [aria-sort=descending]").innerText()).toBe("Pictures");
  });

  it("copies the command, or selects it where the clipboard cannot be written", async () => {
    const data = await runReport();
    const { page } = await opened(data);
    await page.evaluate("navigator.clipboard && (navigator.clipboard.writeText = () => Promise.reject(new Error()))");
    await page.getByRole("button", { name: "Copy" }).click();
    await page.getByText("Selected").waitFor();
    expect(await page.evaluate("String(getSelection())")).toBe(data.training.command);
  });

  it.each([
    [
      "a run",
      () =>
        runReport({
          labels: HOSTILE,
          name: HOSTILE.join(""),
          file: `${HOSTILE[0]}${HOSTILE[1]}`,
          settings: { [HOSTILE[1] ?? ""]: HOSTILE[0] ?? "" },
        }),
    ],
    [
      "a comparison",
      () => comparisonReport([HOSTILE[0] ?? "", HOSTILE[1] ?? "", HOSTILE[6] ?? ""], { labels: HOSTILE, perClass: 6 }),
    ],
    ["an inspection", () => inspectionReport(4, HOSTILE)],
  ] as const)("of %s shows hostile names as text, and fits a phone", async (_, make) => {
    const { page, faults } = await opened(await make(), { viewport: PHONE });
    expect(faults).toEqual([]);
    expect(await page.evaluate("window.ran")).toBeUndefined();
    const text = (await page.locator("body").textContent()) ?? "";
    expect(text).toContain(HOSTILE[0]);
    expect(text).toContain(HOSTILE[1]);
    expect(await page.locator("main").textContent()).toContain(String.raw`\u202erac\u202c \x07\u2028`);
    expect(await page.locator("main bdi:has-text('حافلة')").count()).toBeGreaterThan(0);
    expect(await page.locator("img:not([src^='data:']), script:not(#data)").count()).toBe(1);
    expect(await overflow(page)).toBe(0);
  });

  it("shows the number of pictures of each class on a phone, without scrolling", async () => {
    const { page } = await opened(await inspectionReport(0), { viewport: PHONE });
    const totals = page.locator("#pictures td.wide");
    expect(await totals.allInnerTexts()).toEqual(["58", "90", "122", "270"]);
    for (const total of await totals.all()) {
      const { x = PHONE.width, width = 0 } = (await total.boundingBox()) ?? {};
      expect(x + width).toBeLessThanOrEqual(PHONE.width);
    }
  });

  it("of 100 classes fits a phone: the matrix has the most confused ones, and scrolls with all", async () => {
    const labels = Array.from({ length: 100 }, (_, index) => `class ${index + 1} with a name of some length`);
    const { page, faults } = await opened(await runReport({ labels, perClass: 4, kept: 1 }), { viewport: PHONE });
    expect(await page.locator(".matrix tbody tr").count()).toBe(12);
    expect(await overflow(page)).toBe(0);
    await page.getByRole("button", { name: "Show all 100 classes" }).first().click();
    expect(await page.locator(".matrix tbody tr").count()).toBe(100);
    expect(await overflow(page)).toBe(0);
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await page.locator(".matrix tbody tr").count()).toBe(12);
    expect(faults).toEqual([]);
  });

  it("prints every mistake, without what only a screen can do", async () => {
    const data = await runReport({ mistakes: 0.4, kept: 8 });
    const { page } = await opened(data, { colorScheme: "dark" });
    const mistakes = data.test?.pictures.filter(({ actual, predicted }) => actual !== predicted).length ?? 0;
    const shown = page.locator("#mistakes .gallery > li:visible");
    expect(mistakes).toBeGreaterThan(12);
    expect(await shown.count()).toBe(12);
    await page.emulateMedia({ media: "print" });
    expect(await shown.count()).toBe(mistakes);
    expect(await page.locator("main button:visible:not(.sort, .matrix button)").count()).toBe(0);
    expect(await page.evaluate("getComputedStyle(document.querySelector('.report')).backgroundColor")).toBe(
      "rgb(255, 255, 255)",
    );
  });

  it("prints a comparison without the runs in full, which their own reports print", async () => {
    const { page } = await opened(await comparisonReport(["one", "two"], { perClass: 6 }));
    const figures = page.locator(".figure:visible");
    const note = page.getByText("On a screen, this page also has");
    expect([await figures.count(), await note.isVisible()]).toEqual([2, false]);
    await page.emulateMedia({ media: "print" });
    expect([await figures.count(), await note.isVisible()]).toEqual([0, true]);
    expect(await page.locator("section:visible").count()).toBe(4);
  });

  it("takes less than half a megabyte beside its pictures", async () => {
    const html = reportPage(await runReport());
    const pictures = [...html.matchAll(/data:image[^"]*/g)].reduce((total, [url]) => total + url.length, 0);
    expect(html.length - pictures).toBeLessThan(500_000);
  });
});

it.runIf(BROWSERS.includes("firefox"))(
  "the page of a report draws the same in Firefox, and opens pictures by keyboard",
  async () => {
    const folder = newFolder();
    onTestFinished(() => removeFolder(folder));
    const file = join(folder, "run.html");
    const data = await runReport({ mistakes: 0.4, kept: 2 });
    writeFileSync(file, reportPage(data));
    const browser = await launch("firefox");
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on("console", (message) => faults.push(message.text()));
    page.on("pageerror", (error) => faults.push(String(error)));
    await page.goto(String(pathToFileURL(file)));
    const cells = await page.locator(".matrix tbody td").allInnerTexts();
    expect(cells.map(Number)).toEqual(data.test?.metrics.confusion.flat());
    expect(await page.locator("figure svg").count()).toBeGreaterThan(2);
    await page.getByRole("button", { name: /of bus classified as car/ }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "bus classified as car" }).waitFor();
    await page.getByRole("dialog").getByRole("switch").press("Space");
    expect(await page.locator("dialog .attention.screen").count()).toBeGreaterThan(0);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    expect(faults).toEqual([]);
  },
);

/** By how many pixels the document is wider than its window. */
async function overflow(page: Page): Promise<number> {
  return page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
}
