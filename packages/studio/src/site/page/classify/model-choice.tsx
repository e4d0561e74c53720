// Where a model can come from, as buttons.

import type { JSX } from "preact";

import type { ChosenFile } from "../../engine/chosen-file.ts";
import type { ModelSource } from "../../engine/model-sources.ts";
import { FileButton } from "../file-buttons.tsx";

export interface ModelChoiceProps {
  readonly onUse: (source: ModelSource) => void;
  readonly onExample: () => void;
  /** Whether the example is the main one. */
  readonly isFirst: boolean;
}

/** The example, a folder, files. */
export function ModelChoice({ onUse, onExample, isFirst }: ModelChoiceProps): JSX.Element {
  const open = (files: readonly ChosenFile[]): void => onUse(chosenModel(files));
  return (
    <div class="buttons">
      <button type="button" class={isFirst ? "main" : undefined} onClick={onExample}>
        Try the example
      </button>
      <FileButton isFolder onFiles={open}>
        Open a run’s folder…
      </FileButton>
      <FileButton accept=".json,.bin" onFiles={open}>
        Open model files…
      </FileButton>
    </div>
  );
}

/** Files with a model, called by their folder. */
export function chosenModel(files: readonly ChosenFile[]): ModelSource {
  const [folder = ""] = files[0]?.path.split("/") ?? [];
  const isFolder = files.length > 0 && files.every(({ path }) => path.startsWith(`${folder}/`));
  return { name: isFolder ? folder : "Your model", files };
}

/** Whether files are those of a model rather than pictures. */
export function hasModel(files: readonly ChosenFile[]): boolean {
  return files.some(({ path }) => path === "model.json" || path.endsWith("/model.json"));
}
