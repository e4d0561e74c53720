// Predictors: a model as one HTML file, which is opened from disk in browsers, answers as `silhouette predict`, and requests nothing.

import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

import { predictorPage } from "@silhouette/studio";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import {
  choosePhotographs,
  EXAMPLE,
  exampleDrawings,
  HOSTILE,
  modelOf,
  openShot,
  overflow,
  PHONE,
  predictedByExample,
  shares,
  violations,
  type Predicted,
} from "./classifying-pages.ts";
import { BROWSERS, launch } from "./launch.ts";
import { newFolder, removeFolder, writeFiles } from "./pictures.ts";

/** Most bytes of a predictor with a compact network. */
const MOST_BYTES = 1_500_000;

const JSON_TEXT = readFileSync(join(EXAMPLE, "model", "model.json"), "utf8");

const exampleModel = { json: JSON_TEXT, readWeights: (name: string) => readFileSync(join(EXAMPLE, "model", name)) };

let folder: string;
/** The predictor of the studio's example. */
let example: string;
let drawings: readonly string[];
let predicted: readonly Predicted[];

beforeAll(async () => {
  folder = newFolder();
  example = await predictorPage(exampleModel, { title: "Drawn vehicles" });
  if (BROWSERS.length === 0) return;
  const files = await exampleDrawings();
  writeFiles(folder, files);
  drawings = Object.keys(files).map((name) => join(folder, name));
  predicted = await predictedByExample(drawings);
});

afterAll(() => removeFolder(folder));

it("has less than 1.5 MB for a compact network, and is the same for the same model", async () => {
  expect(Buffer.byteLength(example)).toBeLessThan(MOST_BYTES);
  expect(await predictorPage(exampleModel, { title: "Drawn vehicles" })).toBe(example);
});

it("refuses a model that is damaged", async () => {
  const readWeights = (name: string): Uint8Array => exampleModel.readWeights(name).fill(0, 0, 4);
  await expect(predictorPage({ json: JSON_TEXT, readWeights })).rejects.toMatchObject({ code: "MODEL_DAMAGED" });
  const json = JSON_TEXT.replace('"bus"', '"tram"');
  await expect(predictorPage({ ...exampleModel, json })).rejects.toMatchObject({ code: "MODEL_DAMAGED" });
});

