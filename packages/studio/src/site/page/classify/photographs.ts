// The state of a page that classifies: its photographs, which of them is open, and whether the camera is on instead.

import { useEffect, useState } from "preact/hooks";

import type { ModelFacts } from "../../engine/current-model.ts";
import type { ChosenFile } from "../../engine/chosen-file.ts";
import { problemOf, StudioError, type Problem } from "../../../problem.ts";
import type { ClassifierLink } from "./classifier-link.ts";
import { PictureQueue, type ListedPicture } from "./picture-queue.ts";

/** The photographs, and what can be done with them. */
export interface Photographs {
  readonly pictures: readonly ListedPicture[];
  /** The picture that is open. */
  readonly selected: number | undefined;
  readonly isCameraOn: boolean;
  /** Whether attention is laid over pictures. */
  readonly isAttentionShown: boolean;
  /** What is wrong with what was chosen last. */
  readonly problem: Problem | undefined;
  /** Adds photographs, and opens the first of them. */
  readonly add: (files: readonly ChosenFile[]) => void;
  /** Adds a photograph without opening it. */
  readonly keep: (file: File) => void;
  /** Removes all photographs. */
  readonly clear: () => void;
  /** Opens a photograph. */
  readonly select: (id: number) => void;
  readonly setCameraOn: (isOn: boolean) => void;
  readonly showAttention: (isShown: boolean) => void;
  /** Shows an error, or none. */
  readonly report: (error: unknown) => void;
  /** Shows that what was dropped cannot be read. */
  readonly reportUnreadable: (cause: unknown) => void;
}

/**
 * The photographs of a page. They are classified again by each model.
 *
 * @param model the current model, if there is one
 * @param isShown whether they are on screen: the camera is off else
 */
export function usePhotographs(engine: ClassifierLink, model: ModelFacts | undefined, isShown: boolean): Photographs {
  const [pictures, setPictures] = useState<readonly ListedPicture[]>([]);
  const [queue] = useState(() => new PictureQueue(engine, setPictures));
  const [selected, setSelected] = useState<number>();
  const [isCameraOn, setCameraOn] = useState(false);
  const [isAttentionShown, showAttention] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  useEffect(() => {
    if (model === undefined) queue.pause();
    else queue.restart();
  }, [queue, model]);

  // The camera is nobody's while it is not seen.
  useEffect(() => {
    if (!isShown) setCameraOn(false);
    const stop = (): void => {
      if (document.visibilityState === "hidden") setCameraOn(false);
    };
    document.addEventListener("visibilitychange", stop);
    return () => document.removeEventListener("visibilitychange", stop);
  }, [isShown]);

  return {
    pictures,
    selected,
    isCameraOn,
    isAttentionShown,
    problem,
    add: (files) => {
      setProblem(files.length === 0 ? nothing() : undefined);
      if (files.length === 0) return;
      const first = queue.add(files);
      setCameraOn(false);
      setSelected(first);
    },
    keep: (file) => void queue.add([{ path: file.name, file }]),
    clear: () => {
      queue.clear();
      setSelected(undefined);
    },
    select: (id) => {
      setCameraOn(false);
      setSelected(id);
    },
    setCameraOn,
    showAttention,
    report: (error) => setProblem(error === undefined ? undefined : problemOf(error)),
    reportUnreadable: (cause) => setProblem(unreadable(cause)),
  };
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
