// The event of a dataset that is read before it is used: its first pass takes a while if it is large.

/** Progress of the first pass over a dataset, which checks its pictures. */
export interface ReadingEvent {
  /** After every 10,000 pictures, and after the last one of more. */
  readonly type: "reading";
  /** Number of pictures read so far. */
  readonly done: number;
  /** Number of pictures to read. */
  readonly total: number;
}

/** Reports progress as events. */
export function reportReading(
  onEvent: ((event: ReadingEvent) => void) | undefined,
): ((done: number, total: number) => void) | undefined {
  return onEvent && ((done, total) => onEvent({ type: "reading", done, total }));
}
