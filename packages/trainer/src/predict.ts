// Public API of `@silhouette/trainer/predict`: classifies pictures without loading what trains. index.ts exports the same and the rest.

export { predict, type Prediction, type PredictEvent, type PredictOptions } from "./node/predict.ts";
export { Predictor, type PictureSource } from "./node/predictor.ts";
