// `silhouette studio`: serves the studio to this machine's browser until it is stopped.

import { once } from "node:events";

import type { Studio } from "@silhouette/studio";
import { Command } from "commander";

import { parseWhole } from "../command-line/arguments.ts";
import { EXIT } from "../outcome/exit-codes.ts";
import { Failed } from "../outcome/failed.ts";
import { loaded } from "../outcome/libraries.ts";
import type { Report } from "../report/events.ts";

/** Options of the command line, parsed. */
interface StudioFlags {
  readonly port: number;
  readonly open: boolean;
  readonly json?: boolean;
}

/** Ports of TCP; 0 takes a free one. */
const PORTS = { min: 0, max: 65_535 };

/** Port by default: an address that stays the same keeps what the page has stored. */
const PORT = 4180;

/** The command, which reports to `report`; `signal` stops it. */
export function studioCommand(report: Report, signal: AbortSignal): Command {
  return new Command("studio")
    .summary("open a page that classifies photographs and trains")
    .description(
      "Serves the studio, a page that classifies photographs and the camera's picture, trains on class folders that are dropped on it, and " +
        "shows the results of runs. Everything is computed in the page: nothing is uploaded. Only this machine can open it. With a run, " +
        "the page opens with its model and its report.\n\nServes until it is stopped by Ctrl-C.",
    )
    .argument("[RUN]", "run folder of silhouette train")
    .option("--port <NUMBER>", "port on 127.0.0.1; 0 takes a free one", parseWhole(PORTS), PORT)
    .option("--no-open", "do not open the browser")
    .option("--json", "print one JSON event per line on stdout")
    .addHelpText("after", "\nExamples:\n  silhouette studio\n  silhouette studio runs/photos --port 8080 --no-open")
    .action(async (run: string | undefined, { port, open: opens }: StudioFlags) => {
      const studio = await served(port, run);
      report({ type: "serving", url: studio.url });
      if (opens) {
        const { default: open } = await loaded(import("open"));
        // Where there is no browser, the address has been printed.
        await open(studio.url).catch(() => undefined);
      }
      if (!signal.aborted) await once(signal, "abort");
      await studio.close();
      report({ type: "done", command: "studio", url: studio.url });
    });
}

/** @throws {Failed} `PORT_UNAVAILABLE` */
async function served(port: number, run: string | undefined): Promise<Studio> {
  const { serveStudio } = await loaded(import("@silhouette/studio"));
  try {
    return await serveStudio({ port, ...(run !== undefined && { run }) });
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException;
    if (syscall !== "listen") throw cause;
    throw new Failed({
      code: "PORT_UNAVAILABLE",
      message: `Expected to serve the studio on port ${port}, but the system refused it (${code})`,
      hint: "A studio may be running there already. Choose another port, or any free one: --port 0",
      exitCode: EXIT.input,
      cause,
    });
  }
}
