// `silhouette lr-find` as text.

import { isDeepStrictEqual } from "node:util";

import { printable } from "@silhouette/report/printable";
import type { Recipe } from "@silhouette/trainer";
import { RECIPES } from "@silhouette/trainer/light";

import type { Done, Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";
import { duration } from "./numbers.ts";
import { preparationText } from "./preparation.ts";
import { initText, planText } from "./train.ts";

/** Writes the events of an `lr-find`. */
export function lrFindText(terminal: Terminal): Report {
  let recipe: Recipe | undefined;
  return (event) => {
    switch (event.type) {
      case "init":
        terminal.say(initText(event));
        return;
      case "plan":
        recipe = event.config.recipe;
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
  recipe: Recipe | undefined,
): string {
  const files = `${printable(out)}: learning-rates.png, learning-rates.csv; ${steps} steps, ${duration(seconds)}\n`;
  if (suggestion === null) {
    return `No learning rate is suggested: the loss never fell. Look at the plot, and try a larger --batch.\n${files}`;
  }
  const rate = rateText(suggestion);
  const replaced = { ...replacedFields(recipe), learningRate: { ...learningRate, rate: Number(rate) } };
  const fields = JSON.stringify({ name: recipe?.name, ...replaced });
  return (
    `Suggested learning rate: ${rate}, in the middle of the longest descent of the loss. The recipe has ${learningRate.rate}.\n` +
    `To train with it, write in silhouette.config.ts: recipe: ${fields}\n${files}`
  );
}

/** The fields that are not those of the named recipe: without them, another network would be trained. */
function replacedFields(recipe: Recipe | undefined): Partial<Recipe> {
  if (recipe === undefined) return {};
  const named = RECIPES[recipe.name].recipe;
  return Object.fromEntries(
    Object.entries(recipe).filter(([field, value]) => !isDeepStrictEqual(value, named[field as keyof Recipe])),
  );
}

/** A rate with two digits. */
function rateText(rate: number): string {
  return String(Number(rate.toPrecision(2)));
}
