// A training that was asked to stop, as text.

/** What is going on after a signal, if the checkpoint takes a while. */
export const STOPPING =
  "Stopping, with a checkpoint if there is progress to save. Press Ctrl-C again to end at once.\n";
