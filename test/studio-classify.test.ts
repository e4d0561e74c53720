// The studio's classify view in browsers: its answers are those of `silhouette predict`, thresholds can be moved, the camera runs and
// stops, broken files are named, and it can be used by keyboard, by phone, and by those who hear it.

import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { serveStudio, type Studio } from "@silhouette/studio";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import sharp from "sharp";
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
  SHOWN,
  shares,
  violations,
  type Predicted,
} from "./classifying-pages.ts";
import { BROWSERS, FAKE_CAMERA, launch } from "./launch.ts";
import { newFolder, removeFolder, writeFiles, type Files } from "./pictures.ts";

let folder: string;
let studio: Studio;
/** Three of the example's drawings as PNG, which all decoders decode to the same pixels. */
let drawings: readonly string[];
let predicted: readonly Predicted[];

beforeAll(async () => {
  if (BROWSERS.length === 0) return;
  folder = newFolder();
  drawings = written(await exampleDrawings());
  predicted = await predictedByExample(drawings);
  studio = await serveStudio();
});

afterAll(async () => {
  if (BROWSERS.length === 0) return;
  await studio.close();
  removeFolder(folder);
});

/** Paths of files, once they are written. */
function written(files: Files): readonly string[] {
  writeFiles(folder, files);
  return Object.keys(files).map((name) => join(folder, name));
}

/** A page with the studio. `faults` are its errors, and requests to anywhere else. */
async function opened(
  browser: Browser,
  options: BrowserContextOptions = {},
  query = "",
): Promise<{ readonly page: Page; readonly faults: readonly string[] }> {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  onTestFinished(() => context.close());
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(studio.url) && !/^(?:blob|data):/.test(request.url())) faults.push(request.url());
  });
  await page.goto(studio.url + query);
  return { page, faults };
}

/** The page with the example's model and all of its drawings classified. */
async function withExample(
  browser: Browser,
  options?: BrowserContextOptions,
): Promise<{ readonly page: Page; readonly faults: readonly string[] }> {
  const { page, faults } = await opened(browser, options);
  await page.getByRole("button", { name: "Try the example" }).click();
  await page.locator(".shot .crisp").nth(11).waitFor();
  return { page, faults };
}

/** The pixels that a canvas shows. */
async function pixelsOf(canvas: Locator): Promise<string> {
  return canvas.evaluate((element) => (element as unknown as { toDataURL: () => string }).toDataURL());
}

/** Files of a model with hostile names. */
async function modelFiles(): Promise<readonly string[]> {
  const { json, weightsName, weights } = await modelOf(HOSTILE);
  return written({ "model.json": json, [weightsName]: weights });
}

