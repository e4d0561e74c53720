// What a predictor's page asks its worker for.

import { init } from "@silhouette/preprocess-wasm";
import type { LoadedModel } from "@silhouette/trainer/browser";

import { ModelEngine } from "../engine/model-engine.ts";
import { modelFrom, type EmbeddedModel } from "../engine/model-sources.ts";
import { giveKernels, type GivenKernels } from "./given-kernels.ts";

/** Classifies with the model in the page, behind comlink. */
export class PredictorEngine extends ModelEngine<EmbeddedModel> {
  /**
   * Takes the kernels, before everything else.
   *
   * @throws {PreprocessError} `UNSUPPORTED_ENGINE`
   */
  async takeKernels(preprocessing: Uint8Array<ArrayBuffer>, network: GivenKernels): Promise<void> {
    giveKernels(network);
    await init({ module: preprocessing });
  }

  protected override async modelFrom(model: EmbeddedModel): Promise<LoadedModel> {
    return modelFrom(model);
  }
}