describe.each(["chromium", "firefox"] as const)("a predictor in %s", (name) => {
  const hasBrowser = BROWSERS.includes(name);
  let browser: Browser;

  beforeAll(async () => {
    if (!hasBrowser) return;
    browser = await launch(name);
  });

  afterAll(async () => browser?.close());

  /** A file, opened from disk. `faults` are errors, and requests of anything but the file. */
  async function opened(
    html: string,
    options: BrowserContextOptions = {},
  ): Promise<{ readonly page: Page; readonly faults: readonly string[] }> {
    writeFiles(folder, { "predictor.html": html });
    const url = pathToFileURL(join(folder, "predictor.html")).href;
    const context = await browser.newContext({ reducedMotion: "reduce", ...options });
    const page = await context.newPage();
    onTestFinished(() => context.close());
    const faults: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") faults.push(message.text());
    });
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("request", (request) => {
      if (request.url() !== url && !/^(?:blob|data):/.test(request.url())) faults.push(request.url());
    });
    await page.goto(url);
    return { page, faults };
  }

  it.runIf(hasBrowser)("answers as `silhouette predict`, from disk, and requests nothing", async () => {
    const { page, faults } = await opened(example);
    await page.getByRole("heading", { name: "Drawn vehicles" }).waitFor();
    await page.getByText("trained on 2,304 pictures").waitFor();
    expect(await page.locator(".class-names li").allInnerTexts()).toEqual(["car", "bus", "motorcycle"]);
    await choosePhotographs(page, drawings);
    expect(predicted).toHaveLength(drawings.length);
    for (const { path, classes } of predicted) {
      await openShot(page, basename(path));
      const found = await shares(page);
      expect(found.size).toBe(classes.length);
      for (const { label, probability } of classes) {
        expect(Math.abs((found.get(label) ?? Number.NaN) - probability)).toBeLessThan(1e-5);
      }
    }
    const slider = page.getByRole("slider", { name: /^Threshold/ });
    const before = await shares(page);
    await slider.press("End");
    await expect.poll(() => shares(page)).not.toEqual(before);
    await page.getByRole("switch", { name: "Show where the network looked" }).check();
    expect(await page.locator(".detail canvas.attention").count()).toBe(2);
    expect(faults).toEqual([]);
    const blocked = page.evaluate(
      "new Promise((resolve) => addEventListener('securitypolicyviolation', ({ effectiveDirective }) => resolve(effectiveDirective), { once: true }))",
    );
    await page.evaluate("fetch('http://localhost:1/', { method: 'POST', mode: 'no-cors' }).catch(() => undefined)");
    expect(await blocked).toBe("connect-src");
  });

  it.runIf(hasBrowser)("shows hostile names as text, and may answer none of these", async () => {
    const markup = "</title></script><b>markup</b>";
    const { json, weights } = await modelOf([...HOSTILE, markup]);
    const { page, faults } = await opened(await predictorPage({ json, readWeights: () => weights }), {
      viewport: PHONE,
    });
    await choosePhotographs(page, drawings.slice(0, 1));
    await page.locator(".detail .verdict", { hasText: "none of these" }).waitFor();
    const text = await page.locator("body").textContent();
    expect(text).toContain(HOSTILE[0]);
    expect(text).toContain(String.raw`\u202erac\u202c \x07\u2028`);
    expect(await page.title()).toContain(`${HOSTILE[0]}, `);
    expect(await page.title()).toContain(`, ${markup}`);
    expect(await page.locator("b").count()).toBe(0);
    expect(await page.evaluate("window.ran")).toBeUndefined();
    expect(await overflow(page)).toBe(0);
    expect(await violations(page)).toEqual([]);
    expect(faults).toEqual([]);
  });

  it.runIf(hasBrowser)("says what is wrong with a file that is not complete, and with photographs", async () => {
    const { page } = await opened(example.slice(0, -1000));
    await page.getByText("the file is not complete, or JavaScript is disabled").waitFor();
    const damaged = await opened(example.replace(/(id="weights">.{1000})...../, "$1AAAAA"));
    await damaged.page.getByRole("alert").filter({ hasText: "its part weights is missing or damaged" }).waitFor();
    const whole = await opened(example);
    const broken = join(folder, "broken.png");
    writeFiles(folder, { "broken.png": readFileSync(drawings[0] ?? "").subarray(0, 45) });
    await choosePhotographs(whole.page, [broken]);
    await whole.page.getByRole("alert").filter({ hasText: "This file cannot be decoded by this browser" }).waitFor();
    await choosePhotographs(whole.page, drawings.slice(0, 1));
    await whole.page.locator(".detail[aria-busy=false] .verdict strong").waitFor();
    expect(await whole.page.getByRole("alert").count()).toBe(0);
  });

  it.runIf(name === "chromium" && hasBrowser)(
    "is accessible in light and dark, on phones, and by keyboard",
    async () => {
      for (const colorScheme of ["light", "dark"] as const) {
        const { page } = await opened(example, { colorScheme });
        const choose = page.getByRole("button", { name: "Choose photographs…" });
        await choose.waitFor();
        expect(await violations(page)).toEqual([]);
        const chooser = page.waitForEvent("filechooser");
        await choose.press("Enter");
        await (await chooser).setFiles([...drawings]);
        await page.locator(".shot .crisp").nth(2).waitFor();
        expect(await violations(page)).toEqual([]);
        await page.setViewportSize(PHONE);
        expect(await violations(page)).toEqual([]);
        expect(await overflow(page)).toBe(0);
        await page.getByRole("button", { name: "Next", exact: true }).press("Space");
        expect(await page.locator(".shot").nth(1).getAttribute("aria-current")).toBe("true");
      }
    },
  );

  it.runIf(hasBrowser)("says why there is no camera", async () => {
    const { page } = await opened(example);
    await page.evaluate("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })");
    await page.getByRole("button", { name: "Camera", exact: true }).click();
    await page.getByRole("alert").filter({ hasText: "this browser gives this page none" }).waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    expect(await page.getByRole("alert").count()).toBe(0);
  });
});
