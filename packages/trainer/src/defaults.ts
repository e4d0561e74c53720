// What the options are where nothing else is said.

/** What `prepare` takes where it is told nothing else. */
export const PREPARE_DEFAULTS = { size: { width: 300, height: 300 }, split: [0.8, 0.1, 0.1], seed: 0 } as const;

/** What `train` takes where it is told nothing else: the reference article's. */
export const TRAIN_DEFAULTS = { backend: "auto", epochs: 5, batch: 50, size: PREPARE_DEFAULTS.size, seed: 0 } as const;
