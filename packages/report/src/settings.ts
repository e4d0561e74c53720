// The settings of a run for people, in the order in which a report shows them.

import type { RunConfig } from "@silhouette/trainer/browser";

import type { Setting } from "./report-data.ts";

const INPUTS = {
  otsu: "black and white, by Otsu's threshold",
  levels: "three levels, by Otsu's two thresholds",
  gray: "gray levels",
  rgb: "colors",
} as const;

const NETWORKS = {
  reference: "reference article's",
  compact: "compact",
  custom: "your own",
  imported: "of the imported model",
} as const;

/**
 * The settings of a run.
 *
 * @param epochsDone number of completed epochs
 */
export function settingsOf(config: RunConfig, epochsDone: number): readonly Setting[] {
  const { recipe, network, epochs, batch, seed, init, dataset, backend, kernelSet, created, version } = config;
  const { split } = dataset;
  if (config.imported !== undefined) return importedSettings(config, config.imported);
  const settings: readonly (readonly [name: string, value: string | undefined])[] = [
    ["Recipe", recipe.name],
    ["Network", NETWORKS[network]],
    ["Input", INPUTS[recipe.input]],
    ["Epochs", epochsDone === epochs ? String(epochs) : `${epochsDone} of ${epochs}`],
    ["Batch", `${batch} pictures`],
    ["Optimizer", optimizerText(recipe.optimizer)],
    ["Learning rate", rateText(recipe.learningRate)],
    ["Label smoothing", recipe.labelSmoothing === 0 ? undefined : String(recipe.labelSmoothing)],
    ["Class weights", recipe.classWeights === "uniform" ? undefined : recipe.classWeights],
    ["Sampling", recipe.sampling === "uniform" ? undefined : recipe.sampling],
    ["Augmentation", recipe.augmentation === null ? "none" : "each picture anew at each step"],
    ["Tested model", recipe.model === "best" ? "of the best epoch" : "of the last epoch"],
    ["Views per prediction", String(recipe.views)],
    ["Weights", init === null ? "drawn" : `from ${init.run}`],
    ["Frozen blocks", recipe.freeze === 0 ? undefined : String(recipe.freeze)],
    ["Split", split.from === "folders" ? "by folders" : `${split.fractions.join(", ")} (drawn)`],
    ["Seed", String(seed)],
    ["Kernels", `${backend} (${kernelSet})`],
    ["Started", created],
    ["Silhouette", version],
  ];
  return settings.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

/** Of a run that was not trained here. */
function importedSettings(
  { recipe, created, version }: RunConfig,
  { file, library }: NonNullable<RunConfig["imported"]>,
): readonly Setting[] {
  return [
    { name: "Imported from", value: file },
    { name: "Saved by", value: library },
    { name: "Input", value: INPUTS[recipe.input] },
    { name: "Views per prediction", value: String(recipe.views) },
    { name: "Imported", value: created },
    { name: "Silhouette", value: version },
  ];
}

function optimizerText(optimizer: RunConfig["recipe"]["optimizer"]): string {
  switch (optimizer.method) {
    case "adam":
      return "Adam";
    case "adamw":
      return `AdamW, weight decay ${optimizer.weightDecay}`;
    default:
      return `SGD, momentum ${optimizer.momentum}`;
  }
}

function rateText({ schedule, rate, warmupEpochs }: RunConfig["recipe"]["learningRate"]): string {
  const warmup = warmupEpochs > 0 ? `, ${warmupEpochs} epochs of warm-up` : "";
  return `${rate}, ${schedule}${warmup}`;
}
