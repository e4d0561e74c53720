// The studio in browsers: it trains in its page what Node.js trains, byte for byte, keeps runs over reloads, and gives them away.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { gunzipSync } from "node:zlib";

import { serveStudio, type Studio } from "@silhouette/studio";
import { evaluate, prepare, readResults, train } from "@silhouette/trainer";
import { unzipSync, zipSync } from "fflate";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { BROWSERS, FAKE_CAMERA, launch } from "./launch.ts";
import { carsAndBuses, newFolder, removeFolder, writeFiles } from "./pictures.ts";

/** Enough to pause in between. */
const EPOCHS = 15;

let folder: string;
let dataset: string;
let articleDataset: string;
let studio: Studio;
/** Name of the weights' file, which has their checksum, of a training in Node.js. */
let weights: string;

beforeAll(async () => {
  if (BROWSERS.length === 0) return;
  folder = newFolder();
  dataset = join(folder, "vehicles.arrow");
  writeFiles(join(folder, "photos"), { ...(await carsAndBuses(30)), "car/broken.jpg": "no picture" });
  await prepare({ folder: join(folder, "photos"), out: dataset });
  articleDataset = join(folder, "article.arrow");
  const size = { width: 94, height: 94 };
  await prepare({ folder: join(folder, "photos"), out: articleDataset, recipe: "article", size });
  const run = join(folder, "run");
  await train({ source: dataset, run, epochs: EPOCHS });
  weights = weightsIn(JSON.parse(readFileSync(join(run, "model", "model.json"), "utf8")));
  studio = await serveStudio();
});

afterAll(async () => {
  if (BROWSERS.length === 0) return;
  await studio.close();
  removeFolder(folder);
});

function weightsIn(model: { readonly weightsManifest: readonly { readonly paths: readonly string[] }[] }): string {
  return model.weightsManifest[0]?.paths[0] ?? "none";
}

