// What `@silhouette/trainer/light` offers: that part of the package which loads no library, and so works where sharp or
// TensorFlow.js cannot be loaded. index.ts offers the same and the rest.

export { diagnose, type Finding, type FindingSubject } from "./diagnose.ts";
export { TrainerError, type TrainerErrorCode } from "./errors.ts";
export { SPLITS, type Split } from "./split.ts";
