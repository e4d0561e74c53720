// `silhouette crossvalidate` as text.

import { printable } from "@silhouette/report/printable";

import type { Event, Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";
import { metricsText } from "./metrics.ts";
import { duration, percent, sum } from "./numbers.ts";
import { preparationText } from "./preparation.ts";
import { planText } from "./train.ts";
import { TrainingView } from "./training-view.ts";
import { rareClassesText } from "./untested.ts";

/** Writes the events of a `crossvalidate`. */
export function crossValidateText(terminal: Terminal): Report {
  let fold: Event<"fold"> | undefined;
  let plan: Event<"plan"> | undefined;
  let view: TrainingView | undefined;
  const watch = (shown: TrainingView): void => terminal.watch((size) => shown.lines(size));
  return (event) => {
    switch (event.type) {
      case "rareClasses":
        terminal.say(rareClassesText(event));
        return;
      case "fold":
        fold = event;
        return;
      case "plan":
        if (plan === undefined) terminal.say(planText(event, { isFold: true }));
        plan = event;
        if (terminal.isRedrawable && fold !== undefined)
          view = new TrainingView(event, `Fold ${fold.fold} of ${fold.folds}`);
        return;
      case "step": {
        if (fold === undefined || plan === undefined) return;
        if (view !== undefined) {
          view.step(event);
          watch(view);
          return;
        }
        const { epochs, batch, counts } = plan.config;
        const pictures = sum(counts.train);
        terminal.progress(
          {
            done: (event.epoch - 1) * pictures + Math.min(event.step * batch, pictures),
            total: epochs * pictures,
          },
          `epoch ${event.epoch} of ${epochs}, loss ${event.loss.toFixed(3)}, accuracy ${percent(event.accuracy)}, ${duration(event.secondsLeft)} left`,
          { title: `Fold ${fold.fold} of ${fold.folds}: ` },
        );
        return;
      }
      case "epoch":
        if (view === undefined) return;
        view.epoch(event);
        watch(view);
        return;
      case "foldDone": {
        const { correct, pictures, accuracy } = event.metrics;
        const share = accuracy === null ? "" : ` (${percent(accuracy)})`;
        terminal.say(`Fold ${event.fold}: ${correct} of ${pictures} correct${share}; ${duration(event.seconds)}\n`);
        return;
      }
      case "done":
        if (event.command !== "crossvalidate") return;
        terminal.print(
          `${metricsText(event)}${printable(event.out)}: metrics.json, predictions.csv; ${duration(event.seconds)}\n`,
        );
        return;
      default:
        preparationText(event, terminal);
    }
  };
}