describe.each(["chromium", "firefox"] as const)("the classify view in %s", (name) => {
  const hasBrowser = BROWSERS.includes(name);
  let browser: Browser;

  beforeAll(async () => {
    if (!hasBrowser) return;
    browser = await launch(name, { args: FAKE_CAMERA });
  });

  afterAll(async () => browser?.close());

  it.runIf(hasBrowser)("answers as `silhouette predict`, and shows what the network saw", async () => {
    const { page, faults } = await withExample(browser);
    await choosePhotographs(page, drawings);
    await page.getByRole("heading", { name: "15 photographs" }).waitFor();
    expect(predicted).toHaveLength(drawings.length);
    for (const { path, classes } of predicted) {
      await openShot(page, basename(path));
      const found = await shares(page);
      expect(found.size).toBe(classes.length);
      for (const { label, probability } of classes) expect(found.get(label)).toBeCloseTo(probability, 4);
      expect(await page.locator(".detail .verdict").innerText()).toContain(classes[0]?.label);
    }
    for (const part of ["Photograph", "Gray, 96 × 96", "Silhouette"]) {
      await page.locator(".panel", { hasText: part }).locator("canvas").first().waitFor();
    }
    expect(await page.locator(".times").innerText()).toMatch(
      /Preprocessing\s+[\d.]+\sms[^]*Network, 4 views\s+[\d.]+\sms/,
    );
    await page.getByRole("switch", { name: "Show where the network looked" }).check();
    expect(await page.locator(".detail canvas.attention").count()).toBe(2);
    expect(faults).toEqual([]);
  });

  it.runIf(hasBrowser)(
    "moves the threshold by keyboard: the silhouette and the answer follow, and come back",
    async () => {
      const { page } = await withExample(browser);
      const slider = page.getByRole("slider", { name: /^Threshold/ });
      const silhouetteCanvas = page.getByRole("img", { name: /^Silhouette of/ });
      const before = { pixels: await pixelsOf(silhouetteCanvas), shares: await shares(page) };
      const otsu = Number(await slider.inputValue());
      expect(await slider.getAttribute("aria-valuetext")).toBe(`${otsu}, Otsu’s threshold`);
      const back = page.getByRole("button", { name: `Back to Otsu’s ${otsu}` });
      expect(await back.isDisabled()).toBe(true);
      await slider.focus();
      await page.keyboard.press("End");
      expect(await slider.inputValue()).toBe("255");
      await expect.poll(() => shares(page)).not.toEqual(before.shares);
      expect(await pixelsOf(silhouetteCanvas)).not.toBe(before.pixels);
      await page.keyboard.press("Home");
      await page.keyboard.press("ArrowRight");
      expect(await slider.inputValue()).toBe("1");
      await back.click();
      await expect.poll(() => shares(page)).toEqual(before.shares);
      expect(await slider.inputValue()).toBe(String(otsu));
      expect(await pixelsOf(silhouetteCanvas)).toBe(before.pixels);
    },
  );

  it.runIf(hasBrowser)("names what is wrong with files, and classifies the others", async () => {
    const { page, faults } = await withExample(browser);
    await page.getByRole("button", { name: "Clear" }).click();
    const drawing = readFileSync(drawings[0] ?? "");
    const raw = { create: { width: 64, height: 48, channels: 3, background: "#fff" } } as const;
    const files: Files = {
      "page.jpg": "<!doctype html><title>Not found</title>",
      "nothing.png": "",
      "half.png": drawing.subarray(0, 45),
      "drawing.svg": '<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>',
      "phone.heic": Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1"),
      "bomb.png": pngOf(40_000, 40_000),
      "moving.gif": await sharp(drawing).gif().toBuffer(),
      "wide.png": await sharp({ create: { ...raw.create, width: 20_000, height: 3 } })
        .png()
        .toBuffer(),
      [name === "chromium" ? "good\u202E.png" : "good.png"]: drawing,
    };
    // As content: browsers do not read all names from disk where the locale is none.
    await page.locator(`${SHOWN} input[type=file][accept='image/*']`).setInputFiles(
      Object.entries(files).map(([fileName, content]) => ({
        name: fileName,
        mimeType: `image/${fileName.split(".").at(-1)}`,
        buffer: Buffer.from(content),
      })),
    );
    await page.locator("button.shot .shot-verdict strong").nth(2).waitFor();
    await page.locator(".shot.failed").nth(5).waitFor();
    const messages = (await page.locator(".shot.failed").allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " "));
    expect(messages.toSorted()).toEqual([
      expect.stringMatching(/^bomb\.png has 40000 x 40000 pixels: reduce it to at most 120 million/),
      expect.stringMatching(/^drawing\.svg is an SVG drawing: convert it to JPEG or PNG/),
      expect.stringMatching(/^half\.png cannot be decoded by this browser/),
      "nothing.png is empty.",
      "page.jpg is not a picture in a known format.",
      expect.stringMatching(/^phone\.heic is a HEIC photograph: convert it to JPEG/),
    ]);
    expect(await page.locator("button.shot .shot-verdict strong").count()).toBe(3);
    expect(await page.getByRole("button", { name: "not classified 6" }).count()).toBe(1);
    if (name === "chromium") expect(await page.locator(".cards").innerText()).toContain(String.raw`good\u202e.png`);
    expect(faults).toEqual([]);
  });

  it.runIf(hasBrowser)(
    "opens a model from files, with hostile names of classes, which may answer none of these",
    async () => {
      const { page, faults } = await opened(browser, { viewport: PHONE });
      await page.locator("input[type=file][accept='.json,.bin']").setInputFiles([...(await modelFiles())]);
      await page.getByText("3 classes · sees 32 × 32 pixels in black and white").waitFor();
      await choosePhotographs(page, drawings.slice(0, 2));
      await page.getByRole("button", { name: "none of these 2" }).waitFor();
      await page.locator(".detail .verdict", { hasText: "none of these" }).waitFor();
      const text = await page.locator("main").textContent();
      expect(text).toContain(HOSTILE[0]);
      expect(text).toContain(String.raw`\u202erac\u202c \x07\u2028`);
      expect(await page.evaluate("window.ran")).toBeUndefined();
      expect(await overflow(page)).toBe(0);
      expect(await violations(page)).toEqual([]);
      expect(faults).toEqual([]);
    },
  );

  it.runIf(name === "chromium" && hasBrowser)(
    "opens the run that the server has, and says what is missing of a model",
    async () => {
      const { page } = await opened(browser);
      await page.route("**/run/model/*", (route) =>
        route.fulfill({ path: join(EXAMPLE, "model", basename(new URL(route.request().url()).pathname)) }),
      );
      await page.goto(`${studio.url}?run=${encodeURIComponent("my <b>run</b>")}`);
      await page.locator(".model-bar", { hasText: "my <b>run</b>" }).waitFor();
      const model = page.locator("input[type=file][accept='.json,.bin']");
      await model.setInputFiles([join(EXAMPLE, "model", "model.json")]);
      await page
        .getByRole("alert")
        .filter({ hasText: /Expected the weights weights-.*\.bin beside model\.json/ })
        .waitFor();
      await model.setInputFiles([join(EXAMPLE, "report.json")]);
      await page.getByRole("alert").filter({ hasText: "Expected a model.json among the files" }).waitFor();
      expect(await page.getByRole("alert").count()).toBe(1);
    },
  );

  it.runIf(name === "chromium" && hasBrowser)("classifies the camera's picture, and stops the camera", async () => {
    const { page, faults } = await opened(browser, { permissions: ["camera"] });
    await page.addInitScript(`{
      window.tracks = [];
      const start = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await start(wanted);
        window.tracks.push(...stream.getTracks());
        return stream;
      };
    }`);
    await page.reload();
    await page.getByRole("button", { name: "Try the example" }).click();
    const camera = page.getByRole("button", { name: "Camera", exact: true });
    await camera.click();
    const frame = page.getByRole("img", { name: "Silhouette of the camera's picture" });
    const first = await pixelsOf(frame);
    await expect.poll(() => pixelsOf(frame)).not.toBe(first);
    await page.getByText(/\d+ frames per second.*by [14] views?/).waitFor();
    expect((await shares(page)).size).toBe(3);
    expect(await violations(page)).toEqual([]);
    const isLive = "window.tracks.some(({ readyState }) => readyState === 'live')";
    expect(await page.evaluate(isLive)).toBe(true);
    await page.getByRole("button", { name: "Keep this frame" }).click();
    await page.locator(".shot", { hasText: /^.*camera-.*\.png/ }).waitFor();
    await page.getByRole("link", { name: "Explore" }).click();
    await expect.poll(() => page.evaluate(isLive)).toBe(false);
    await page.getByRole("link", { name: "Classify" }).click();
    await camera.click();
    await expect.poll(() => page.evaluate(isLive)).toBe(true);
    await page.getByRole("button", { name: "Stop the camera" }).click();
    await expect.poll(() => page.evaluate(isLive)).toBe(false);
    expect(faults).toEqual([]);
  });

  it.runIf(name === "chromium" && hasBrowser)("says why there is no camera", async () => {
    const { page } = await opened(browser);
    await page.getByRole("button", { name: "Try the example" }).click();
    for (const [devices, message] of [
      ["{ getUserMedia: () => Promise.reject(new DOMException('', 'NotAllowedError')) }", "it was refused"],
      ["{ getUserMedia: () => Promise.reject(new DOMException('', 'NotFoundError')) }", "there is none"],
      ["{ getUserMedia: () => Promise.reject(new DOMException('', 'NotReadableError')) }", "(NotReadableError)"],
      ["undefined", "this browser gives this page none"],
    ] as const) {
      await page.evaluate(
        `Object.defineProperty(navigator, "mediaDevices", { value: ${devices}, configurable: true })`,
      );
      await page.getByRole("button", { name: "Camera", exact: true }).click();
      await page.getByRole("alert").filter({ hasText: message }).waitFor();
      await page.getByRole("button", { name: "Close" }).click();
      expect(await page.getByRole("alert").count()).toBe(0);
    }
  });

  it.runIf(name === "chromium" && hasBrowser)(
    "is accessible in light and dark, on phones, and by keyboard alone",
    async () => {
      for (const colorScheme of ["light", "dark"] as const) {
        const { page } = await opened(browser, { colorScheme });
        expect(await violations(page)).toEqual([]);
        await page.getByRole("button", { name: "Try the example" }).press("Enter");
        await page.locator(".shot .crisp").nth(11).waitFor();
        expect(await violations(page)).toEqual([]);
        await page.setViewportSize(PHONE);
        expect(await violations(page)).toEqual([]);
        expect(await overflow(page)).toBe(0);
        await page.locator(".shot").nth(5).press("Enter");
        const file = await page.locator(".shot").nth(5).locator(".shot-name").innerText();
        await page.locator(".detail[aria-busy=false] h2", { hasText: file }).waitFor();
        await page.getByRole("button", { name: "Next", exact: true }).press("Space");
        expect(await page.locator(".shot").nth(6).getAttribute("aria-current")).toBe("true");
        await page
          .getByRole("status")
          .filter({ hasText: /: (car|bus|motorcycle), / })
          .waitFor({ state: "attached" });
      }
    },
  );

  it.runIf(name === "chromium" && hasBrowser)(
    "opens a run's folder, and pages through a folder of photographs",
    async () => {
      const { page, faults } = await opened(browser);
      await page.locator(`${SHOWN} input[webkitdirectory]`).setInputFiles(EXAMPLE);
      await page.locator(".model-bar", { hasText: "example" }).waitFor();
      const drawing = readFileSync(drawings[0] ?? "");
      const files = Array.from(
        { length: 50 },
        (_, index) => [join("many", "within", `${index}.png`), drawing] as const,
      );
      written(Object.fromEntries([...files, [join("many", ".hidden"), "no picture"]]));
      await page.locator(`${SHOWN} input[webkitdirectory]`).last().setInputFiles(join(folder, "many"));
      await page.getByRole("heading", { name: "50 photographs" }).waitFor();
      await page.locator("progress.done").waitFor({ state: "attached" });
      expect(await page.locator(".shot").count()).toBe(48);
      await page.getByRole("button", { name: "Next page" }).click();
      expect(await page.locator(".shot-name").allInnerTexts()).toEqual(["48.png", "49.png"]);
      expect(await page.locator(".pages").innerText()).toContain("Page 2 of 2");
      expect(await page.getByRole("button", { name: "car 50" }).count()).toBe(1);
      expect(faults).toEqual([]);
    },
  );

  it.runIf(name === "chromium" && hasBrowser)(
    "takes files that are dropped or pasted, and lets nothing be sent elsewhere",
    async () => {
      const { page } = await withExample(browser);
      await page.getByRole("button", { name: "Clear" }).click();
      const content = readFileSync(drawings[0] ?? "").toString("base64");
      for (const type of ["drop", "paste"]) {
        await page.evaluate(`{
        const bytes = Uint8Array.from(atob("${content}"), (each) => each.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], "${type}ped.png", { type: "image/png" }));
        dispatchEvent("${type}" === "drop"
          ? new DragEvent("drop", { dataTransfer: data, cancelable: true })
          : new ClipboardEvent("paste", { clipboardData: data }));
      }`);
        await page.locator(".detail[aria-busy=false] h2", { hasText: `${type}ped.png` }).waitFor();
      }
      const refused =
        "fetch('http://localhost:1/', { method: 'POST', mode: 'no-cors' }).then(() => 'sent', () => 'refused')";
      const blocked = page.evaluate(
        "new Promise((resolve) => addEventListener('securitypolicyviolation', ({ effectiveDirective }) => resolve(effectiveDirective), { once: true }))",
      );
      expect(await page.evaluate(refused)).toBe("refused");
      expect(await blocked).toBe("connect-src");
    },
  );
});

/** The header of a PNG of this size, without pixels. */
function pngOf(width: number, height: number): Buffer {
  const header = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
  const size = Buffer.alloc(8);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  return Buffer.concat([header, size, Buffer.from("08060000000000000000", "hex")]);
}
