// Classifies photographs and the camera's picture with the current model.

import { counted, fileNameOf, Name, probability } from "@silhouette/report/parts";
import { printable } from "@silhouette/report/printable";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Answer } from "../../engine/current-model.ts";
import type { ChosenFile } from "../../engine/chosen-file.ts";
import type { ModelSource } from "../../engine/model-sources.ts";
import { problemOf, StudioError, type Problem } from "../../engine/problem.ts";
import { Announcer } from "../announcer.tsx";
import { EXAMPLE, type ViewProps } from "../view.ts";
import { FileButton } from "../file-buttons.tsx";
import { FileDrop } from "../file-drop.tsx";
import { ProblemNotice } from "../problem-notice.tsx";
import { CameraView } from "./camera-view.tsx";
import { examplePictures } from "./example-pictures.ts";
import { ModelBar } from "./model-bar.tsx";
import { chosenModel, hasModel, ModelChoice } from "./model-choice.tsx";
import { useOpenedPicture } from "./opened-picture.ts";
import { PhotographView } from "./photograph-view.tsx";
import { PictureGallery } from "./picture-gallery.tsx";
import { PictureQueue, type ListedPicture } from "./picture-queue.ts";
import { Welcome } from "./welcome.tsx";

/** An answer is told after the threshold has not been moved for this long, in milliseconds. */
const SETTLED_MS = 700;

/** The view. */
export function ClassifyView({ engine, model, onUse, isShown }: ViewProps): JSX.Element {
  const [pictures, setPictures] = useState<readonly ListedPicture[]>([]);
  const [queue] = useState(() => new PictureQueue(engine, setPictures));
  const [selected, setSelected] = useState<number>();
  const [isCameraOn, setCameraOn] = useState(false);
  const [isAttentionShown, showAttention] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const detail = useRef<HTMLDivElement>(null);
  const facts = model.state === "ready" ? model.facts : undefined;

  useEffect(() => {
    if (facts === undefined) queue.pause();
    else queue.restart();
  }, [queue, facts]);

  // The camera is nobody's while it is not seen.
  useEffect(() => {
    if (!isShown) setCameraOn(false);
    const stop = (): void => {
      if (document.visibilityState === "hidden") setCameraOn(false);
    };
    document.addEventListener("visibilitychange", stop);
    return () => document.removeEventListener("visibilitychange", stop);
  }, [isShown]);

  const at = pictures.findIndex(({ id }) => id === selected);
  const picture = pictures[at];
  const opened = useOpenedPicture(engine, isCameraOn ? undefined : picture, facts);

  const add = (files: readonly ChosenFile[]): void => {
    setProblem(undefined);
    if (files.length === 0) {
      setProblem(nothing());
      return;
    }
    const first = queue.add(files);
    setCameraOn(false);
    setSelected(first);
  };
  const use = (source: ModelSource): void => {
    setProblem(undefined);
    onUse(source);
  };
  const take = (files: readonly ChosenFile[]): void => {
    if (hasModel(files)) use(chosenModel(files));
    else add(files);
  };
  const tryExample = (): void => {
    use({ ...EXAMPLE, base: document.baseURI });
    const replace = async (): Promise<void> => {
      const files = await examplePictures();
      queue.clear();
      add(files);
    };
    replace().catch((error: unknown) => setProblem(problemOf(error)));
  };
  const select = (id: number): void => {
    setCameraOn(false);
    setSelected(id);
    detail.current?.scrollIntoView({ block: "nearest" });
  };
  const step = (by: number): (() => void) | undefined => {
    const next = pictures[at + by];
    return next === undefined ? undefined : () => setSelected(next.id);
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
        onError={(error) => setProblem(unreadable(error))}
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
          <div class={pictures.length === 0 && !isCameraOn ? "intake empty" : "intake"}>
            <div class="buttons">
              <FileButton accept="image/*" isMain onFiles={take}>
                Choose photographs…
              </FileButton>
              <FileButton isFolder onFiles={take}>
                Choose a folder…
              </FileButton>
              <button type="button" aria-pressed={isCameraOn} onClick={() => setCameraOn(!isCameraOn)}>
                Camera
              </button>
            </div>
            <p class="note for-pointers">Or drop photographs and folders anywhere on this page, or paste them.</p>
          </div>
          <div ref={detail}>
            {isCameraOn ? (
              <CameraView
                engine={engine}
                model={facts}
                isAttentionShown={isAttentionShown}
                onAttention={showAttention}
                onKeep={(file) => queue.add([{ path: file.name, file }])}
                onStop={() => setCameraOn(false)}
              />
            ) : (
              picture !== undefined && (
                <PhotographView
                  picture={picture}
                  model={facts}
                  opened={opened}
                  onThreshold={opened.moveThreshold}
                  isAttentionShown={isAttentionShown}
                  onAttention={showAttention}
                  onPrevious={step(-1)}
                  onNext={step(1)}
                />
              )
            )}
          </div>
          {(pictures.length > 1 || isCameraOn) && pictures.length > 0 && (
            <PictureGallery
              pictures={pictures}
              labels={facts.labels}
              selected={isCameraOn ? undefined : selected}
              onSelect={select}
              onClear={() => {
                queue.clear();
                setSelected(undefined);
              }}
            />
          )}
          <Announcer
            text={announcement(picture, opened.isOpening ? undefined : opened.answer)}
            settledMs={SETTLED_MS}
          />
          <Announcer text={progressText(pictures)} settledMs={SETTLED_MS} />
        </>
      )}
    </div>
  );
}

function announcement(picture: ListedPicture | undefined, answer: Answer | undefined): string {
  const [first] = answer?.classes ?? [];
  if (picture === undefined || first === undefined) return "";
  const verdict = answer?.noneOfThese === true ? "none of these" : printable(first.label);
  return `${fileNameOf(picture.path)}: ${verdict}, ${probability(first.probability)}`;
}

/** What is told of the overview: its end, not its progress. */
function progressText(pictures: readonly ListedPicture[]): string {
  if (pictures.length < 2) return "";
  const isDone = pictures.every(({ result }) => result !== undefined);
  return isDone ? `${counted(pictures.length, "photograph")} classified` : "Classifying photographs";
}

function nothing(): StudioError {
  return new StudioError(
    "FILES_UNREADABLE",
    "Expected photographs, but the folder has no files",
    "Choose a folder with photographs, or choose the photographs themselves.",
  );
}

function unreadable(cause: unknown): StudioError {
  return new StudioError(
    "FILES_UNREADABLE",
    "Expected to read what was dropped, but the browser could not",
    "Choose the files with a button instead.",
    { cause },
  );
}
