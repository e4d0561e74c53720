import { defineConfig } from "vitest/config";

/** Some tests run setup, installs and benchmarks. */
const timeouts = { testTimeout: 60_000, hookTimeout: 300_000 };

/** Number of test files to run in parallel: each computes on two threads, and often waits. */
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
        // Run after the unit tests: some of these build, install and run the whole project.
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
