import { defineConfig } from "vitest/config";

/** Of all tests. Some run setup, installs and benchmarks. */
const common = { testTimeout: 60_000, hookTimeout: 300_000, setupFiles: ["test/equal-bytes.ts"] };

/** Number of test files to run in parallel: each computes on two threads, and often waits. */
const maxWorkers = 2;

export default defineConfig({
  test: {
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
        // Run after the unit tests: some of these build, install and run the whole project.
        test: {
          ...common,
          name: "whole",
          include: ["test/**/*.test.ts"],
          maxWorkers,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
