// `silhouette demo` as text: that of `silhouette train`, and what comes before and after.

import { printable } from "@silhouette/report/printable";

import type { Done, Event, Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";

/** Writes the events of a `demo`; `train` writes those of its training. */
export function demoText(terminal: Terminal, train: Report): Report {
  return (event) => {
    if (event.type === "drawn") terminal.say(drawnText(event));
    else if (event.type === "done" && event.command === "demo") terminal.print(nextText(event));
    else train(event);
  };
}

function drawnText({ photos, drawings, pictures: { train, val, test } }: Event<"drawn">): string {
  return (
    `${printable(photos)}: ${train} training, ${val} validation and ${test} test pictures of ${drawings} drawings. The test ` +
    "drawings are by other artists than the training drawings.\n"
  );
}

function nextText({ next }: Done<"demo">): string {
  return `\n${next.map(({ purpose, command }) => `${purpose}: ${printable(command)}\n`).join("")}`;
}
