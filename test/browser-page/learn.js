// Builds a dataset, trains on another, keeps the run and explains it, in a page's worker or anywhere else: the result is the same everywhere.

/**
 * @param {typeof import("@silhouette/trainer/browser")} trainer
 * @param {Uint8Array} bytes of a dataset file
 */
export async function learn(trainer, bytes) {
  const { RECIPES, configOf, Dataset, decodeModel, describeModel, encodeModel } = trainer;
  const { Classifier, evaluatePictures, PictureSet, startWasm, TrainingSession } = trainer;
  const { explainPredictions, LearnedPictures, RunEncoder, RunReader } = trainer;
  const dataset = await Dataset.open(bytes);
  const built = await builtAgain(trainer, dataset);
  const pictures = await PictureSet.bySplit(dataset);
  const backend = await startWasm({ kernelSet: "simd128" });
  const { recipe, network: name } = RECIPES.compact;
  const settings = { source: "photos.arrow", epochs: 2, batch: 8, seed: 3, recipe, network: name };
  const config = configOf({ ...settings, dataset: dataset.description, pictures, backend });
  await dataset.close();
  const session = await TrainingSession.of(config, pictures, backend);
  const events = [];
  let files;
  const run = new Map();
  const encoder = new RunEncoder(config);
  const keep = async (all) => {
    for (const { path, content } of all) run.set(path, new Uint8Array(await new Blob(content).arrayBuffer()));
  };
  await keep(encoder.start(LearnedPictures.of(pictures)));
  try {
    const result = await session.run({
      onEvent: ({ type }) => events.push(type),
      onEpoch: async (epoch) => {
        const { history: soFar, network, calibration } = epoch;
        files = await encodeModel(network, describeModel(config, soFar.length, calibration));
        await keep(await encoder.epoch(epoch));
      },
      onCheckpoint: (checkpoint) => keep(encoder.checkpoint(checkpoint)),
      onPredictions: (predictions) => encoder.predictions(predictions),
    });
    const { history, metrics } = result;
    await keep(encoder.result(result));
    const { json, weightsName, weights } = files;
    const { network, description } = await decodeModel(json, () => weights);
    const restored = await evaluatePictures(new Classifier(network, backend), pictures.test, {
      batch: 8,
      views: description.views,
    });
    network.dispose();
    const reader = new RunReader({ name: "run", read: (path) => run.get(path) });
    const results = await reader.results();
    const explanation = await explainPredictions({
      results,
      predictions: [0, 1],
      openModel: async () => {
        const tested = await reader.model();
        return { classifier: new Classifier(tested.network, backend), description: tested.description };
      },
      openDataset: () => Dataset.open(bytes),
    });
    return {
      built,
      files: [...run.keys()],
      checkpoint: checksum(run.get("checkpoints/last.safetensors")),
      // Calibrated probabilities may differ in their last digits: powers differ between engines.
      recorded: { ...results.test, predictions: results.test.predictions.map(({ predicted }) => predicted) },
      explained: explanation.pictures.map(({ mask, attention }) => ({ mask, attention: [...attention.values] })),
      kernelSet: backend.kernelSet,
      reason: backend.reason,
      labels: description.labels,
      calibration: description.calibration,
      events: [...new Set(events)],
      weightsName,
      weightBytes: weights.length,
      losses: history.map(({ loss, valLoss }) => [loss, valLoss]),
      test: { loss: metrics.loss, confusion: metrics.confusion, restoredLoss: restored.loss },
    };
  } finally {
    session.dispose();
  }
}

/** A dataset of the same pictures, built in the order of their paths' ends: its counts, copies and checksum. */
async function builtAgain({ DatasetBuilder, PREPARE_DEFAULTS }, dataset) {
  const { width, height } = dataset.description;
  const builder = await DatasetBuilder.of(dataset.description);
  const rows = [];
  for await (const { path, label, pixels } of dataset) rows.push({ path, label, pixels: pixels.slice() });
  for (const { path, label, pixels } of rows.toReversed()) {
    await builder.add({ path, label }, { data: pixels, width, height, channels: 1 });
  }
  const { counts, duplicates, bytes } = builder.build(PREPARE_DEFAULTS);
  let sum = 1;
  for await (const chunk of bytes()) sum = checksum(chunk, sum);
  return { counts, near: duplicates.near, sum };
}

/** A checksum that any engine computes. */
function checksum(bytes, before = 1) {
  return bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) | 0, before);
}
