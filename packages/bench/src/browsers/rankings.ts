// The rankings of a result of the suite browsers.

import { rankingOf, rowOf, type Ranking } from "../measure/ranking.ts";
import { threadsText } from "../measure/report-words.ts";
import { engineName } from "./report.ts";
import type { BrowsersGroup, BrowsersResult } from "./result.ts";

/** One for each kernel set, number of threads and batch: both steps in all engines. The step of silhouette is ours. */
export function browsersRankings({ groups }: BrowsersResult): readonly Ranking[] {
  return [...new Set(groups.map(taskName))].map((title) => {
    const own = groups.filter((group) => taskName(group) === title);
    const rows = own.flatMap(({ step, engines }) =>
      engines.map((engine) => ({
        ...rowOf(engine, `${step} in ${engineName(engine)}`),
        isOurs: step === "silhouette",
      })),
    );
    const [{ batch, threads } = { batch: 0, threads: 0 }] = own;
    return rankingOf(title, `--batch ${batch} --threads ${threads}`, rows);
  });
}

function taskName({ kernelSet, threads, batch }: BrowsersGroup): string {
  return `${kernelSet} kernels, ${threadsText(threads)}, batch ${batch}`;
}
