// Public API of `@silhouette/studio`.

export { predictorPage } from "./predictor-page.ts";
export { serveStudio, type Studio, type StudioOptions } from "./serve-studio.ts";
export type { PredictorModel, PredictorOptions } from "../predictor/filled-predictor.ts";