describe.each(["chromium", "firefox"] as const)("%s", (name) => {
  let browser: Browser;

  beforeAll(async () => {
    if (!BROWSERS.includes(name)) return;
    // Firefox has the kernels of these trainings from the start: others would start its threads once more, which launch.ts tells of.
    browser = await launch(name, {
      args: FAKE_CAMERA,
      preferences: { "javascript.options.wasm_relaxed_simd": false },
    });
  });

  afterAll(async () => browser?.close());

  /** The view that trains, in a browser without anything stored. */
  async function opened(): Promise<{ readonly page: Page; readonly faults: readonly string[] }> {
    const context = await browser.newContext({ acceptDownloads: true });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("dialog", (dialog) => void dialog.accept());
    await page.goto(`${studio.url}#/train`);
    await page.getByRole("button", { name: "Train", exact: true }).waitFor();
    return { page, faults };
  }

  async function choose(page: Page, button: string, files: string): Promise<void> {
    // On a busy machine, Firefox sometimes opens no dialog for a click.
    await vi.waitFor(
      async () => {
        const chooser = page.waitForEvent("filechooser", { timeout: 5000 });
        const [dialog] = await Promise.all([chooser, page.getByRole("button", { name: button }).click()]);
        await dialog.setFiles(files);
      },
      { timeout: 30_000 },
    );
  }

  async function begin(page: Page, epochs: number): Promise<void> {
    await page.getByLabel("Kernels").selectOption("simd128");
    // In Firefox, Playwright's fill() does not replace numbers.
    await page.getByLabel("Epochs").selectText();
    await page.keyboard.type(String(epochs));
    await page.getByRole("button", { name: "Train", exact: true }).click();
  }

  /** Waits until the page says `text`; an error has what it says instead. */
  async function says(page: Page, text: string): Promise<void> {
    try {
      await page.getByText(text).waitFor({ timeout: 60_000 });
    } catch (cause) {
      throw new Error(`Expected the page to say "${text}": ${await page.locator("main").innerText()}`, { cause });
    }
  }

  /** A run as the command line reads it: downloaded and unpacked. Playwright sees no downloads of Firefox. */
  async function runOf(page: Page): Promise<string> {
    const unpacked = newFolder();
    const files = name === "chromium" ? await downloaded(page) : await stored(page);
    writeFiles(unpacked, files);
    return join(unpacked, Object.keys(files)[0]?.split("/")[0] ?? "");
  }

  async function downloaded(page: Page): Promise<Record<string, Uint8Array>> {
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download run" }).click();
    await (await download).saveAs(join(folder, "run.zip"));
    return unzipSync(readFileSync(join(folder, "run.zip")));
  }

  /** The predictor of the page's run; undefined where Playwright sees no downloads. */
  async function predictorOf(page: Page): Promise<string | undefined> {
    const download = name === "chromium" ? page.waitForEvent("download") : undefined;
    await page.getByRole("button", { name: "Download predictor" }).click();
    await page.getByText(/predictor\.html has 1\.\d MB/).waitFor();
    return download && readFileSync(await (await download).path(), "utf8");
  }

  const finished = (page: Page) =>
    page.getByRole("heading", { name: "Training finished" }).waitFor({ timeout: 120_000 });

  it.runIf(BROWSERS.includes(name))(
    "trains a dataset to the weights of Node.js, paused and reloaded in between",
    async () => {
      const { page, faults } = await opened();
      await choose(page, "Choose a dataset", dataset);
      await begin(page, EPOCHS);
      await says(page, `of ${EPOCHS}, step`);
      await page.getByRole("button", { name: "Pause" }).click();
      await page.getByRole("heading", { name: "Training paused" }).waitFor();
      await page.reload();
      await page.getByRole("button", { name: "Continue" }).click();
      await finished(page);
      const run = await runOf(page);
      const { config, test } = await readResults(run);
      expect(config.kernelSet).toBe("simd128");
      expect(weightsIn(JSON.parse(readFileSync(join(run, "model", "model.json"), "utf8")))).toBe(weights);
      const { metrics } = await evaluate({ run, source: join(run, "dataset.arrow") });
      expect(metrics.confusion).toEqual(test?.metrics.confusion);
      expect(faults).toEqual([]);

      // And back: an archive of it is imported as another run, with the same result.
      const archive = join(folder, `${name}.zip`);
      writeFileSync(
        archive,
        zipSync(
          Object.fromEntries(
            readdirSync(run, { recursive: true, encoding: "utf8", withFileTypes: true })
              .filter((entry) => entry.isFile())
              .map((entry) => {
                const path = join(entry.parentPath, entry.name);
                return [relative(join(run, ".."), path), readFileSync(path)];
              }),
          ),
        ),
      );
      await choose(page, "Import a run", archive);
      await page.getByText(`${EPOCHS} of ${EPOCHS} epochs`).nth(1).waitFor();
      await page.context().close();
      removeFolder(join(run, ".."));
    },
    // Fifteen epochs on a busy machine.
    180_000,
  );

  it.runIf(BROWSERS.includes(name))("prepares photographs, names those that it cannot use, and trains", async () => {
    const { page, faults } = await opened();
    for (const [index, label] of ["car", "bus"].entries()) {
      const card = page.locator(".class-card").nth(index);
      await card.locator(".class-name").fill(label);
      const chooser = page.waitForEvent("filechooser");
      await card.getByRole("button", { name: "Add photographs" }).click();
      const files = readdirSync(join(folder, "photos", label)).map((file) => join(folder, "photos", label, file));
      await (await chooser).setFiles(files);
    }
    await page.getByText("31 photographs").waitFor();
    await begin(page, 1);
    await finished(page);
    await page.getByText("1 photograph cannot be used").click();
    await page.getByText("car/broken.jpg").waitFor();
    const run = await runOf(page);
    expect(basename(run)).toMatch(/^\d{4}-\d\d-\d\d /);
    const { labels, rows } = (await readResults(run)).config.dataset;
    expect({ labels, rows }).toEqual({ labels: ["bus", "car"], rows: 60 });
    const predictor = await predictorOf(page);
    if (predictor !== undefined) {
      expect(predictor).toContain("<title>bus, car</title>");
      const [, model = ""] = /id="model">([^<]+)</.exec(predictor) ?? [];
      const json = gunzipSync(Buffer.from(model, "base64")).toString();
      expect(json).toBe(readFileSync(join(run, "model", "model.json"), "utf8"));
    }
    expect(faults).toEqual([]);
    await page.context().close();
    removeFolder(join(run, ".."));
  });

  it.runIf(BROWSERS.includes(name) && name === "chromium")(
    "takes photographs of a class while a button is held",
    async () => {
      const { page } = await opened();
      const cards = page.locator(".class-card");
      for (const [index, press] of ["pointer", "keyboard"].entries()) {
        const card = cards.nth(index);
        await card.getByRole("button", { name: "Camera" }).click();
        const button = card.getByRole("button", { name: "Hold to take photographs" });
        await button.and(page.locator(":enabled")).waitFor();
        if (press === "pointer") await button.hover();
        else await button.focus();
        await (press === "pointer" ? page.mouse.down() : page.keyboard.down("Space"));
        await card.getByText(/^([3-9]|\d\d) photographs/).waitFor();
        await (press === "pointer" ? page.mouse.up() : page.keyboard.up("Space"));
      }
      // One camera at a time; and none while another view is on screen.
      expect(await page.locator("video").count()).toBe(1);
      await page.getByRole("link", { name: "Classify" }).click();
      expect(await page.locator(".train video").count()).toBe(0);
      await page.context().close();
    },
  );

  // Playwright gives folders to Chromium only.
  it.runIf(BROWSERS.includes(name) && name === "chromium")(
    "finds classes in a folder as the command line does, chosen or dropped",
    async () => {
      const ways = [
        async (page: Page) => choose(page, "Choose a folder", join(folder, "photos")),
        async (page: Page) => drop(page, [join(folder, "photos")]),
        async (page: Page) => drop(page, [join(folder, "photos", "bus"), join(folder, "photos", "car")]),
      ];
      for (const give of ways) {
        const { page } = await opened();
        await give(page);
        await page.getByText("31 photographs").waitFor();
        const names = page.locator(".class-name");
        expect([await names.nth(0).inputValue(), await names.nth(1).inputValue(), await names.count()]).toEqual([
          "bus",
          "car",
          2,
        ]);
        await page.context().close();
      }
    },
  );

  it.runIf(BROWSERS.includes(name))("offers the recipes that a dataset's pictures are for", async () => {
    const { page } = await opened();
    const recipes = page.getByLabel("Recipe").locator("option");
    expect(await recipes.count()).toBe(3);
    await choose(page, "Choose a dataset", articleDataset);
    await vi.waitFor(async () => expect(await recipes.allTextContents()).toEqual([expect.stringMatching(/^article:/)]));
    await begin(page, 1);
    await page.getByRole("heading", { name: "Training finished" }).waitFor();
    await page.getByRole("button", { name: "Remove", exact: true }).first().click();
    expect(await recipes.count()).toBe(3);
    await page.context().close();
  });

  it.runIf(BROWSERS.includes(name))("says what is wrong with files that are no dataset and no run", async () => {
    const { page } = await opened();
    writeFileSync(join(folder, "wrong.arrow"), "no dataset");
    await choose(page, "Choose a dataset", join(folder, "wrong.arrow"));
    await page.getByRole("alert").getByText("wrong.arrow").waitFor();
    writeFileSync(join(folder, "wrong.zip"), "no archive");
    await choose(page, "Import a run", join(folder, "wrong.zip"));
    await page.getByRole("alert").getByText("wrong.zip").waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Train", exact: true }).waitFor();
    expect(await page.locator(".run-list article").count()).toBe(0);
    await page.context().close();
  });
});

