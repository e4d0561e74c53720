// Trains on a dataset, in a page's worker or anywhere else: the result is the same everywhere.

/**
 * @param {typeof import("@silhouette/trainer/browser")} trainer
 * @param {Uint8Array} bytes of a dataset file
 */
export async function learn(trainer, bytes) {
  const { RECIPES, configOf, Dataset, decodeModel, describeModel, encodeModel } = trainer;
  const { Classifier, evaluatePictures, PictureSet, startWasm, TrainingSession } = trainer;
  const dataset = await Dataset.open(bytes);
  const pictures = await PictureSet.bySplit(dataset);
  const backend = await startWasm({ kernelSet: "simd128" });
  const { recipe, network: name } = RECIPES.compact;
  const settings = { source: "photos.arrow", epochs: 2, batch: 8, seed: 3, recipe, network: name };
  const config = configOf({ ...settings, dataset: dataset.description, pictures, backend });
  await dataset.close();
  const session = await TrainingSession.of(config, pictures, backend);
  const events = [];
  let files;
  try {
    const { history, metrics } = await session.run({
      onEvent: ({ type }) => events.push(type),
      onEpoch: async ({ history: soFar, network, calibration }) => {
        files = await encodeModel(network, describeModel(config, soFar.length, calibration));
      },
    });
    const { json, weightsName, weights } = files;
    const { network, description } = await decodeModel(json, () => weights);
    const restored = await evaluatePictures(new Classifier(network, backend), pictures.test, {
      batch: 8,
      views: description.views,
    });
    network.dispose();
    return {
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
