// The studio: three views of one engine and one model.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { EngineFacts } from "../engine/engine.ts";
import type { ModelFacts, ModelSource } from "../engine/current-model.ts";
import { problemOf, type Problem } from "../engine/problem.ts";
import { startEngine, type EngineLink } from "./engine-link.ts";
import { ClassifyView } from "./classify/classify-view.tsx";
import { ExploreView } from "./explore/explore-view.tsx";
import { ProblemNotice } from "./problem-notice.tsx";
import { TrainView } from "./train/train-view.tsx";
import { useRoute, VIEWS } from "./route.ts";

/** A model, and what the page shows until there is one. */
export type ModelState =
  | { readonly state: "none" }
  | { readonly state: "loading"; readonly name: string }
  | { readonly state: "ready"; readonly facts: ModelFacts }
  | { readonly state: "failed"; readonly problem: Problem };

/** What every view gets. */
export interface ViewProps {
  /** The worker. */
  readonly engine: EngineLink;
  /** The current model. */
  readonly model: ModelState;
  /** Makes another one the current one. */
  readonly onUse: (source: ModelSource) => void;
  /** Whether the view is on screen: the others keep their state, and use neither camera nor processor. */
  readonly isShown: boolean;
}

/** The example: a model of drawn vehicles, and drawings that it has never seen. */
export const EXAMPLE = { kind: "folder", name: "Example: drawn vehicles", folder: "example/model/" } as const;

/** The whole page. */
export function App(): JSX.Element {
  const view = useRoute();
  const [engine, setEngine] = useState<EngineLink>();
  const [facts, setFacts] = useState<EngineFacts>();
  const [problem, setProblem] = useState<Problem>();
  const [model, setModel] = useState<ModelState>({ state: "none" });

  useEffect(() => {
    const started = startEngine((error) => setProblem(problemOf(error)));
    const start = async (): Promise<void> => {
      setFacts(await started.start());
      // A proxy can be called: as an updater, it would be.
      setEngine(() => started);
    };
    start().catch((error: unknown) => setProblem(problemOf(error)));
  }, []);

  const use = (source: ModelSource): void => {
    if (engine === undefined) return;
    setModel({ state: "loading", name: source.kind === "stored" ? source.run : source.name });
    engine.use(source).then(
      (ready) => setModel({ state: "ready", facts: ready }),
      (error: unknown) => setModel({ state: "failed", problem: problemOf(error) }),
    );
  };

  return (
    <>
      <header class="studio-head">
        <h1>
          <img src="./icon.svg" alt="" width="28" height="28" /> Silhouette Studio
        </h1>
        <nav aria-label="Views">
          {VIEWS.map(({ name, title }) => (
            <a key={name} href={`#/${name}`} aria-current={name === view ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <p class="engine-state" role="status">
          {facts === undefined ? (problem === undefined ? "Starting…" : "") : facts.reason}
        </p>
      </header>
      <main>
        {problem !== undefined && <ProblemNotice problem={problem} />}
        {engine !== undefined &&
          VIEWS.map(({ name }) => {
            const View = { classify: ClassifyView, train: TrainView, explore: ExploreView }[name];
            return (
              <div key={name} hidden={view !== name}>
                <View engine={engine} model={model} onUse={use} isShown={view === name} />
              </div>
            );
          })}
      </main>
      <footer class="studio-foot">
        <p>Nothing is uploaded: photographs, models and training stay on this machine.</p>
      </footer>
    </>
  );
}