/** Drops files and folders on a heading of a page in Chromium. */
async function drop(page: Page, files: readonly string[]): Promise<void> {
  const box = await page.getByRole("heading", { name: "Photographs" }).boundingBox();
  const devTools = await page.context().newCDPSession(page);
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await devTools.send("Input.dispatchDragEvent", { type, x: (box?.x ?? 0) + 5, y: (box?.y ?? 0) + 5, data });
  }
}

/** In a page: all files of the runs that it has stored, in base64. */
const STORED = `(async () => {
  const all = [];
  const collect = async (folder, prefix) => {
    for await (const [entry, handle] of folder.entries()) {
      if (handle.kind === "directory") await collect(handle, prefix + entry + "/");
      else {
        let text = "";
        for (const byte of new Uint8Array(await (await handle.getFile()).arrayBuffer())) text += String.fromCharCode(byte);
        all.push([prefix + entry, btoa(text)]);
      }
    }
  };
  await collect(await (await navigator.storage.getDirectory()).getDirectoryHandle("runs"), "");
  return all;
})()`;

async function stored(page: Page): Promise<Record<string, Uint8Array>> {
  const files = await page.evaluate<readonly (readonly [path: string, base64: string])[]>(STORED);
  return Object.fromEntries(files.map(([path, base64]) => [path, Buffer.from(base64, "base64")]));
}
