// The report of one run of a command: JSON lines for programs, or text for people. Loaded when a command starts, so that help and
// versions wait for neither.

import type { CommandEvent, Report } from "./events.ts";
import { wrapped } from "./wrapped.ts";

/**
 * Opens the report of a run.
 *
 * @param format `json`: events as lines on stdout; errors, and that a training stops, as text on stderr as well
 * @param command the command's name; undefined to report nothing but an error
 * @throws {Failed} `LIBRARY_UNAVAILABLE`
 */
export async function openReport(format: "text" | "json", command: string | undefined): Promise<Report> {
  if (format === "text") {
    const { reportText } = await import("./text.ts");
    return reportText(command);
  }
  const { reportJson } = await import("./json.ts");
  const { errorText } = await import("./text/error.ts");
  const { STOPPING } = await import("./text/stopping.ts");
  const report = reportJson();
  return (event: CommandEvent) => {
    report(event);
    if (event.type === "error") errorText(event);
    if (event.type === "stopping") process.stderr.write(wrapped(STOPPING, process.stderr));
  };
}
