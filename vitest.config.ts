import { basename } from "node:path";

import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Of all tests. Some run setup, installs and benchmarks. */
const common = { testTimeout: 60_000, hookTimeout: 300_000, setupFiles: ["test/equal-bytes.ts"] };

/** Number of test files to run in parallel: each computes on two threads, and often waits. */
const maxWorkers = 2;

/** Test files that take longest, the longest first. */
const LONGEST = [
  "readme",
  "bench",
  "studio-train",
  "hosts",
  "ray",
  "browsers",
  "packed",
  "configuration",
  "train-misused",
  "train",
  "import",
  "report-page",
  "studio-classify",
  "export",
  "inspect",
].map((name) => `${name}.test.ts`);

/** Begins with the longest files, so that no core waits at the end for one that began last. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId, project }: TestSpecification): number => {
      const rank = project.name === "whole" ? LONGEST.indexOf(basename(moduleId)) : -1;
      return rank === -1 ? LONGEST.length : rank;
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- of sequencers, not of arrays
    return (await super.sort(files)).toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        // What tests the kernels starts and switches them for its whole process: a process per file.
        test: {
          ...common,
          name: "kernels",
          include: ["packages/{preprocess,training}-wasm/ts/**/*.test.ts"],
          maxWorkers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // These share two processes, each of which loads TensorFlow.js once: in one per file, loading takes a third of the time.
        test: {
          ...common,
          name: "unit",
          include: ["packages/*/src/**/*.test.ts"],
          isolate: false,
          maxWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Run after the unit tests: some of these build, install and run the whole project. They share processes, too.
        test: {
          ...common,
          name: "whole",
          include: ["test/**/*.test.ts"],
          isolate: false,
          maxWorkers,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
