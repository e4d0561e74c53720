// Pages that classify: the studio and predictors, what is chosen in them, and what they show.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import {
  compactNetwork,
  encodeModel,
  Generator,
  startWasm,
  type ModelDescription,
  type ModelFiles,
} from "@silhouette/trainer/browser";
import type { Page } from "playwright-core";
import sharp from "sharp";

import { REPOSITORY } from "./programs.ts";
import { eventsOf, silhouette } from "./silhouette.ts";

/** The studio's example has the layout of a run, as far as predictions need it. */
export const EXAMPLE = join(REPOSITORY, "packages", "studio", "public", "example");

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const PHONE = { width: 390, height: 844 };

/** Names that must stay text. */
export const HOSTILE = [
  '<img src=x onerror="window.ran = true">',
  "\u202Erac\u202C \u0007\u2028",
  `long ${"name ".repeat(60)}`,
] as const;

/** A prediction of `silhouette predict --json`. */
export interface Predicted {
  readonly path: string;
  readonly classes: readonly { readonly label: string; readonly probability: number }[];
}

/**
 * Three of the example's drawings as PNG, which all decoders decode to the same pixels.
 *
 * @returns their content by name
 */
export async function exampleDrawings(): Promise<Readonly<Record<string, Uint8Array>>> {
  const names = JSON.parse(readFileSync(join(EXAMPLE, "pictures.json"), "utf8")) as readonly string[];
  const chosen = names.filter((_, index) => index % 4 === 0);
  const files: Record<string, Uint8Array> = {};
  for (const name of chosen) {
    files[name.replace(".jpg", ".png")] = await sharp(join(EXAMPLE, "pictures", name))
      .png()
      .toBuffer();
  }
  return files;
}

/** What `silhouette predict` answers by the example's model. */
export async function predictedByExample(photographs: readonly string[]): Promise<readonly Predicted[]> {
  const { stdout } = await silhouette(["predict", EXAMPLE, ...photographs, "--json"]);
  return eventsOf(stdout).filter(({ type }) => type === "prediction") as unknown as readonly Predicted[];
}

/** The view on screen: the others are in the page, too. */
export const SHOWN = ".studio main > div:not([hidden])";

export async function choosePhotographs(page: Page, files: readonly string[]): Promise<void> {
  await page.locator(`${SHOWN} input[type=file][accept='image/*']`).setInputFiles([...files]);
}

/** Opens a photograph of the overview, once it no longer moves: all are classified, and the first one is open. */
export async function openShot(page: Page, name: string): Promise<void> {
  await page.locator(".detail[aria-busy=false] h2").waitFor();
  await page.locator("progress.done").waitFor({ state: "attached" });
  await page.locator("button.shot", { hasText: name }).click();
  await page.locator(".detail[aria-busy=false] h2", { hasText: name }).waitFor();
}

/** Probability by class, as exactly as the bars are drawn. */
export async function shares(page: Page): Promise<ReadonlyMap<string, number>> {
  const rows = await page.locator(".detail .shares li").all();
  return new Map(
    await Promise.all(
      rows.map(async (row) => {
        const style = (await row.locator(".share-bar span").getAttribute("style")) ?? "";
        return [await row.locator(".share-name").innerText(), Number(/scale: ([\d.e-]+)/.exec(style)?.[1])] as const;
      }),
    ),
  );
}

/** What axe-core finds, as a rule and the first element. */
export async function violations(page: Page): Promise<readonly string[]> {
  // Evaluated by the debugger: the page's policy refuses other scripts than its own.
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(AXE);
  const results = await page.evaluate<readonly { id: string; nodes: readonly { html: string }[] }[]>(
    "axe.run().then(({ violations }) => violations)",
  );
  return results.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
}

/** How far the page can be scrolled sideways, in pixels. */
export async function overflow(page: Page): Promise<number> {
  return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
}

/** A model with labels `labels`, which calls everything none of these. */
export async function modelOf(labels: readonly string[]): Promise<ModelFiles> {
  await startWasm();
  const network = compactNetwork({ width: 32, height: 32, classes: labels.length }, Generator.ofSeed(1));
  const weights = Array.from({ length: 4 * 128 }, () => 0);
  const description: ModelDescription = {
    labels,
    width: 32,
    height: 32,
    pixelFormat: "binary1",
    input: "otsu",
    views: 1,
    calibration: { temperature: 1, unlikeness: { weights, bias: 2 }, noneBeyond: 1 },
    preprocessing: { background: "white", gray: "opencv-15bit", resize: "pillow13-bilinear", threshold: "otsu" },
    provenance: {
      epoch: 1,
      seed: 1,
      kernelSet: "simd128",
      backend: "wasm",
      version: "0.1.0",
      trainedOn: { source: "photos", pictures: 9 },
    },
  };
  const files = await encodeModel(network, description);
  network.dispose();
  return files;
}
