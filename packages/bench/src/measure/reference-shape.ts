// The size of the network that the training suites and the suite of convolutions measure.

/** The reference article's pictures and classes. */
export const SHAPE = { width: 300, height: 300, classes: 3 } as const;
