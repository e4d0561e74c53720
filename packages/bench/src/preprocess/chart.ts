// The chart of a result of the suite preprocess.

import { barChart } from "../measure/chart.ts";
import { PREPROCESS_TITLE } from "./report.ts";
import type { PreprocessResult } from "./result.ts";

/** A row for each peer, of the first kind of picture. */
export function preprocessChart({ cases, machine }: PreprocessResult): string {
  const [{ name, peers } = { name: "", peers: [] }] = cases;
  const values = peers.map(({ medianMilliseconds }) => medianMilliseconds);
  return barChart(
    `${PREPROCESS_TITLE}: milliseconds`,
    machine,
    peers.map((peer) => peer.name),
    [{ name, values }],
  );
}
