// The preparation of photographs as text, as `prepare`, `train` and `evaluate` start with it.

import { printable } from "@silhouette/report/printable";
import type { IssueKind } from "@silhouette/trainer";

import { commandLine } from "../../command-line/called-as.ts";
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
    case "shards": {
      const kept = keptLines(event);
      if (kept !== "") terminal.say(kept);
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
    case "reading":
      terminal.progress(event, "checked", { title: "Reading pictures: " });
      return;
    case "leaveOut":
      terminal.show(leaveOutLines(event));
      return;
    case "warnings":
      terminal.show(warningLines(event));
      return;
    default:
  }
}

function keptLines({ total, done, changed, photographs }: Event<"shards">): string {
  const kept = `Continuing: ${done} of ${total} shards (${photographs} pictures) ${done === 1 ? "is" : "are"} already complete\n`;
  const which = changed === 1 ? "1 shard is" : `${changed} shards are`;
  const again = `${which} made again: files of ${changed === 1 ? "it" : "them"} have changed since, or could not be read\n`;
  return (done > 0 ? kept : "") + (changed > 0 ? again : "");
}

/** Maximum number of unmatched paths that are listed. */
const LISTED_PATHS = 3;

function leaveOutLines({ files, unmatched }: Event<"leaveOut">): string {
  const listed = unmatched
    .slice(0, LISTED_PATHS)
    .map(({ path, similar }) => (similar === null ? path : `${path} (did you mean ${similar}?)`))
    .join(", ");
  const more = unmatched.length > LISTED_PATHS ? ` and ${unmatched.length - LISTED_PATHS} more` : "";
  const lines = [
    `${files} listed ${files === 1 ? "file is" : "files are"} left out`,
    ...(unmatched.length > 0
      ? [`Warning: no file has the listed ${unmatched.length === 1 ? "path" : "paths"} ${listed}${more}`]
      : []),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}

/** What is wrong with one picture or group of copies, and with several. */
const WARNINGS: Readonly<Record<IssueKind, readonly [one: string, several: string]>> = {
  "copies-across-labels": ["picture is under two labels", "pictures are under two labels"],
  "copies-across-splits": ["picture has copies in another split", "pictures have copies in another split"],
  "wrong-label": ["label is probably wrong", "labels are probably wrong"],
  "too-few-classes": ["source has too few classes", "sources have too few classes"],
  "empty-class": ["class has no training pictures", "classes have no training pictures"],
  "unusable-file": ["file cannot be used", "files cannot be used"],
  "blank-silhouette": ["silhouette is blank, or nearly", "silhouettes are blank, or nearly"],
  "few-pictures": ["class has few test pictures", "classes have few test pictures"],
  "class-imbalance": ["class is much smaller than another", "classes are much smaller than others"],
  "opposite-grounds": ["class has the opposite ground of another", "classes have the opposite ground of others"],
  copies: ["picture has copies in its class", "pictures have copies in their class"],
  "fragmented-silhouette": ["silhouette is fragmented", "silhouettes are fragmented"],
  "odd-size": ["picture has an odd size", "pictures have odd sizes"],
};

function warningLines({ source, warnings }: Event<"warnings">): string {
  const lines = warnings.map(({ kind, count, note, examples }) => {
    const [one, several] = WARNINGS[kind];
    const such = examples.length === 0 ? `: ${note}` : `, such as ${examples.slice(0, 2).join(" and ")}`;
    return `Warning: ${count} ${count === 1 ? one : several}${such}`;
  });
  const command = commandLine(["inspect", { path: source }]);
  return [...lines, `${command} shows which, and what helps`].map((line) => `${printable(line)}\n`).join("");
}
