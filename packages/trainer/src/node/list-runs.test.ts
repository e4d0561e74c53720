// What a list of runs says of each.

import { join } from "node:path";

import { beforeAll, expect, it } from "vitest";

import { SMALL_NETWORK } from "../testing/small-training.ts";
import { folderForAllTests, writeStriped } from "../testing/striped-classes.ts";
import { historyFiles } from "../model/run-files.ts";
import { readHistory, writeRunFiles } from "./files/run-folder.ts";
import { listRuns } from "./list-runs.ts";
import { train } from "./train.ts";

const folder = folderForAllTests();
const source = join(folder, "striped.arrow");

beforeAll(async () => {
  await writeStriped(source, { labels: ["a", "b"], counts: { train: 9, val: 2, test: 6 }, side: 12 });
});

it.each([
  ["last", 0.25],
  ["best", 0.75],
] as const)(
  "the validation accuracy of a run whose model is the %s one is that of the model",
  async (model, accuracy) => {
    const run = join(folder, model);
    const recipe = { name: "article", model } as const;
    const { config } = await train({ source, run, epochs: 2, batch: 5, network: SMALL_NETWORK, recipe });
    const [first, second] = await readHistory(run);
    if (first === undefined || second === undefined) throw new Error("Expected two epochs");
    const history = [
      { ...first, valLoss: 1, valAccuracy: 0.75 },
      { ...second, valLoss: 2, valAccuracy: 0.25 },
    ];
    await writeRunFiles(run, historyFiles(config, history));
    expect(await listRuns([run])).toMatchObject([{ state: "done", bestEpoch: 1, valAccuracy: accuracy }]);
  },
);

it("names the run whose weights a run started from", async () => {
  const [first, second] = ["first", "second"].map((name) => join(folder, "started", name)) as [string, string];
  const options = { source, epochs: 1, batch: 5, network: SMALL_NETWORK, recipe: "article" } as const;
  await train({ ...options, run: first });
  await train({ ...options, run: second, init: first });
  expect(await listRuns([join(folder, "started")])).toMatchObject([
    { settings: { init: null } },
    { settings: { init: first } },
  ]);
});
