// A model as one page, from the template that the build wrote into the site.

import { readFile } from "node:fs/promises";

import { filledPredictor, type PredictorModel, type PredictorOptions } from "../predictor/filled-predictor.ts";
import { TEMPLATE } from "../predictor/template.ts";

/**
 * A page that classifies photographs with a model, as one HTML file. It opens from disk, computes in the browser, and makes no request:
 * program, kernels and weights are in it. Its answers are those of `silhouette predict`. Needs a browser of 2024 or later.
 *
 * @param model the model; its texts are shown as text, whatever they contain
 * @returns the file, which is to be written in UTF-8
 * @throws {TrainerError} `MODEL_VERSION`, `MODEL_PREPROCESSING`, `MODEL_DAMAGED`; and what `readWeights` throws
 * @example
 * import { readFile, writeFile } from "node:fs/promises";
 *
 * import { predictorPage } from "@silhouette/studio";
 *
 * const page = await predictorPage(
 *   {
 *     json: await readFile("run/model/model.json", "utf8"),
 *     readWeights: (name) => readFile(`run/model/${name}`),
 *   },
 *   { title: "Vehicles" },
 * );
 * await writeFile("predictor.html", page);
 */
export async function predictorPage(model: PredictorModel, options: PredictorOptions = {}): Promise<string> {
  return filledPredictor(await readFile(new URL(`../site/${TEMPLATE}`, import.meta.url), "utf8"), model, options);
}
