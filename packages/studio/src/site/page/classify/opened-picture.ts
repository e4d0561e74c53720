// The photograph that is shown in detail, and its threshold.

import { useEffect, useRef, useState } from "preact/hooks";

import type { Answer, ModelFacts, Opened } from "../../engine/current-model.ts";
import { problemOf, type Problem } from "../../../problem.ts";
import type { ClassifierLink } from "./classifier-link.ts";
import type { ListedPicture } from "./picture-queue.ts";

/** A photograph in detail. */
export interface OpenedPicture {
  /** What it comes from; that of the photograph before while another one is opened. */
  readonly opened: Opened | undefined;
  /** The answer for the current threshold; for the one before while it is computed. */
  readonly answer: Answer | undefined;
  /** The threshold by hand; undefined for Otsu's. */
  readonly threshold: number | undefined;
  /** Why there is no answer. */
  readonly problem: Problem | undefined;
  /** Whether another photograph is being opened, or the same by another model. */
  readonly isOpening: boolean;
}

/** What is known, and of which photograph and model. */
interface Known extends Omit<OpenedPicture, "isOpening"> {
  readonly id: number | undefined;
  readonly model: ModelFacts | undefined;
}

const NOTHING: Known = {
  opened: undefined,
  answer: undefined,
  threshold: undefined,
  problem: undefined,
  id: undefined,
  model: undefined,
};

/** Questions for answers with other thresholds. */
interface Asking {
  isBusy: boolean;
  next: { readonly threshold: number | undefined } | undefined;
}

/** Opens `picture` in the worker, again for each model; moves its threshold. */
export function useOpenedPicture(
  engine: ClassifierLink,
  picture: ListedPicture | undefined,
  model: ModelFacts | undefined,
): OpenedPicture & { readonly moveThreshold: (threshold: number | undefined) => void } {
  const [state, setState] = useState(NOTHING);
  /** Of several thresholds that were asked for while one was computed, only the last counts. */
  const asking = useRef<Asking>({ isBusy: false, next: undefined });
  const shown = useRef<ImageBitmap | undefined>(undefined);
  const id = picture?.id;

  useEffect(() => {
    if (picture === undefined || model === undefined) {
      setState(NOTHING);
      return undefined;
    }
    let isWanted = true;
    const known = { ...NOTHING, id: picture.id, model };
    const open = async (): Promise<void> => {
      const found = await engine.open(picture.id, picture.file);
      if ("unusable" in found) {
        if (isWanted) setState({ ...known, problem: unusable(found.unusable) });
      } else if (isWanted) {
        shown.current?.close();
        shown.current = found.photograph;
        setState({ ...known, opened: found, answer: found });
      } else found.photograph.close();
    };
    open().catch((error: unknown) => {
      if (isWanted) setState({ ...known, problem: problemOf(error) });
    });
    return () => {
      isWanted = false;
    };
  }, [engine, id, model]);

  const ask = async (opened: Opened, threshold: number | undefined): Promise<void> => {
    asking.current.next = { threshold };
    if (asking.current.isBusy) return;
    asking.current.isBusy = true;
    try {
      for (;;) {
        const { next } = asking.current;
        if (next === undefined) return;
        asking.current.next = undefined;
        const answer = await engine.answerAgain(opened.picture, next.threshold);
        if (answer !== undefined) setState((now) => (now.opened === opened ? { ...now, answer } : now));
      }
    } catch (error) {
      setState((now) => (now.opened === opened ? { ...now, problem: problemOf(error) } : now));
    } finally {
      asking.current.isBusy = false;
    }
  };

  const { id: knownId, model: knownModel, ...known } = state;
  return {
    ...known,
    isOpening: knownId !== id || knownModel !== model,
    moveThreshold: (threshold) => {
      if (state.opened === undefined) return;
      setState((now) => ({ ...now, threshold }));
      void ask(state.opened, threshold);
    },
  };
}

function unusable({ code, message }: { readonly code: string; readonly message: string }): Problem {
  return { code, message: `This file ${message}`, hint: "" };
}
