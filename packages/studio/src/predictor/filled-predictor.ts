// A predictor from its template: a model ─▶ two parts and a title in the page that build/predictor.ts made.

import { printableHtml } from "@silhouette/report/printable";
import { verifyModel } from "@silhouette/trainer/browser";

import { toPlanes } from "./byte-planes.ts";
import { packed } from "./packed.ts";
import { partElement, TITLE } from "./template.ts";

/** A model, as a run's folder `model` has it. */
export interface PredictorModel {
  /** Content of `model.json`. */
  readonly json: string;
  /** Reads the weights file beside it, given its name. */
  readonly readWeights: (fileName: string) => Promise<Uint8Array> | Uint8Array;
}

/** Options for predictors. */
export interface PredictorOptions {
  /** Title of the page. Default: the names of the classes. */
  readonly title?: string;
}

/**
 * The page, which is to be written in UTF-8.
 *
 * @throws {TrainerError} `MODEL_VERSION`, `MODEL_PREPROCESSING`, `MODEL_DAMAGED`; and what `readWeights` throws
 */
export async function filledPredictor(
  template: string,
  { json, readWeights }: PredictorModel,
  { title }: PredictorOptions = {},
): Promise<string> {
  const { description, weights } = await verifyModel(json, readWeights);
  const parts = [
    [TITLE, `<title>${printableHtml(title ?? description.labels.join(", "))}</title>`],
    [partElement("model"), partElement("model", await packed(new TextEncoder().encode(json)))],
    [partElement("weights"), partElement("weights", await packed(toPlanes(weights)))],
  ] as const;
  // The places come before the program, and base64 has none.
  return parts.reduce((page, [place, part]) => {
    if (page.includes(place)) return page.replace(place, () => part);
    throw new Error(`Expected a template of predictors, but it has no ${place}: build the studio again`);
  }, template);
}
