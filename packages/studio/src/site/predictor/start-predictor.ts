// Starts a predictor's worker from the parts of its page, and loads its model.

import { transfer, type Remote } from "comlink";

import { fromPlanes } from "../../predictor/byte-planes.ts";
import type { ModelFacts } from "../engine/current-model.ts";
import type { StudioError } from "../engine/problem.ts";
import { linkTo } from "../page/worker-link.ts";
import { embedded } from "./embedded.ts";
import type { PredictorEngine } from "./predictor-engine.ts";

/** A predictor that can be asked. */
export interface StartedPredictor {
  readonly engine: Remote<PredictorEngine>;
  readonly facts: ModelFacts;
}

/**
 * Starts the predictor of this page.
 *
 * @param name what the page calls the model
 * @param onFailure called with a problem if the worker cannot be loaded, which no call would say
 * @throws {StudioError} `PREDICTOR_DAMAGED`; {TrainerError} `MODEL_DAMAGED`, `BACKEND_UNAVAILABLE`
 */
export async function startPredictor(name: string, onFailure: (error: StudioError) => void): Promise<StartedPredictor> {
  const [program, preprocessing, simd128, tensorflow, model, planes] = await Promise.all([
    embedded("worker"),
    embedded("preprocessing"),
    embedded("simd128"),
    embedded("tensorflow"),
    embedded("model"),
    embedded("weights"),
  ]);
  const url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
  const engine = linkTo<PredictorEngine>(new Worker(url), onFailure);
  const kernels = { simd128, tensorflow };
  await engine.takeKernels(preprocessing, transfer(kernels, [simd128.buffer, tensorflow.buffer]));
  URL.revokeObjectURL(url);
  const json = new TextDecoder().decode(model);
  const weights = fromPlanes(planes);
  return { engine, facts: await engine.use(transfer({ name, json, weights }, [weights.buffer])) };
}
