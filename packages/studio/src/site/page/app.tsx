// The studio: three views of one engine and one model.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { EngineFacts } from "../engine/model-engine.ts";
import type { ModelSource } from "../engine/model-sources.ts";
import { problemOf, type Problem } from "../../problem.ts";
import { startEngine } from "./engine-link.ts";
import { ClassifyView } from "./classify/classify-view.tsx";
import { ExploreView } from "./explore/explore-view.tsx";
import { ProblemNotice } from "./problem-notice.tsx";
import { TrainView } from "./train/train-view.tsx";
import { useRoute, VIEWS } from "./route.ts";
import type { ModelState } from "./view.ts";

/** Where the studio's server has the run that it was started with. */
const RUN_MODEL = "run/model/";

/** The whole page. */
export function App(): JSX.Element {
  const view = useRoute();
  const [facts, setFacts] = useState<EngineFacts>();
  const [problem, setProblem] = useState<Problem>();
  const [{ engine, whenReady }] = useState(startEngine);
  const [model, setModel] = useState<ModelState>({ state: "none" });
  /** Number of the last model that was asked for: results for earlier ones are dropped. */
  const asked = useRef(0);
  /** Views are made when they are first shown, and kept. */
  const made = useRef(new Set([view]));
  made.current.add(view);

  const use = (source: ModelSource): void => {
    const number = ++asked.current;
    setModel({ state: "loading", name: source.name });
    const show = (state: ModelState): void => {
      if (number === asked.current) setModel(state);
    };
    engine.use(source).then(
      (ready) => show({ state: "ready", facts: ready }),
      (error: unknown) => show({ state: "failed", problem: problemOf(error) }),
    );
  };

  useEffect(() => {
    const run = new URLSearchParams(location.search).get("run");
    if (run !== null) use({ name: run, folder: RUN_MODEL, base: document.baseURI, isRun: true });
    const start = async (): Promise<void> => {
      await whenReady;
      setFacts(await engine.start());
    };
    start().catch((error: unknown) => {
      setProblem(problemOf(error));
      setModel({ state: "none" });
    });
  }, []);

  return (
    <>
      <header class="studio-head">
        <h1>
          <img src="./icon.svg" alt="" width="28" height="28" /> <span>Silhouette Studio</span>
        </h1>
        <nav aria-label="Views">
          {VIEWS.map(({ name, title }) => (
            <a key={name} href={`#/${name}`} aria-current={name === view ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <p class="engine-state" role="status" title={facts?.reason}>
          {facts === undefined ? (problem === undefined ? "Starting…" : "") : facts.reason}
        </p>
      </header>
      <main>
        {problem !== undefined && <ProblemNotice problem={problem} />}
        {VIEWS.filter(({ name }) => made.current.has(name)).map(({ name }) => {
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
