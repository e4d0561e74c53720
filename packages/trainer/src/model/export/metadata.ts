// What an exported model says about itself, as texts: formats have places for names with texts.

import { VERSION } from "../../values/version.ts";
import { descriptionContent } from "../codec.ts";
import { ENDS } from "./lower-network.ts";
import { DESCRIPTION_KEY, type ModelDescription } from "../description.ts";

/** Who wrote a file. */
export const PRODUCER = { name: "silhouette", version: VERSION } as const;

/** What the graph takes and gives, for people. */
export const ENDS_DOC: ReadonlyMap<string, string> = new Map([
  [
    ENDS.input,
    "The pixels of all views of each picture, one view after the other, as the network sees them: see silhouette's description of models.",
  ],
  [ENDS.probabilities, "The probability of each class, in the order of the labels: calibrated, if the model is."],
  [
    ENDS.novelty,
    "How unlike the training pictures each picture is, 0 or more: above 1, it is probably of none of the classes.",
  ],
]);

/**
 * Labels, and the whole description: preprocessing, views, calibration and provenance. `labels` is a JSON array of strings, in the order of
 * the probabilities; `silhouette` is the description of docs/formats/model.md without its checksums, as JSON.
 */
export function metadataOf(description: ModelDescription): Readonly<Record<string, string>> {
  return {
    labels: JSON.stringify(description.labels),
    [DESCRIPTION_KEY]: JSON.stringify(descriptionContent(description)),
  };
}
