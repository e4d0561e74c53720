// A result of the suite networks as text for terminals and as Markdown. In: a result. Out: lines.

import type { PeerTiming } from "../measure/peer-rounds.ts";
import { COST_COLUMNS, peerLines, timeColumns } from "../measure/peer-table.ts";
import {
  bestAndMedian,
  headLines,
  measuredOn,
  milliseconds,
  notWholeMarkdown,
  ratio,
  threadsText,
} from "../measure/report-words.ts";
import { markdownTable, textTable, type Column } from "../measure/table.ts";
import { USES, type Use } from "./networks.ts";
import { NETWORK_PEERS } from "./peers.ts";
import type { NetworkGroup, NetworksResult } from "./result.ts";

/** What is measured. */
export const NETWORKS_TITLE = "Networks of tf.layers, unchanged: milliseconds per sample";

const USE_TITLES: Readonly<Record<Use, string>> = {
  training: "A training step (trainOnBatch, Adam)",
  inference: "Inference (predict, outputs read)",
};

const LEGEND = `${NETWORKS_TITLE}
All peers have the same drawn weights and batch, and take turns, each turn in a process of its own, after their answers are
compared: the outputs; or two losses, and the norm of each weight's gradient. median: the median of the rounds' medians, with
their lowest..highest beside it. best: the fastest call. ratio: median relative to the first row's. memory: largest resident
set. deviation: largest relative distance of an answer from ours. tf.layers on cpu has no rounds: its figure is a single call.`;

/** The text above the tables. */
export function networksHeadText(result: NetworksResult): string {
  return [...headLines(result), LEGEND].join("\n");
}

/** A group's title and table, and why peers are missing. */
export function networkGroupText(group: NetworkGroup): string {
  const { network, use, batch, threads, peers, missing } = group;
  return [
    `${network}: ${use}, batch ${batch}, ${threadsText(threads)}`,
    "",
    ...textTable([...timeColumns(group), ...COST_COLUMNS], peers),
    ...missing.map(({ name, reason }) => `${name}: none: ${reason}`),
    "",
    ...peerLines(group),
  ]
    .join("\n")
    .trimEnd();
}

/** The text below the groups: a table per use. */
export function networksEndText(result: NetworksResult): string {
  const reasons = reasonsOf(result.groups);
  const tables = usesOf(result.groups).map(({ use, groups }) =>
    [`\n${USE_TITLES[use]}: ${cellWords(result)}`, ...textTable(columnsOf(groups, reasons), groups)].join("\n"),
  );
  return [
    ...tables,
    ...(reasons.length > 0 ? ["", ...reasons.map((reason, index) => `(${index + 1}) ${reason}`)] : []),
    ...(result.invalid === null ? [] : [`\nInvalid: ${result.invalid}.`]),
  ].join("\n");
}

/** The result as Markdown: a table per use. */
export function networksMarkdown(result: NetworksResult): string {
  const { machine, command, invalid, groups: all } = result;
  const reasons = reasonsOf(all);
  const tables = usesOf(all).map(({ use, groups }) => [
    `**${USE_TITLES[use]}**`,
    "",
    ...markdownTable(columnsOf(groups, reasons), groups),
  ]);
  const reason = invalid === null ? "" : ` Invalid: ${invalid}.`;
  const paragraphs = [
    ...tables,
    [`${NETWORKS_TITLE}, ${cellWords(result)}; ${measuredOn(machine, command)}${reason}`],
    reasons.map((each, index) => `- (${index + 1}) ${each}`),
  ];
  return `${notWholeMarkdown(result)}${paragraphs.flatMap((lines) => (lines.length > 0 ? [lines.join("\n")] : [])).join("\n\n")}\n`;
}

/** What the cells of the tables are. */
function cellWords({ settings: { rounds } }: NetworksResult): string {
  const times = rounds === 0 ? "a single call" : `best / median ± half the spread of ${rounds} rounds' medians`;
  return `${times}; relative to: our best time relative to theirs`;
}

/** Why peers are missing, each reason once, in the order of the groups. */
function reasonsOf(groups: readonly NetworkGroup[]): readonly string[] {
  return [...new Set(groups.flatMap(({ missing }) => missing.map(({ name, reason }) => `${name}: ${reason}`)))];
}

/** The groups of each use that has some. */
function usesOf(
  groups: readonly NetworkGroup[],
): readonly { readonly use: Use; readonly groups: readonly NetworkGroup[] }[] {
  return USES.flatMap((use) => {
    const own = groups.filter((group) => group.use === use);
    return own.length > 0 ? [{ use, groups: own }] : [];
  });
}

/** A row per network and number of threads; a missing peer has the number of its reason. */
function columnsOf(groupsOfUse: readonly NetworkGroup[], reasons: readonly string[]): readonly Column<NetworkGroup>[] {
  const names = NETWORK_PEERS.map(({ name }) => name).filter((name) =>
    groupsOfUse.some(({ peers, missing }) => [...peers, ...missing].some((each) => each.name === name)),
  );
  const [us, ...others] = names;
  const peerOf = ({ peers }: NetworkGroup, name: string | undefined): PeerTiming | undefined =>
    peers.find((peer) => peer.name === name);
  const times = (group: NetworkGroup, name: string): string => {
    const peer = peerOf(group, name);
    if (peer !== undefined) return timesText(peer, group);
    const missing = group.missing.find((each) => each.name === name);
    return missing === undefined ? "" : `none (${reasons.indexOf(`${name}: ${missing.reason}`) + 1})`;
  };
  const relative = (group: NetworkGroup, name: string): string => {
    const [ours, theirs] = [peerOf(group, us), peerOf(group, name)];
    if (ours === undefined || theirs === undefined) return "";
    return ratio(ours.bestMilliseconds, theirs.bestMilliseconds);
  };
  return [
    { title: "network", align: "left", text: ({ network }) => network },
    { title: "batch", align: "right", text: ({ batch }) => String(batch) },
    { title: "threads", align: "right", text: ({ threads }) => String(threads) },
    ...names.map((name): Column<NetworkGroup> => {
      return { title: shortName(name), align: "right", text: (group) => times(group, name) };
    }),
    ...others.map((name): Column<NetworkGroup> => {
      return { title: `relative to ${shortName(name)}`, align: "right", text: (group) => relative(group, name) };
    }),
  ];
}

/** `tfjs-node` of `tf.layers on tfjs-node`: all peers are tf.layers. */
function shortName(peer: string): string {
  return peer.replace(/^tf\.layers on /, "");
}

/** `12.3 / 12.4 ± 2 %`, and a peer's threads if it cannot use all; `12.3` for a single call. */
function timesText(peer: PeerTiming, { threads }: NetworkGroup): string {
  const { samples, medianMilliseconds, lowestRoundMilliseconds, highestRoundMilliseconds } = peer;
  const spread = (100 * (highestRoundMilliseconds - lowestRoundMilliseconds)) / (2 * medianMilliseconds);
  const times =
    samples === 1 ? milliseconds(medianMilliseconds) : `${bestAndMedian(peer, milliseconds)} ± ${spread.toFixed(0)} %`;
  return peer.threads === threads ? times : `${times} (${threadsText(peer.threads)})`;
}
