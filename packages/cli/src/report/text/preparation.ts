// The preparation of photographs as text, as `prepare`, `train` and `evaluate` start with it.

import { printable } from "@silhouette/report/printable";

import type { CommandEvent, Event } from "../events.ts";
import type { Terminal } from "../terminal.ts";
import { duration } from "./numbers.ts";
import { ignoredLine } from "./skips.ts";

/** Writes an event of the preparation, and the configuration's; other events write nothing. */
export function preparationText(event: CommandEvent, terminal: Terminal): void {
  switch (event.type) {
    case "configuration":
      terminal.say(`${printable(`Settings from ${event.file}`)}\n`);
      return;
    case "start": {
      const { total, labels, folder, layout, notes, ignored } = event;
      const split = layout === "splits" ? "by folder" : "by class";
      terminal.say(`${printable(`${total} pictures of ${labels.join(", ")} in ${folder}, split ${split}`)}\n`);
      terminal.show(notes.map((note) => `${printable(note)}\n`).join("") + ignoredLine(ignored));
      return;
    }
    case "skip":
      terminal.skip(event);
      return;
    case "progress":
      terminal.progress(
        event,
        `${Math.round(event.picturesPerSecond)} per second, ${duration(event.secondsLeft)} left`,
      );
      return;
    case "duplicates":
      terminal.show(duplicatesLines(event));
      return;
    case "blank":
      terminal.show(`${printable(blankLine(event.paths))}\n`);
      return;
    default:
  }
}

function duplicatesLines({ exact, near, groups, acrossLabels, acrossSplits, examples }: Event<"duplicates">): string {
  const shown = (group: (typeof examples)[number] | undefined): string => group?.paths.slice(0, 2).join(" and ") ?? "";
  const copies = exact + near;
  const lines = [
    `${copies} ${copies === 1 ? "picture is a copy" : "pictures are copies"} of ${groups} ${groups === 1 ? "other" : "others"} ` +
      `(${exact} identical, ${near} in another quality or size), such as ${shown(examples.at(-1))}`,
  ];
  if (acrossLabels > 0) {
    lines.push(
      `${acrossLabels} of them ${acrossLabels === 1 ? "has" : "have"} copies in another class, such as ` +
        `${shown(examples.find(({ labels }) => labels.length > 1))}: one of the classes is wrong`,
    );
  }
  if (acrossSplits > 0) {
    lines.push(
      `${acrossSplits} validation or test ${acrossSplits === 1 ? "picture has a copy" : "pictures have copies"} in an earlier split, ` +
        `such as ${shown(examples.find(({ splits }) => splits.length > 1))}: results will look better than they are`,
    );
  }
  return lines.map((line) => `${printable(line)}\n`).join("");
}

/** Maximum number of blank silhouettes that are listed. */
const LISTED_BLANKS = 5;

function blankLine(paths: readonly string[]): string {
  const listed = paths.slice(0, LISTED_BLANKS).join(", ");
  const more = paths.length > LISTED_BLANKS ? `, and ${paths.length - LISTED_BLANKS} more` : "";
  return paths.length === 1
    ? `1 silhouette is blank, all black or all white: ${listed}`
    : `${paths.length} silhouettes are blank, all black or all white: ${listed}${more}`;
}
