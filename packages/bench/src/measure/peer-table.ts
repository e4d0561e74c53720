// The table of a group of peers, and our time and memory relative to theirs. In: timings. Out: columns and lines.

import type { PeerTiming } from "./peer-rounds.ts";
import { milliseconds, ratio, threadsText } from "./report-words.ts";
import type { Column } from "./table.ts";

/** Peers with the same work and threads, ours first. */
export interface PeerGroup {
  /** Threads that each may use. */
  readonly threads: number;
  readonly peers: readonly PeerTiming[];
}

/** The name of a row, with its threads if it cannot use all of the group's. */
export function rowName({ name, threads }: PeerTiming, group: PeerGroup): string {
  return threads === group.threads ? name : `${name} (${threadsText(threads)})`;
}

/** Names and times. */
export function timeColumns(group: PeerGroup): readonly Column<PeerTiming>[] {
  const ours = group.peers[0]?.medianMilliseconds ?? Number.NaN;
  return [
    { title: "peer", align: "left", text: (peer) => rowName(peer, group) },
    { title: "median", align: "right", text: (peer) => milliseconds(peer.medianMilliseconds) },
    { title: "best", align: "right", text: (peer) => milliseconds(peer.bestMilliseconds) },
    {
      title: "rounds' medians",
      align: "right",
      text: (peer) => `${milliseconds(peer.lowestRoundMilliseconds)}..${milliseconds(peer.highestRoundMilliseconds)}`,
    },
    { title: "ratio", align: "right", text: (peer) => (peer.medianMilliseconds / ours).toFixed(2) },
  ];
}

/** What else is known of a peer. */
export const COST_COLUMNS: readonly Column<PeerTiming>[] = [
  { title: "memory", align: "right", text: ({ peakBytes }) => gigabytes(peakBytes) },
  {
    title: "deviation",
    align: "right",
    text: ({ deviation }) => (deviation === 0 ? "0" : deviation.toExponential(0)),
  },
];

/** `1.50 GB`. */
export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

/** Our time and memory relative to every other row's. */
export function peerLines(group: PeerGroup): readonly string[] {
  const [ours, ...others] = group.peers;
  if (ours === undefined || others.length === 0) return [];
  const line = (what: string, valueOf: (peer: PeerTiming) => number): string => {
    const ratios = others.map((peer) => `${rowName(peer, group)} ${ratio(valueOf(ours), valueOf(peer))}`);
    return `${ours.name}'s ${what} relative to ${ratios.join(", ")}`;
  };
  return [line("best time", ({ bestMilliseconds }) => bestMilliseconds), line("memory", ({ peakBytes }) => peakBytes)];
}
