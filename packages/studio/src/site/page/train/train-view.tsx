// Trains on photographs that are dropped here, or on a dataset file; keeps runs in this browser.

import type { RecipeName } from "@silhouette/trainer/browser";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { RecipeFacts } from "../../engine/recipes.ts";
import type { Download, RunFacts } from "../../engine/runs.ts";
import type { TrainingSettings } from "../../engine/training.ts";
import type { ChosenFile } from "../../engine/chosen-file.ts";
import { problemOf, type Problem } from "../../../problem.ts";
import type { ViewProps } from "../view.ts";
import { FileButton } from "../file-buttons.tsx";
import { FileDrop } from "../file-drop.tsx";
import { ProblemNotice } from "../problem-notice.tsx";
import { ClassCard } from "./class-card.tsx";
import { newDraft, obstacleTo, trainable, withFound, withPhotographs, type Draft } from "./drafts.ts";
import { handFiles } from "./hand-files.ts";
import { RunList } from "./run-list.tsx";
import { Settings } from "./settings.tsx";
import { TrainingProgress } from "./training-progress.tsx";
import { useTraining } from "./training-state.ts";
import "./train.css";

/** A dataset to train on. */
interface ChosenDataset {
  readonly file: File;
  /** The recipes that its pictures are for. */
  readonly recipes: readonly RecipeName[];
}

