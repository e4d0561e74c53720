// `silhouette evaluate` as text.

import type { Event, Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";
import { backendLine } from "./backend.ts";
import { metricsText } from "./metrics.ts";
import { percent } from "./numbers.ts";
import { preparationText } from "./preparation.ts";

/** Writes the events of an `evaluate`. */
export function evaluateText(terminal: Terminal): Report {
  return (event) => {
    switch (event.type) {
      case "backend":
        terminal.say(`${backendLine(event)}\n`);
        return;
      case "pictures":
        terminal.say(chosenPictures(event));
        return;
      case "evaluated":
        terminal.progress(event, percent(event.done / event.total));
        return;
      case "done":
        if (event.command === "evaluate") terminal.print(metricsText(event));
        return;
      default:
        preparationText(event, terminal);
    }
  };
}

/** Descriptions of the choices of pictures. */
const CHOSEN = {
  test: "test pictures",
  unseen: "pictures that the run was not trained on",
  all: "pictures, all of the source",
} as const;

function chosenPictures({ chosen, learned, includeLearned, total }: Event<"pictures">): string {
  const known =
    learned > 0
      ? `${learned} pictures that the run was trained on are ${includeLearned ? "included" : "left out"}\n`
      : "";
  return `${total} ${CHOSEN[chosen]}\n${known}`;
}
