// `silhouette predict` as text.

import { printable } from "@silhouette/report/printable";

import type { Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";
import { backendLine } from "./backend.ts";
import { percent } from "./numbers.ts";
import { ignoredLine } from "./skips.ts";

/** Writes the events of a `predict`. */
export function predictText(terminal: Terminal): Report {
  return (event) => {
    switch (event.type) {
      case "backend":
        terminal.say(`${backendLine(event)}\n`);
        return;
      case "ignored":
        terminal.show(ignoredLine(event.ignored));
        return;
      case "skip":
        terminal.skip(event);
        return;
      case "prediction": {
        const classes = event.classes.map(({ label, probability }) => `${label} ${percent(probability)}`);
        const none = event.noneOfThese ? "none of these? (unlike the training pictures) " : "";
        terminal.answer(`${printable(`${event.path}: ${none}${classes.join(", ")}`)}\n`);
        return;
      }
      case "done":
        terminal.settle();
        return;
      default:
    }
  };
}
