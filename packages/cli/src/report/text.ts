// Events as text for people: a file for each command, errors in all.

import { printable } from "@silhouette/report/printable";

import { loaded } from "../outcome/libraries.ts";
import type { Event, Report } from "./events.ts";
import { Terminal } from "./terminal.ts";
import { errorText } from "./text/error.ts";
import type { Draw } from "./text/train.ts";

/**
 * A report as text for one run.
 *
 * @param command the command's name; undefined to write nothing but an error
 * @throws {Failed} `LIBRARY_UNAVAILABLE`
 */
export async function reportText(command: string | undefined): Promise<Report> {
  const terminal = await Terminal.open();
  const report = await textOf(command, terminal);
  return (event) => {
    switch (event.type) {
      case "error":
        terminal.settle();
        errorText(event);
        return;
      case "unknownVariable":
        terminal.say(unknownVariableLine(event));
        return;
      default:
        report(event);
    }
  };
}

function unknownVariableLine({ name, meant }: Event<"unknownVariable">): string {
  const suggestion = meant === null ? "" : ` Did you mean ${meant}?`;
  return `${printable(name)} is not a setting and is ignored.${suggestion}\n`;
}

async function textOf(command: string | undefined, terminal: Terminal): Promise<Report> {
  switch (command) {
    case "train":
      return textOfTraining(terminal);
    case "demo":
      return (await loaded(import("./text/demo.ts"))).demoText(terminal, await textOfTraining(terminal));
    case "compare":
      return (await loaded(import("./text/compare.ts"))).compareText(terminal);
    case "report":
      return (await loaded(import("./text/report.ts"))).reportPageText(terminal);
    case "studio":
      return (await loaded(import("./text/studio.ts"))).studioText(terminal);
    case "runs":
      return (await loaded(import("./text/runs.ts"))).runsText(terminal);
    case "crossvalidate":
      return (await loaded(import("./text/crossvalidate.ts"))).crossValidateText(terminal);
    case "lr-find":
      return (await loaded(import("./text/lr-find.ts"))).lrFindText(terminal);
    case "prepare":
      return (await loaded(import("./text/prepare.ts"))).prepareText(terminal);
    case "inspect":
      return (await loaded(import("./text/inspect.ts"))).inspectText(terminal);
    case "evaluate":
      return (await loaded(import("./text/evaluate.ts"))).evaluateText(terminal);
    case "predict":
      return (await loaded(import("./text/predict.ts"))).predictText(terminal);
    case "export":
      return (await loaded(import("./text/export.ts"))).exportText(terminal);
    case "import":
      return (await loaded(import("./text/import.ts"))).importText(terminal);
    case "bench":
      return (await loaded(import("./text/bench.ts"))).benchText(terminal);
    case "doctor":
      return (await loaded(import("./text/doctor.ts"))).doctorText(terminal);
    default:
      return () => undefined;
  }
}

async function textOfTraining(terminal: Terminal): Promise<Report> {
  const { trainText, EXAMPLE } = await loaded(import("./text/train.ts"));
  return trainText(terminal, process.stderr.isTTY ? await drawing(EXAMPLE) : undefined);
}

async function drawing({ columns, rows }: { readonly columns: number; readonly rows: number }): Promise<Draw> {
  const { terminalPictures } = await loaded(import("@silhouette/report"));
  return terminalPictures(columns, rows);
}
