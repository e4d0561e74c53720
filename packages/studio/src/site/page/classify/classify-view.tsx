// Classifies photographs and the camera's picture with the current model, which can be changed.

import { Name } from "@silhouette/report/parts";
import type { JSX } from "preact";

import type { ChosenFile } from "../../engine/chosen-file.ts";
import type { ModelSource } from "../../engine/model-sources.ts";
import { EXAMPLE, type ViewProps } from "../view.ts";
import { FileDrop } from "../file-drop.tsx";
import { ProblemNotice } from "../problem-notice.tsx";
import { Classification } from "./classification.tsx";
import { examplePictures } from "./example-pictures.ts";
import { ModelBar } from "./model-bar.tsx";
import { chosenModel, hasModel, ModelChoice } from "./model-choice.tsx";
import { usePhotographs } from "./photographs.ts";
import { Welcome } from "./welcome.tsx";

/** The view. */
export function ClassifyView({ engine, model, onUse, isShown }: ViewProps): JSX.Element {
  const facts = model.state === "ready" ? model.facts : undefined;
  const photographs = usePhotographs(engine, facts, isShown);
  const { problem, report } = photographs;

  const use = (source: ModelSource): void => {
    report(undefined);
    onUse(source);
  };
  const take = (files: readonly ChosenFile[]): void => {
    if (hasModel(files)) use(chosenModel(files));
    else photographs.add(files);
  };
  const tryExample = (): void => {
    use({ ...EXAMPLE, base: document.baseURI });
    const replace = async (): Promise<void> => {
      const files = await examplePictures();
      photographs.clear();
      photographs.add(files);
    };
    replace().catch(report);
  };

  return (
    <div class="classify">
      <h2 class="hidden">Classify</h2>
      <FileDrop
        isActive={isShown}
        text={
          facts === undefined
            ? "Drop a run’s folder, or the files of a model"
            : "Drop photographs, a folder, or a model"
        }
        onFiles={take}
        onError={photographs.reportUnreadable}
      />
      {problem !== undefined && <ProblemNotice problem={problem} />}
      {model.state === "failed" && <ProblemNotice problem={model.problem} />}
      {facts === undefined ? (
        <Welcome>
          {model.state === "loading" ? (
            <p class="loading" role="status">
              <progress aria-label="Loading the model" /> Loading <Name text={model.name} />…
            </p>
          ) : (
            <ModelChoice onUse={use} onExample={tryExample} isFirst />
          )}
        </Welcome>
      ) : (
        <>
          <ModelBar model={facts} onUse={use} onExample={tryExample} />
          <Classification engine={engine} model={facts} photographs={photographs} onFiles={take} />
        </>
      )}
    </div>
  );
}
