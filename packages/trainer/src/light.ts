// Public API of `@silhouette/trainer/light`: the part of the package that loads no library, and so works where sharp or
// TensorFlow.js cannot be loaded. index.ts exports the same and the rest.

export { BACKEND_CHOICES } from "./backend/names.ts";
export { EXPORT_FORMATS, type ExportFormat } from "./model/export/format-names.ts";
export { INPUT_KINDS, PIXEL_RANGE_NAMES, type InputKind, type PixelRange } from "./dataset/input-kinds.ts";
export { RECIPE_NAMES, type RecipeName } from "./training/recipe-names.ts";
export { RECIPES, type NamedRecipe } from "./training/recipes.ts";
export { CROSS_VALIDATE_DEFAULTS, PREPARE_DEFAULTS, TRAIN_DEFAULTS } from "./training/defaults.ts";
export { isDatasetFile } from "./dataset/dataset-name.ts";
export { diagnose, type Finding, type FindingSubject } from "./node/doctor/diagnose.ts";
export { TrainerError, type TrainerErrorCode } from "./values/errors.ts";
export { isOverfitted } from "./training/overfitting.ts";
export { SPLITS, type Split } from "./dataset/split.ts";
export { RANGES, type WholeRange, type WholeSetting } from "./values/ranges.ts";
export { VERSION } from "./values/version.ts";
export { checkWritable, makeFolder, writeWhole } from "./node/files/whole-file.ts";