/** The view. */
export function TrainView({ engine, onUse, isShown }: ViewProps): JSX.Element {
  const [drafts, setDrafts] = useState<readonly Draft[]>(() => [newDraft("Class 1"), newDraft("Class 2")]);
  /** The class that takes photographs with the camera. */
  const [cameraOf, setCameraOf] = useState<number>();
  const [dataset, setDataset] = useState<ChosenDataset>();
  const [recipes, setRecipes] = useState<readonly RecipeFacts[]>([]);
  /** What was chosen; until then, what the default recipe says. */
  const [chosen, setChosen] = useState<TrainingSettings>();
  const [runs, setRuns] = useState<readonly RunFacts[]>([]);
  const [notes, setNotes] = useState<readonly string[]>([]);
  const [problem, setProblem] = useState<Problem>();
  /** What is told of the predictor that was downloaded last. */
  const [saved, setSaved] = useState("");

  const fail = (error: unknown): void => setProblem(problemOf(error));
  const listRuns = (): void => void engine.runs().then(setRuns, fail);
  const { training, isBusy, start, resume, pause } = useTraining(engine, listRuns);
  useEffect(() => {
    if (isShown) listRuns();
  }, [isShown]);
  useEffect(() => {
    engine.recipes().then(setRecipes, fail);
  }, [engine]);
  useUnsavedWarning(isBusy || drafts.some(({ photographs }) => photographs.length > 0));

  const change = (id: number, to: (draft: Draft) => Draft): void => {
    setDrafts((all) => all.map((draft) => (draft.id === id ? to(draft) : draft)));
  };
  const add = async (files: readonly ChosenFile[]): Promise<void> => {
    setProblem(undefined);
    const [first, ...others] = files;
    if (first === undefined) return;
    if (others.length === 0 && first.file.name.endsWith(".arrow")) {
      const names = await engine.recipesFor(first.file);
      setDataset({ file: first.file, recipes: names });
      return;
    }
    const shared = await handFiles(engine, files);
    const found = await engine.photographsAmong(shared.map(({ path, number }) => ({ path, number })));
    setNotes([...found.notes.map((note) => `${note}.`), ...skipsText(found.skips.length)]);
    const contents = new Map(shared.map(({ number, file }) => [number, file]));
    const photographs = found.photographs.flatMap((photograph) => {
      const file = contents.get(photograph.number);
      return file === undefined ? [] : [{ ...photograph, file }];
    });
    setDrafts((all) => withFound(all, photographs));
  };
  const addTo = async ({ id, name }: Draft, files: readonly ChosenFile[]): Promise<void> => {
    const shared = await handFiles(engine, files);
    const photographs = shared.map(({ path, ...others }) => ({ ...others, path: `${name}/${path}` }));
    change(id, (old) => withPhotographs(old, photographs));
  };
  const download = async (run: string, what: Download): Promise<void> => {
    save(await engine.download(run, what), `${run}${what === "model" ? " model" : ""}.zip`);
  };
  const downloadPredictor = async (run: string): Promise<void> => {
    const page = await engine.predictor(run, document.baseURI);
    const name = `${run} predictor.html`;
    save(page, name);
    setSaved(`${name} has ${(page.size / 1e6).toFixed(1)} MB, and opens in any browser, without a connection.`);
  };
  const usable = recipes.filter(({ settings: { recipe } }) => dataset?.recipes.includes(recipe) ?? true);
  const settings = settingsAmong(usable, chosen);
  const obstacle = dataset === undefined ? obstacleTo(drafts) : undefined;

  return (
    <div class="train">
      <FileDrop
        isActive={isShown}
        text="Drop class folders, or a dataset"
        onFiles={(files) => void add(files).catch(fail)}
        onError={fail}
      />
      <section aria-labelledby="pictures-title">
        <h2 id="pictures-title">Photographs</h2>
        <p>
          Drop a folder with one subfolder per class, class folders, or a <code>dataset.arrow</code> of{" "}
          <code>silhouette prepare</code>; or fill the classes one by one.
        </p>
        <div class="actions">
          <FileButton isFolder onFiles={(files) => void add(files).catch(fail)}>
            Choose a folder
          </FileButton>
          <FileButton accept=".arrow" onFiles={(files) => void add(files).catch(fail)}>
            Choose a dataset
          </FileButton>
        </div>
        {problem !== undefined && <ProblemNotice problem={problem} />}
        {notes.map((note) => (
          <p key={note} class="note">
            {note}
          </p>
        ))}
        {dataset === undefined ? (
          <div class="class-cards">
            {drafts.map((draft) => (
              <ClassCard
                key={draft.id}
                draft={draft}
                onRename={(name) => change(draft.id, (old) => ({ ...old, name }))}
                onAdd={(files) => void addTo(draft, files).catch(fail)}
                onRemovePhotograph={(path) =>
                  change(draft.id, (old) => ({
                    ...old,
                    photographs: old.photographs.filter((each) => each.path !== path),
                  }))
                }
                isCameraOn={isShown && cameraOf === draft.id}
                onCamera={(isOn) => setCameraOf(isOn ? draft.id : undefined)}
                onError={fail}
                onRemove={() => setDrafts((all) => all.filter(({ id }) => id !== draft.id))}
              />
            ))}
            <button
              type="button"
              class="add-class"
              onClick={() => setDrafts((all) => [...all, newDraft(`Class ${all.length + 1}`)])}
            >
              Add a class
            </button>
          </div>
        ) : (
          <p class="dataset-chosen">
            <strong>{dataset.file.name}</strong> ({(dataset.file.size / 1e6).toFixed(1)} MB){" "}
            <button type="button" class="quiet" onClick={() => setDataset(undefined)}>
              Remove
            </button>
          </p>
        )}
      </section>
      {settings !== undefined && (
        <Settings
          recipes={usable}
          settings={settings}
          onChange={setChosen}
          obstacle={obstacle}
          isBusy={isBusy}
          onTrain={() =>
            start(
              dataset === undefined
                ? { kind: "photographs", ...trainable(drafts) }
                : { kind: "dataset", file: dataset.file },
              settings,
            )
          }
        />
      )}
      <TrainingProgress training={training} onPause={pause} />
      <RunList
        runs={runs}
        isBusy={isBusy}
        onContinue={resume}
        onUse={(run) => {
          onUse({ name: run, run });
          location.hash = "#/classify";
        }}
        onReport={(run) => {
          onUse({ name: run, run });
          location.hash = "#/explore";
        }}
        onDownload={(run, what) => void download(run, what).catch(fail)}
        onPredictor={(run) => void downloadPredictor(run).catch(fail)}
        onRemove={(run) => void engine.removeRun(run).then(listRuns, fail)}
      />
      <p role="status" class="note">
        {saved}
      </p>
      <p>
        <FileButton
          accept=".zip"
          onFiles={(files) => {
            setProblem(undefined);
            engine.importRun(files).then(listRuns, fail);
          }}
        >
          Import a run
        </FileButton>{" "}
        <span class="note">A zip archive of a run folder of the studio or of the command line.</span>
      </p>
    </div>
  );
}

/** What was chosen; without it, or if its recipe cannot be used, the first recipe. */
function settingsAmong(
  usable: readonly RecipeFacts[],
  chosen: TrainingSettings | undefined,
): TrainingSettings | undefined {
  const byDefault = usable[0]?.settings;
  if (chosen === undefined || byDefault === undefined) return byDefault;
  if (usable.some(({ settings: { recipe } }) => recipe === chosen.recipe)) return chosen;
  const { seed, kernelSet } = chosen;
  return { ...byDefault, seed, kernelSet };
}

/** Asks before the page is left while something would be lost. */
function useUnsavedWarning(isUnsaved: boolean): void {
  useEffect(() => {
    if (!isUnsaved) return undefined;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [isUnsaved]);
}

function skipsText(count: number): readonly string[] {
  return count === 0 ? [] : [`${count === 1 ? "1 file" : `${count} files`} could not be used.`];
}

/** Milliseconds that a browser may take to begin a download. */
const DOWNLOAD_BEGINS = 60_000;

/** Saves a file as a download. */
function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), DOWNLOAD_BEGINS);
}
