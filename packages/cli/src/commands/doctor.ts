// `silhouette doctor`: reports what is installed, what is missing, and how to fix it.
//
// Imports no library itself, and so works if one is broken.

import { diagnose } from "@silhouette/trainer/light";
import { Command } from "commander";

import type { Report } from "../report/events.ts";

/** Thrown after everything has been reported, for the exit code alone. */
export class SomethingMissing extends Error {}

/** The command, which reports to `report`. */
export function doctorCommand(report: Report): Command {
  return new Command("doctor")
    .summary("report what is installed, what is missing, and how to fix it")
    .description(
      "Checks Node.js, the processor, the preprocessor and the training kernels (each computes a known result), sharp and " +
        "its formats, memory, and the current folder. Each is ready (✓), limited (!) or missing (✗), with the step that " +
        "fixes it; the exit code is 3 if anything is missing.",
    )
    .option("--json", "print one JSON event per line on stdout")
    .addHelpText("after", "\nExample:\n  silhouette doctor")
    .action(async () => {
      const findings = await diagnose();
      const counts = { ready: 0, limited: 0, missing: 0 };
      for (const finding of findings) {
        counts[finding.state]++;
        report({ type: "finding", ...finding });
      }
      report({ type: "done", command: "doctor", ...counts });
      if (counts.missing > 0) throw new SomethingMissing();
    });
}
