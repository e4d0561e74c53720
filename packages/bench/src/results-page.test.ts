// The page of results: what it shows of a result, made up.

import { describe, expect, it } from "vitest";

import { resultsPage } from "./results-page.ts";
import { groupOf, resultOf, timed } from "./testing/results.ts";
import type { TrainingResult } from "./training/result.ts";

const GROUP = groupOf([timed("silhouette", 20, 30), timed("PyTorch channels-last", 40, 60), timed("Keras", 10, 15)]);

/** The page of one result. */
function pageOf(changes: Partial<TrainingResult> = {}, features: readonly string[] = ["family 25", "avx2"]): string {
  const result = resultOf([GROUP], changes);
  return resultsPage([{ name: "train", result: { ...result, machine: { ...result.machine, features } } }]);
}

describe("the page of results", () => {
  it("sorts peers by their medians and marks ours, with spread, the ratio to ours, and what repeats each row", () => {
    const [titles, , ...rows] =
      pageOf()
        .split(/^(?=\| peer )/m)[1]
        ?.trim()
        .split("\n") ?? [];
    expect(titles).toMatch(/^\| peer +\| median ms \| rounds' medians \| best ms \| ratio \| +memory \| this row +\|$/);
    expect(
      rows.map((row) =>
        row
          .split("|")
          .map((cell) => cell.trim())
          .slice(1, -1)
          .join(" | "),
      ),
    ).toEqual([
      'Keras | 12.5 | 10.0..15.0 | 10.0 | 0.50 | 1.50 GB | `--peers "Keras"`',
      '**silhouette** | 25.0 | 20.0..30.0 | 20.0 | 1.00 | 1.50 GB | `--peers "silhouette"`',
      'PyTorch channels-last | 50.0 | 40.0..60.0 | 40.0 | 2.00 | 1.50 GB | `--peers "PyTorch channels-last"`',
    ]);
  });

  it("has the date, the machine, and the commands that repeat the whole and each table", () => {
    const page = pageOf();
    expect(page).toContain("Measured on 2026-01-02: 2 cores of Test processor, vectors of AVX2, TestOS 1 x64");
    expect(page).toContain("\nRepeat all of it: `silhouette bench train`\n");
    expect(page).toContain("\n`silhouette bench train --network reference --batch 8 --threads 1`\n");
    expect(page).toContain("](train.svg)");
  });

  it.each([
    [["avx2"], "AVX2", "Widest vectors of AVX2: train."],
    [["avx2", "avx512f"], "AVX-512", "None of these results is from a machine whose widest vectors are AVX2."],
    [["avx2", "avx512f", "amx_int8"], "AMX and AVX-512", "None of these results"],
    [["asimd"], "NEON", "None of these results"],
    [[], "unknown", "None of these results"],
  ])("says how wide the vectors of a processor with %j are: %s", (features, vectors, sentence) => {
    const page = pageOf({}, features);
    expect(page).toContain(`vectors of ${vectors}, TestOS`);
    expect(page).toContain(sentence);
  });

  it("says what is partial, limited to some peers, invalid or missing", () => {
    const page = pageOf({
      complete: false,
      stopped: "Stopped by Ctrl-C",
      limitedTo: ["Keras"],
      invalid: "of noise",
      missing: [{ name: "PyTorch", reason: "No module named torch" }],
    });
    expect(page).toContain("| partial, some figures invalid |");
    for (const note of ["Partial result: Stopped by Ctrl-C.", "Limited by --peers to Keras.", "Invalid: of noise."]) {
      expect(page).toContain(`\n**${note}**\n`);
    }
    expect(page).toContain("\n- Not measured: PyTorch: No module named torch\n");
  });
});
