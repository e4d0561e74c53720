// A predictor from its template: a model ─▶ two parts and a title in the page that build/predictor.ts made.

import { printableHtml } from "@silhouette/report/printable";
import { verifyModel } from "@silhouette/trainer/browser";

import { toPlanes } from "./byte-planes.ts";
import { packed } from "./packed.ts";
import { partElement, TITLE } from "./template.ts";

/** The files of a model, as a run's folder `model` has them. */
export interface PredictorModel {
  /** Content of `model.json`. */
  readonly json: string;
  /** Content of the weights file that it names. */
  readonly weights: Uint8Array;
}

/** Options for predictors. */
export interface PredictorOptions {
  /** Title of the page. Default: the names of the classes. */
  readonly title?: string;
}

/**
 * The page, which is to be written in UTF-8.
 *
 * @throws {TrainerError} `MODEL_VERSION`, `MODEL_PREPROCESSING`, `MODEL_DAMAGED`
 */
export async function filledPredictor(
  template: string,
  { json, weights }: PredictorModel,
  { title }: PredictorOptions = {},
): Promise<string> {
  const { labels } = await verifyModel(json, weights);
  const parts = [
    [TITLE, `<title>${printableHtml(title ?? labels.join(", "))}</title>`],
    [partElement("model"), partElement("model", await packed(new TextEncoder().encode(json)))],
    [partElement("weights"), partElement("weights", await packed(toPlanes(weights)))],
  ] as const;
  // Each is in the template once: base64 has no markup, and the program comes after them.
  return parts.reduce((page, [place, part]) => page.replace(place, () => part), template);
}
