// Work on many items at the same time, with results in order, that ends at once when it is stopped.

import { pMapIterable } from "p-map";

/** How {@link concurrently} goes about it. */
export interface ConcurrentlyOptions {
  /** Items that are worked on at the same time. */
  readonly concurrency: number;
  /** Ends the results at once with its reason; work that has begun goes on in the background, unheard. */
  readonly signal: AbortSignal | undefined;
}

/**
 * The results of `work` on each of `items`, in their order. At most `concurrency` results wait to be taken.
 *
 * @throws what `work` throws, and the signal's reason
 */
export async function* concurrently<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<Result>,
  { concurrency, signal }: ConcurrentlyOptions,
): AsyncGenerator<Awaited<Result>, void, undefined> {
  const results = pMapIterable(items, work, { concurrency })[Symbol.asyncIterator]();
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal?.reason as Error);
  });
  // Nobody may be racing against it.
  stopped.catch(() => undefined);
  signal?.addEventListener("abort", stop);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const next = await Promise.race([results.next(), stopped]);
      if (next.done === true) return;
      yield next.value as Awaited<Result>;
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    // It may be waiting for a picture, and would be waited for.
    void results.return?.();
  }
}
