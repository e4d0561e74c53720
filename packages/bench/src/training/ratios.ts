// Silhouette, the first row of each group, relative to other rows, to more threads and to other batches, one line each.
// In: times or groups of one run. Out: lines.

import { milliseconds, ratio, threadsText } from "../measure/report-words.ts";
import type { Group } from "./result.ts";

/** A group's title: `2 threads, batch 8`. */
export function groupName({ threads, batch }: Pick<Group, "threads" | "batch">): string {
  return `${threadsText(threads)}, batch ${batch}`;
}

/** Our speedup with more than one thread, relative to the register tile's; one line per batch. */
export function scalingLines(groups: readonly Group[]): readonly string[] {
  return groups.flatMap((group): readonly string[] => {
    const single = groups.find(({ threads, batch }) => threads === 1 && batch === group.batch);
    const [before, after] = [single?.peers[0], group.peers[0]];
    if (group.threads === 1 || single === undefined || before === undefined) return [];
    if (after?.threads !== group.threads) return [];
    const best = gain([before.bestMilliseconds, after.bestMilliseconds], [single.tileGigaflops, group.tileGigaflops]);
    const from = `speedup from 1 to ${groupName(group)}: ${after.name} ${best} (best times)`;
    // Missing in older results.
    if (single.tileMedianGigaflops === undefined || group.tileMedianGigaflops === undefined) return [from];
    const median = gain(
      [before.medianMilliseconds, after.medianMilliseconds],
      [single.tileMedianGigaflops, group.tileMedianGigaflops],
    );
    return [`${from}; ${median} (medians)`];
  });
}

type BeforeAndAfter = readonly [number, number];

function gain([before, after]: BeforeAndAfter, [tileBefore, tileAfter]: BeforeAndAfter): string {
  const [ours, tile] = [before / after, tileAfter / tileBefore];
  return `${ours.toFixed(2)}, register tile ${tile.toFixed(2)}, ratio ${ratio(ours, tile)}`;
}

/** How far our best times per picture differ between batches; one line per number of threads. */
export function batchLines(groups: readonly Group[]): readonly string[] {
  return [...new Set(groups.map(({ threads }) => threads))].flatMap((threads): readonly string[] => {
    // More threads than silhouette can use change nothing.
    const same = groups.filter((group) => group.threads === threads && group.peers[0]?.threads === threads);
    const times = same.flatMap(({ peers }) => peers.slice(0, 1).map(({ bestMilliseconds }) => bestMilliseconds));
    if (times.length < 2) return [];
    const [fastest, slowest] = [Math.min(...times), Math.max(...times)];
    const range = `${milliseconds(fastest)}..${milliseconds(slowest)} ms per picture`;
    const batches = same.map(({ batch }) => batch).join(", ");
    const apart = `${(100 * (slowest / fastest - 1)).toFixed(1)} %`;
    return [
      `${threadsText(threads)}, batches ${batches}: ${same[0]?.peers[0]?.name} ${range} (best times), ${apart} apart`,
    ];
  });
}
