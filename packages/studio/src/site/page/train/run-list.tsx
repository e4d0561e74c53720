// The runs in this browser.

import type { JSX } from "preact";

import type { Download, RunFacts } from "../../engine/runs.ts";

export interface RunListProps {
  readonly runs: readonly RunFacts[];
  /** Whether a training is running in this page: no other can begin. */
  readonly isBusy: boolean;
  readonly onContinue: (run: string) => void;
  readonly onUse: (run: string) => void;
  readonly onReport: (run: string) => void;
  readonly onDownload: (run: string, what: Download) => void;
  readonly onPredictor: (run: string) => void;
  readonly onRemove: (run: string) => void;
}

const STATES: Readonly<Record<RunFacts["state"], string>> = {
  done: "finished",
  paused: "not finished",
  running: "training",
  damaged: "damaged",
};

/** A row per run. */
export function RunList(props: RunListProps): JSX.Element | null {
  const { runs } = props;
  if (runs.length === 0) return null;
  return (
    <section aria-labelledby="runs-title">
      <h2 id="runs-title">Runs in this browser</h2>
      <ul class="run-list">
        {runs.map((run) => (
          <li key={run.name}>
            <Run run={run} {...props} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Run({
  run,
  isBusy,
  onContinue,
  onUse,
  onReport,
  onDownload,
  onPredictor,
  onRemove,
}: Omit<RunListProps, "runs"> & { readonly run: RunFacts }): JSX.Element {
  const { name, state, labels, epochsDone, epochs, metrics, problem } = run;
  const hasModel = state !== "damaged" && epochsDone > 0;
  return (
    <article aria-label={`Run ${name}`}>
      <p class="run-name">
        <strong>{labels.length === 0 ? "Run" : labels.join(", ")}</strong> <span class="note">{name}</span>
      </p>
      <p>
        {problem === null
          ? `${STATES[state]}, ${epochsDone} of ${epochs} epochs${metrics === null ? "" : `, ${metrics.correct} of ${metrics.pictures} test pictures correct`}`
          : `${problem.message}. ${problem.hint}`}
      </p>
      <div class="run-actions">
        {state === "paused" && (
          <button type="button" disabled={isBusy} onClick={() => onContinue(name)}>
            Continue
          </button>
        )}
        {hasModel && (
          <>
            <button type="button" onClick={() => onUse(name)}>
              Classify with it
            </button>
            <button type="button" onClick={() => onReport(name)}>
              Report
            </button>
            <button type="button" onClick={() => onDownload(name, "run")}>
              Download run
            </button>
            <button type="button" onClick={() => onDownload(name, "model")}>
              Download model
            </button>
            <button
              type="button"
              title="A page that classifies with this model, as one file"
              onClick={() => onPredictor(name)}
            >
              Download predictor
            </button>
          </>
        )}
        <button
          type="button"
          class="quiet"
          disabled={state === "running"}
          onClick={() => {
            if (confirm(`Remove the run ${name} with its model? This cannot be undone.`)) onRemove(name);
          }}
        >
          Remove
        </button>
      </div>
    </article>
  );
}
