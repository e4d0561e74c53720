// Trains on photographs that are dropped here, or on a dataset file; keeps runs in this browser.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Download, RunFacts } from "../../engine/runs.ts";
import type { TrainingSettings } from "../../engine/training.ts";
import { problemOf, type Problem } from "../../engine/problem.ts";
import type { ViewProps } from "../app.tsx";
import { chosenFiles, droppedFiles, type GivenFile } from "../given-files.ts";
import { ProblemNotice } from "../problem-notice.tsx";
import { ClassCard } from "./class-card.tsx";
import { newDraft, obstacleTo, trainable, withFound, withPhotographs, type Draft } from "./drafts.ts";
import { RunList } from "./run-list.tsx";
import { Settings } from "./settings.tsx";
import { TrainingProgress } from "./training-progress.tsx";
import { useTraining } from "./training-state.ts";
import "./train.css";

/** The view. */
export function TrainView({ engine, onUse, isShown }: ViewProps): JSX.Element {
  const [drafts, setDrafts] = useState<readonly Draft[]>(() => [newDraft("Class 1"), newDraft("Class 2")]);
  const [dataset, setDataset] = useState<File>();
  const [settings, setSettings] = useState<TrainingSettings>();
  const [runs, setRuns] = useState<readonly RunFacts[]>([]);
  const [notes, setNotes] = useState<readonly string[]>([]);
  const [problem, setProblem] = useState<Problem>();
  const folder = useRef<HTMLInputElement>(null);
  const file = useRef<HTMLInputElement>(null);
  const archive = useRef<HTMLInputElement>(null);

  const fail = (error: unknown): void => setProblem(problemOf(error));
  const listRuns = (): void => void engine.runs().then(setRuns, fail);
  const { training, isBusy, start, resume, pause } = useTraining(engine, listRuns);
  useEffect(() => {
    if (isShown) listRuns();
  }, [isShown]);
  useEffect(() => {
    void engine.recipes().then((recipes) => setSettings(recipes[0]?.settings), fail);
  }, [engine]);
  useUnsavedWarning(isBusy || drafts.some(({ photographs }) => photographs.length > 0));

  const change = (id: number, to: (draft: Draft) => Draft): void => {
    setDrafts((all) => all.map((draft) => (draft.id === id ? to(draft) : draft)));
  };
  const add = async (files: readonly GivenFile[]): Promise<void> => {
    setProblem(undefined);
    const [first, ...others] = files;
    if (first === undefined) return;
    if (others.length === 0 && first.content.name.endsWith(".arrow")) {
      setDataset(first.content);
      return;
    }
    const found = await engine.photographsAmong(files);
    setNotes([...found.notes.map((note) => `${note}.`), ...skipsText(found.skips.length)]);
    setDrafts((all) => withFound(all, found.photographs));
  };
  const download = async (run: string, what: Download): Promise<void> => {
    save(await engine.download(run, what), `${run}${what === "model" ? " model" : ""}.zip`);
  };
  const obstacle = dataset === undefined ? obstacleTo(drafts) : undefined;

  return (
    <div
      class="train"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        if (event.dataTransfer !== null) void droppedFiles(event.dataTransfer).then(add).catch(fail);
      }}
    >
      <section aria-labelledby="pictures-title">
        <h2 id="pictures-title">Photographs</h2>
        <p>
          Drop a folder with one subfolder per class, class folders, or a <code>dataset.arrow</code> of{" "}
          <code>silhouette prepare</code>; or fill the classes one by one.
        </p>
        <div class="actions">
          <button type="button" onClick={() => folder.current?.click()}>
            Choose a folder
          </button>
          <button type="button" onClick={() => file.current?.click()}>
            Choose a dataset
          </button>
          <input
            ref={folder}
            type="file"
            hidden
            // @ts-expect-error -- an attribute of all browsers that no standard has
            webkitdirectory
            onChange={({ currentTarget }) => {
              void add(chosenFiles(currentTarget.files)).catch(fail);
              currentTarget.value = "";
            }}
          />
          <input
            ref={file}
            type="file"
            accept=".arrow"
            hidden
            onChange={({ currentTarget }) => {
              void add(chosenFiles(currentTarget.files)).catch(fail);
              currentTarget.value = "";
            }}
          />
        </div>
        {problem !== undefined && <ProblemNotice problem={problem} />}
        {notes.map((note) => (
          <p key={note} class="quiet">
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
                onAdd={(files) =>
                  change(draft.id, (old) =>
                    withPhotographs(
                      old,
                      files.map(({ path, content }) => ({ path: `${old.name}/${path}`, file: content })),
                    ),
                  )
                }
                onRemovePhotograph={(path) =>
                  change(draft.id, (old) => ({
                    ...old,
                    photographs: old.photographs.filter((each) => each.path !== path),
                  }))
                }
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
            <strong>{dataset.name}</strong> ({(dataset.size / 1e6).toFixed(1)} MB){" "}
            <button type="button" class="quiet-button" onClick={() => setDataset(undefined)}>
              Remove
            </button>
          </p>
        )}
      </section>
      {settings !== undefined && (
        <Settings
          engine={engine}
          settings={settings}
          onChange={setSettings}
          obstacle={obstacle}
          isBusy={isBusy}
          onTrain={() =>
            start(
              dataset === undefined
                ? { kind: "photographs", ...trainable(drafts) }
                : { kind: "dataset", file: dataset },
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
          onUse({ kind: "stored", run });
          location.hash = "#/classify";
        }}
        onReport={(run) => {
          onUse({ kind: "stored", run });
          location.hash = "#/explore";
        }}
        onDownload={(run, what) => void download(run, what).catch(fail)}
        onRemove={(run) => void engine.removeRun(run).then(listRuns, fail)}
      />
      <p>
        <button type="button" onClick={() => archive.current?.click()}>
          Import a run
        </button>{" "}
        <span class="quiet">A zip archive of a run folder of the studio or of the command line.</span>
        <input
          ref={archive}
          type="file"
          accept=".zip"
          hidden
          onChange={({ currentTarget }) => {
            void engine.importRun(chosenFiles(currentTarget.files)).then(listRuns, fail);
            currentTarget.value = "";
          }}
        />
      </p>
    </div>
  );
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
