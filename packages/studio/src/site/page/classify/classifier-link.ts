// What classifying needs of an engine in a worker: that of the studio, or of a predictor.

import type { Remote } from "comlink";

import type { ModelEngine } from "../../engine/model-engine.ts";
import type { ModelSource } from "../../engine/model-sources.ts";

/** An engine with a model. */
export type ClassifierLink = Pick<Remote<ModelEngine<ModelSource>>, "glance" | "open" | "answerAgain" | "answerFrame">;
