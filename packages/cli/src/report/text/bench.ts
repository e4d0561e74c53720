// `silhouette bench` as text: its report comes as text already.

import { printable } from "@silhouette/report/printable";

import type { Event, Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";
import { roughly } from "./numbers.ts";

/** Writes the events of a `bench`. */
export function benchText(terminal: Terminal): Report {
  return (event) => {
    switch (event.type) {
      case "benchText":
        terminal.print(`${event.text}\n`);
        return;
      case "benchPlan":
        terminal.say(planText(event));
        return;
      case "benchTurn":
        terminal.progress(event, `${event.name}, ${roughly(event.secondsLeft)} left`, { things: "turns" });
        return;
      case "done":
        terminal.settle();
        if (event.command === "bench" && event.out !== undefined) {
          terminal.print(`\n${printable(event.out)}: JSON, table and chart\n`);
        }
        if (event.command === "bench" && event.page !== undefined) terminal.print(`${printable(event.page)}\n`);
        return;
      default:
    }
  };
}

/** Who is measured and for how long; and why some peers are not. */
function planText({ suite, isChecked, peers, missing, turns, seconds }: Event<"benchPlan">): string {
  const time = `${turns} turns, ${roughly(seconds)}`;
  if (!isChecked) return `${suite}: ${peers.join(", ")}; those that are installed. ${time}\n`;
  const reasons = missing.map(({ name, reason }) => `Not measured: ${name}: ${reason}\n`);
  return `${reasons.join("")}All answers agree. To be timed: ${peers.join(", ")}. ${time}\n`;
}
