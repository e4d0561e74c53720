// Measurements as text: aligned tables of plain characters. In: facts and figures. Out: lines; nothing is printed here.

import type { Machine } from "./machine.ts";
import type { CaseReport, PeerReport } from "./preprocess.ts";
import type { PreprocessResult } from "./result.ts";
import { markdownTable, textTable, type Column } from "./table.ts";

const COLUMNS: readonly Column<PeerReport>[] = [
  { title: "peer", align: "left", text: (peer) => peer.name },
  { title: "median ms", align: "right", text: (peer) => milliseconds(peer.medianMilliseconds) },
  { title: "best ms", align: "right", text: (peer) => milliseconds(peer.bestMilliseconds) },
  {
    title: "rounds' medians ms",
    align: "right",
    text: (peer) => `${milliseconds(peer.lowestRoundMilliseconds)}..${milliseconds(peer.highestRoundMilliseconds)}`,
  },
  { title: "ratio", align: "right", text: (peer) => peer.ratio.toFixed(2) },
  { title: "calls", align: "right", text: (peer) => String(peer.samples) },
  { title: "bits as ours", align: "right", text: (peer) => percent(peer.agreement) },
  { title: "threshold", align: "right", text: (peer) => String(peer.threshold) },
];

/** What the figures below it depend on, a line each. */
export function machineText(machine: Machine, command: string): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `processor  ${machine.processor}, ${machine.processors} available`,
    ...(machine.features.length > 0 ? [`features   ${machine.features.join(" ")}`] : []),
    `system     ${machine.system}`,
    `versions   ${versions.join(", ")}`,
    `date       ${machine.day}`,
    ...(machine.commit === undefined ? [] : [`commit     ${machine.commit}`]),
    `command    ${command}`,
  ].join("\n");
}

/** How to read the tables. */
export const LEGEND = `All peers take turns, each in a thread of its own; copies in and out are timed too.
median ms: one call, the median of the rounds' medians; their lowest..highest stand beside it. best ms: the fastest call.
ratio: median in relation to the first row's. bits as ours: share of equal pixels in the answer, checked before timing.`;

/** A case's title and table. Ratios relate medians to that of the first row. */
export function caseText({ name, settings, whiteShare, peers }: CaseReport): string {
  const rounds = settings.rounds === 1 ? "1 round" : `${settings.rounds} interleaved rounds`;
  const lines = textTable(COLUMNS, peers);
  return [name, `${rounds}; the answer is ${percent(whiteShare)} white`, "", ...lines].join("\n");
}

/** The first case as Markdown, to be put into a README: best and median, and how they were measured. */
export function preprocessMarkdown({ cases, command, machine }: PreprocessResult): string {
  const [{ name, settings, peers } = { name: "", settings: undefined, peers: [] }] = cases;
  const best = peers[0]?.bestMilliseconds ?? Number.NaN;
  const columns: readonly Column<PeerReport>[] = [
    { title: "peer", align: "left", text: (peer) => peer.name },
    { title: "best ms", align: "right", text: (peer) => milliseconds(peer.bestMilliseconds) },
    { title: "times ours", align: "right", text: (peer) => (peer.bestMilliseconds / best).toFixed(1) },
    { title: "median ms", align: "right", text: (peer) => milliseconds(peer.medianMilliseconds) },
  ];
  const rounds = `best and median of ${settings?.rounds ?? 0} rounds`;
  return [...markdownTable(columns, peers), "", `${name}, ${rounds}; ${measuredOn(machine, command)}`, ""].join("\n");
}

/** Day, machine and command, as a sentence's end. */
export function measuredOn({ day, processors, processor, versions }: Machine, command: string): string {
  return `${day}, ${processors} cores of ${processor}, Node ${versions["Node"] ?? "?"}; \`${command}\`.`;
}

/** `0.123`, `12.3`. */
export function milliseconds(value: number): string {
  return value < 10 ? value.toFixed(3) : value.toFixed(1);
}

/** Cut, not rounded: only what agrees wholly is 100 %. */
function percent(share: number): string {
  return `${(Math.floor(share * 10_000) / 100).toFixed(2)} %`;
}
