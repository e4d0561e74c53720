import { defineConfig } from "vitest/config";

/** Set-up, installs and benchmarks run in some tests. */
const timeouts = { testTimeout: 60_000, hookTimeout: 300_000 };

/** Test files at the same time: each computes on two threads, and waits a good deal. */
const maxWorkers = 2;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...timeouts,
          name: "unit",
          include: ["packages/*/{src,ts}/**/*.test.ts"],
          maxWorkers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // After the others: some of these build, install and run the whole.
        test: {
          ...timeouts,
          name: "whole",
          include: ["test/**/*.test.ts"],
          maxWorkers,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
