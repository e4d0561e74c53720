// The training in this page, from preparing pictures to its end.

import { proxy } from "comlink";
import { useState } from "preact/hooks";

import { problemOf, type Problem } from "../../../problem.ts";
import type { TrainingEnd, TrainingEvent, TrainingSettings, TrainingSource } from "../../engine/training.ts";
import type { HandedPhotograph } from "../../engine/handed-files.ts";
import type { EngineLink } from "../engine-link.ts";

type EventOf<Type extends TrainingEvent["type"]> = Extract<TrainingEvent, { readonly type: Type }>;

/** What the page shows of a training. */
export interface TrainingState {
  readonly phase: "idle" | "preparing" | "training" | "pausing" | "paused" | "done" | "failed";
  /** Photographs decoded so far. */
  readonly preparing?: EventOf<"preparing">;
  readonly skips?: EventOf<"skipped">["skips"];
  readonly plan?: EventOf<"plan">;
  readonly step?: EventOf<"step">;
  /** Results of the epochs so far. */
  readonly epochs?: EventOf<"epoch">;
  readonly end?: TrainingEnd;
  readonly problem?: Problem;
}

/** The state, and what changes it. */
export interface TrainingControls {
  readonly training: TrainingState;
  readonly isBusy: boolean;
  readonly start: (source: TrainingSource<HandedPhotograph>, settings: TrainingSettings) => void;
  readonly resume: (run: string) => void;
  readonly pause: () => void;
}

/**
 * A training of the engine.
 *
 * @param onEnd called when a training has ended, however
 */
export function useTraining(engine: EngineLink, onEnd: () => void): TrainingControls {
  const [training, setTraining] = useState<TrainingState>({ phase: "idle" });

  const follow = (work: (onEvent: (event: TrainingEvent) => void) => Promise<TrainingEnd>): void => {
    setTraining({ phase: "preparing" });
    const onEvent = proxy((event: TrainingEvent) => setTraining((state) => after(state, event)));
    const finish = async (): Promise<void> => {
      try {
        const end = await work(onEvent);
        setTraining((state) => ({ ...state, phase: end.state, end }));
      } catch (error) {
        setTraining((state) => ({ ...state, phase: "failed", problem: problemOf(error) }));
      }
      onEnd();
    };
    void finish();
  };

  return {
    training,
    isBusy: ["preparing", "training", "pausing"].includes(training.phase),
    start: (source, settings) => follow(async (onEvent) => engine.train(source, settings, onEvent)),
    resume: (run) => follow(async (onEvent) => engine.resume(run, onEvent)),
    pause: () => {
      setTraining((state) => ({ ...state, phase: "pausing" }));
      void engine.pause();
    },
  };
}

function after(state: TrainingState, event: TrainingEvent): TrainingState {
  const phase = state.phase === "pausing" ? "pausing" : event.type === "preparing" ? "preparing" : "training";
  switch (event.type) {
    case "preparing":
      return { ...state, phase, preparing: event };
    case "skipped":
      return { ...state, phase, skips: event.skips };
    case "plan":
      return { ...state, phase, plan: event };
    case "step":
      return { ...state, phase, step: event };
    default:
      return { ...state, phase, epochs: event };
  }
}
