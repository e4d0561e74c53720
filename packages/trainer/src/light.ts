// What `@silhouette/trainer/light` offers: that part of the package which loads no library, and so works where sharp or
// TensorFlow.js cannot be loaded. index.ts offers the same and the rest.

export { BACKEND_CHOICES } from "./backend-names.ts";
export { PREPARE_DEFAULTS, TRAIN_DEFAULTS } from "./defaults.ts";
export { diagnose, type Finding, type FindingSubject } from "./diagnose.ts";
export { TrainerError, type TrainerErrorCode } from "./errors.ts";
export { SPLITS, type Split } from "./split.ts";
export { writeWhole } from "./whole-file.ts";
