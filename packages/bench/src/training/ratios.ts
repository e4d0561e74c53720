// Silhouette, the first row of each group, relative to more threads, to other batches and to augmentation, one line each.
// In: times or groups of one run. Out: lines.

import { milliseconds, ratio, threadsText } from "../measure/report-words.ts";
import { networkTitle } from "./built-in-networks.ts";
import type { Group } from "./result.ts";

/** A group's title: `reference network (300 x 300), 2 threads, batch 8`. */
export function groupName({ network, threads, batch }: Pick<Group, "network" | "threads" | "batch">): string {
  return `${networkTitle(network)}, ${threadsText(threads)}, batch ${batch}`;
}

/** Our speedup with more than one thread, relative to the register tile's; one line per network and batch. */
export function scalingLines(groups: readonly Group[]): readonly string[] {
  return groups.flatMap((group): readonly string[] => {
    const { network, threads, batch } = group;
    const single = groups.find((each) => each.network === network && each.threads === 1 && each.batch === batch);
    const [before, after] = [single?.peers[0], group.peers[0]];
    if (threads === 1 || single === undefined || before === undefined) return [];
    if (after?.threads !== threads) return [];
    const best = gain([before.bestMilliseconds, after.bestMilliseconds], [single.tileGigaflops, group.tileGigaflops]);
    const from = `${networkTitle(network)}, batch ${batch}, speedup from 1 to ${threadsText(threads)}`;
    const median = gain(
      [before.medianMilliseconds, after.medianMilliseconds],
      [single.tileMedianGigaflops, group.tileMedianGigaflops],
    );
    return [`${from}: ${after.name} ${best} (best times); ${median} (medians)`];
  });
}

type BeforeAndAfter = readonly [number, number];

function gain([before, after]: BeforeAndAfter, [tileBefore, tileAfter]: BeforeAndAfter): string {
  const [ours, tile] = [before / after, tileAfter / tileBefore];
  return `${ours.toFixed(2)}, register tile ${tile.toFixed(2)}, ratio ${ratio(ours, tile)}`;
}

/** How far our best times per picture differ between batches; one line per network and number of threads. */
export function batchLines(groups: readonly Group[]): readonly string[] {
  const prefixOf = ({ network, threads }: Group): string => `${networkTitle(network)}, ${threadsText(threads)}`;
  return [...new Set(groups.map(prefixOf))].flatMap((prefix): readonly string[] => {
    // More threads than silhouette can use change nothing.
    const same = groups.filter((group) => prefixOf(group) === prefix && group.peers[0]?.threads === group.threads);
    const times = same.flatMap(({ peers }) => peers.slice(0, 1).map(({ bestMilliseconds }) => bestMilliseconds));
    if (times.length < 2) return [];
    const [fastest, slowest] = [Math.min(...times), Math.max(...times)];
    const range = `${milliseconds(fastest)}..${milliseconds(slowest)} ms per picture`;
    const batches = same.map(({ batch }) => batch).join(", ");
    const apart = `${(100 * (slowest / fastest - 1)).toFixed(1)} %`;
    return [`${prefix}, batches ${batches}: ${same[0]?.peers[0]?.name} ${range} (best times), ${apart} apart`];
  });
}

/** How long making views of the pictures takes before our step, relative to the step; one line per group that has them. */
export function augmentationLines(groups: readonly Group[]): readonly string[] {
  return groups.flatMap((group): readonly string[] => {
    const { augmentation, peers } = group;
    const [ours] = peers;
    if (augmentation === null || ours === undefined) return [];
    const share = (100 * augmentation.medianMilliseconds) / ours.medianMilliseconds;
    const time = `${milliseconds(augmentation.medianMilliseconds)} ms per picture`;
    return [`${groupName(group)}, augmentation: ${time}, ${share.toFixed(1)} % of ${ours.name}'s step (medians)`];
  });
}
