// A training as it goes: progress, time left, curves.

import type { JSX } from "preact";
import { lazy, Suspense } from "preact/compat";

import { ProblemNotice } from "../problem-notice.tsx";
import type { TrainingState } from "./training-state.ts";

/** Charts come when there is something to draw. */
const Curves = lazy(async () => {
  const { Curves: loaded } = await import("@silhouette/report/views");
  return { default: loaded };
});

export interface TrainingProgressProps {
  readonly training: TrainingState;
  readonly onPause: () => void;
}

/** The progress of a training, and its result. */
export function TrainingProgress({ training, onPause }: TrainingProgressProps): JSX.Element | null {
  const { phase, plan, epochs, skips, problem } = training;
  if (phase === "idle") return null;
  const history = epochs?.history ?? plan?.history ?? [];
  const isRunning = phase === "preparing" || phase === "training";
  return (
    <section class="training" aria-labelledby="training-title">
      <h2 id="training-title">{TITLES[phase]}</h2>
      <Progress training={training} />
      {problem !== undefined && <ProblemNotice problem={problem} />}
      {(isRunning || phase === "pausing") && (
        <button type="button" disabled={phase === "pausing"} onClick={onPause}>
          {phase === "pausing" ? "Pausing…" : "Pause"}
        </button>
      )}
      {skips !== undefined && skips.length > 0 && (
        <details>
          <summary>
            {skips.length === 1 ? "1 photograph cannot be used" : `${skips.length} photographs cannot be used`}
          </summary>
          <ul>
            {skips.map(({ path, message }) => (
              <li key={path}>
                {path}: {message}
              </li>
            ))}
          </ul>
        </details>
      )}
      <div class="curves-place">
        {history.length > 0 && (
          <Suspense fallback={<p>Loading charts…</p>}>
            <Curves history={history} bestEpoch={epochs?.bestEpoch ?? null} />
          </Suspense>
        )}
      </div>
    </section>
  );
}

const TITLES: Readonly<Record<TrainingState["phase"], string>> = {
  idle: "",
  preparing: "Preparing",
  training: "Training",
  pausing: "Training",
  paused: "Training paused",
  done: "Training finished",
  failed: "Training stopped",
};

/** A bar and a line of text. */
function Progress({ training }: { readonly training: TrainingState }): JSX.Element | null {
  const { phase, preparing, plan, step, end } = training;
  if (end?.state === "done") {
    const { correct, pictures, interval95 } = end.metrics;
    const [low, high] = interval95.map((share) => (100 * share).toFixed(0));
    return (
      <p role="status">
        {correct} of {pictures} test pictures classified correctly: {((100 * correct) / pictures).toFixed(1)} % (95 %
        interval {low} to {high} %).
      </p>
    );
  }
  if (end?.state === "paused") return <p role="status">Everything up to the last step is saved in this browser.</p>;
  if (phase === "failed") return null;
  if (plan !== undefined && step !== undefined) {
    const done = (step.epoch - 1 + step.step / step.steps) / plan.epochs;
    return (
      <>
        <progress max={1} value={done} aria-label="Progress of the training" />
        <p class="numbers-line">
          Epoch {step.epoch} of {plan.epochs}, step {step.step} of {step.steps}: loss {step.loss.toFixed(3)}, accuracy{" "}
          {(100 * step.accuracy).toFixed(1)} %. {durationText(step.secondsLeft)} left.
        </p>
      </>
    );
  }
  if (preparing !== undefined && plan === undefined) {
    const { done, total } = preparing;
    return (
      <>
        <progress max={total} value={done} aria-label="Progress of the preparation" />
        <p class="numbers-line">
          {done.toLocaleString("en")} of {total.toLocaleString("en")} photographs prepared.
        </p>
      </>
    );
  }
  return (
    <>
      <progress aria-label="Progress" />
      <p class="numbers-line">Loading pictures…</p>
    </>
  );
}

function durationText(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.ceil(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.ceil((seconds % 3600) / 60)} min`;
}
