// What there is to see of the current model: its report, the mean silhouettes of its classes, and its first filters.

import type { JSX } from "preact";
import { lazy, Suspense } from "preact/compat";
import { useEffect, useState } from "preact/hooks";

import type { Explored } from "../../engine/exploring.ts";
import { problemOf, type Problem } from "../../../problem.ts";
import { nextTask } from "../next-task.ts";
import { EXAMPLE, type ViewProps } from "../view.ts";
import { ProblemNotice } from "../problem-notice.tsx";
import { Levels } from "../pixel-canvas.tsx";
import "./explore.css";

/** The report's views come when there is a report: they are larger than the rest of the page. */
const RunView = lazy(async () => {
  const { RunView: loaded } = await import("@silhouette/report/views");
  await nextTask();
  return { default: loaded };
});

/** The view. */
export function ExploreView({ engine, model, onUse, isShown }: ViewProps): JSX.Element {
  const [seen, setSeen] = useState<Explored>();
  const [problem, setProblem] = useState<Problem>();
  const facts = model.state === "ready" ? model.facts : undefined;
  useEffect(() => {
    setSeen(undefined);
    setProblem(undefined);
  }, [facts]);
  useEffect(() => {
    if (!isShown || facts === undefined || seen !== undefined || problem !== undefined) return undefined;
    let isCurrent = true;
    engine.explore().then(
      (explored) => isCurrent && setSeen(explored),
      (error: unknown) => isCurrent && setProblem(problemOf(error)),
    );
    return () => {
      isCurrent = false;
    };
  }, [engine, facts, isShown, seen, problem]);

  if (model.state === "failed") return <ProblemNotice problem={model.problem} />;
  if (problem !== undefined) return <ProblemNotice problem={problem} />;
  if (model.state === "none") {
    return (
      <section class="empty">
        <h2>Nothing to explore yet</h2>
        <p>Open a model to see its report, the mean silhouettes of its classes, and what its first filters look for.</p>
        <button type="button" class="main" onClick={() => onUse({ ...EXAMPLE, base: document.baseURI })}>
          Try the example
        </button>
      </section>
    );
  }
  if (seen === undefined) return <p role="status">Loading…</p>;
  const { report, means, filters } = seen;
  return (
    <div class="explore">
      {means.length > 0 && (
        <section aria-labelledby="means-title">
          <h2 id="means-title">Mean silhouettes</h2>
          <p>
            The mean of each class's training pictures in black and white: the lighter, the more of them are light
            there.
          </p>
          <div class="figures">
            {means.map((mean) => (
              <figure key={mean.label}>
                <Levels {...mean} thresholds={[]} label={`Mean silhouette of ${mean.label}`} />
                <figcaption>{mean.label}</figcaption>
              </figure>
            ))}
          </div>
        </section>
      )}
      {filters !== null && (
        <section aria-labelledby="filters-title">
          <h2 id="filters-title">First filters</h2>
          <p>
            The {filters.values.length} filters of {filters.width} x {filters.height} pixels that the network begins
            with. Light pixels count for, dark ones against; gray ones do not matter.
          </p>
          <div class="filters">
            {filters.values.map((values, index) => (
              <Levels
                key={index}
                width={filters.width}
                height={filters.height}
                levels={levelsOf(values)}
                thresholds={[]}
                label={`Filter ${index + 1}`}
              />
            ))}
          </div>
        </section>
      )}
      {report === null ? (
        <p class="note">This model comes without a report.</p>
      ) : (
        <Suspense fallback={<p role="status">Loading the report…</p>}>
          <RunView run={report} />
        </Suspense>
      )}
    </div>
  );
}

/** Weights as gray levels: 0 is the middle. */
function levelsOf(values: Float32Array): Uint8Array {
  const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), Number.MIN_VALUE);
  return Uint8Array.from(values, (value) => Math.round(127.5 + (127.5 * value) / most));
}
