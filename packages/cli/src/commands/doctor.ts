// `silhouette doctor`: what is there, what is missing, and what mends it.
//
// Loads no library, and so runs where one is broken.

import { diagnose } from "@silhouette/trainer/light";
import { Command } from "commander";

import type { Report } from "../report/events.ts";

/** Thrown when all is told already: the exit code alone is left to say it. */
export class SomethingMissing extends Error {}

/** The command. It tells `report` what it finds. */
export function doctorCommand(report: Report): Command {
  return new Command("doctor")
    .summary("tell what is there, what is missing, and what mends it")
    .description(
      "Looks at Node.js, the processor, the preprocessor and the training kernels (each computes something whose answer " +
        "is known), sharp and its formats, memory, and the current folder. Each is ready (✓), limited (!) or missing (✗), " +
        "with the step that mends it; the exit code is 3 if anything is missing.",
    )
    .option("--json", "one JSON event a line on stdout")
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
