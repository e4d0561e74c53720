// A predictor's page: one model, which is in the page, and its answers.

import { Name } from "@silhouette/report/parts";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { problemOf, type Problem } from "../../problem.ts";
import { Classification } from "../page/classify/classification.tsx";
import { factsText } from "../page/classify/model-bar.tsx";
import { usePhotographs } from "../page/classify/photographs.ts";
import { FileDrop } from "../page/file-drop.tsx";
import { ProblemNotice } from "../page/problem-notice.tsx";
import { startPredictor, type StartedPredictor } from "./start-predictor.ts";

/** The whole page, with a printable title. */
export function PredictorPage({ title }: { readonly title: string }): JSX.Element {
  const [started, setStarted] = useState<StartedPredictor>();
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    startPredictor(title).then(setStarted, (error: unknown) => setProblem(problemOf(error)));
  }, [title]);
  return (
    <>
      <header class="predictor-head">
        <h1>{title}</h1>
        {started !== undefined && <p class="note">{factsText(started.facts)}</p>}
      </header>
      <main class="classify">
        {problem !== undefined && <ProblemNotice problem={problem} />}
        {started !== undefined && <Predictor {...started} />}
        {started === undefined && problem === undefined && (
          <p class="loading" role="status">
            <progress aria-label="Loading the model" /> Loading the model…
          </p>
        )}
      </main>
      <footer class="studio-foot">
        <p>
          Nothing is uploaded: this file has the model and the program, makes no request, and needs no connection. Made
          by Silhouette.
        </p>
      </footer>
    </>
  );
}

/** Classifies. */
function Predictor({ engine, facts }: StartedPredictor): JSX.Element {
  const photographs = usePhotographs(engine, facts, true);
  const { problem, add, reportUnreadable } = photographs;
  return (
    <>
      <FileDrop isActive text="Drop photographs, or a folder" onFiles={add} onError={reportUnreadable} />
      <section aria-labelledby="classes-title">
        <h2 id="classes-title" class="hidden">
          Classes
        </h2>
        <ul class="class-names">
          {facts.labels.map((label) => (
            <li key={label}>
              <Name text={label} />
            </li>
          ))}
        </ul>
      </section>
      {problem !== undefined && <ProblemNotice problem={problem} />}
      <Classification engine={engine} model={facts} photographs={photographs} onFiles={add} />
    </>
  );
}
