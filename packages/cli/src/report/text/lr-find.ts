// `silhouette lr-find` as text.

import { printable } from "@silhouette/report/printable";
import type { RecipeName } from "@silhouette/trainer";

import type { Done, Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";
import { duration } from "./numbers.ts";
import { preparationText } from "./preparation.ts";
import { initText, planText } from "./train.ts";

/** Writes the events of an `lr-find`. */
export function lrFindText(terminal: Terminal): Report {
  let recipe: RecipeName | undefined;
  return (event) => {
    switch (event.type) {
      case "init":
        terminal.say(initText(event));
        return;
      case "plan":
        recipe = event.config.recipe.name;
        terminal.say(planText(event));
        return;
      case "rate": {
        const { step, steps, rate, smoothedLoss } = event;
        const text = `rate ${rateText(rate)}, smoothed loss ${smoothedLoss.toFixed(3)}`;
        terminal.progress({ done: step, total: steps }, text, { title: "Range test: ", things: "steps" });
        return;
      }
      case "done":
        if (event.command === "lr-find") terminal.print(resultText(event, recipe));
        return;
      default:
        preparationText(event, terminal);
    }
  };
}

function resultText(
  { out, suggestion, learningRate, steps, seconds }: Done<"lr-find">,
  recipe: RecipeName | undefined,
): string {
  const files = `${printable(out)}: learning-rates.png, learning-rates.csv; ${steps} steps, ${duration(seconds)}\n`;
  if (suggestion === null) {
    return `No learning rate is suggested: the loss never fell. Look at the plot, and try a larger --batch.\n${files}`;
  }
  const rate = rateText(suggestion);
  const fields = JSON.stringify({ name: recipe, learningRate: { ...learningRate, rate: Number(rate) } });
  return (
    `Suggested learning rate: ${rate}, in the middle of the longest descent of the loss. The recipe has ${learningRate.rate}.\n` +
    `To train with it, write in silhouette.config.ts: recipe: ${fields}\n${files}`
  );
}

/** A rate with two digits. */
function rateText(rate: number): string {
  return String(Number(rate.toPrecision(2)));
}
