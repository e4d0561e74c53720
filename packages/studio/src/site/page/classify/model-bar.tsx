// The current model, in a line, and how to change it.

import { counted, Name } from "@silhouette/report/parts";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";

import type { ModelFacts } from "../../engine/current-model.ts";
import { ModelChoice, type ModelChoiceProps } from "./model-choice.tsx";

export interface ModelBarProps extends Omit<ModelChoiceProps, "isFirst"> {
  readonly model: ModelFacts;
}

/** The line. */
export function ModelBar({ model, onUse, onExample }: ModelBarProps): JSX.Element {
  const menu = useRef<HTMLDetailsElement>(null);
  const closed =
    <Given extends unknown[]>(use: (...given: Given) => void) =>
    (...given: Given): void => {
      menu.current?.removeAttribute("open");
      use(...given);
    };
  return (
    <section class="model-bar" aria-label="Model">
      <div class="model-facts">
        <p>
          <span class="note">Model</span>{" "}
          <strong>
            <Name text={model.name} />
          </strong>
        </p>
        <p class="note">{factsText(model)}</p>
      </div>
      <details
        ref={menu}
        class="menu"
        onKeyDown={({ key }) => {
          if (key === "Escape") menu.current?.removeAttribute("open");
        }}
      >
        <summary>Change model</summary>
        <div class="menu-content">
          <ModelChoice onUse={closed(onUse)} onExample={closed(onExample)} isFirst={false} />
        </div>
      </details>
    </section>
  );
}

/** What a model is, in a line. */
export function factsText({ labels, width, height, thresholds, hasColors, views, trainedOn }: ModelFacts): string {
  const seen = ["gray levels", "black and white", "three levels"][thresholds] ?? "";
  const facts = [
    counted(labels.length, "class", "classes"),
    `sees ${width} × ${height} pixels in ${hasColors ? "color" : seen}`,
    ...(views > 1 ? [`answers by ${views} views`] : []),
    `trained on ${counted(trainedOn, "picture")}`,
  ];
  return facts.join(" · ");
}
