import { defineConfig } from "vitest/config";

/** Set-up, installs and benchmarks run in some tests. */
const timeouts = { testTimeout: 60_000, hookTimeout: 300_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: { ...timeouts, name: "unit", include: ["packages/*/{src,ts}/**/*.test.ts"], sequence: { groupOrder: 0 } },
      },
      {
        // After the others and one at a time: some of these build, install and run the whole.
        test: {
          ...timeouts,
          name: "whole",
          include: ["test/**/*.test.ts"],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
