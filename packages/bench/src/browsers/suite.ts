// The suite browsers: training steps of the reference network in pages with cross-origin isolation and in Node.js, with the same
// kernels. The losses of the first steps are compared before anything is timed. In: what to measure. Out: a result after each
// group.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { KernelSet } from "@silhouette/training-wasm";

import { chosenPeers } from "../measure/chosen-peers.ts";
import { answersDiffer, BenchError } from "../measure/errors.ts";
import { describeMachine } from "../measure/machine.ts";
import { missingPeer, type MissingPeer } from "../measure/missing-peer.ts";
import { SHAPE } from "../measure/reference-shape.ts";
import { FORMAT_VERSION, stoppedBy } from "../measure/result.ts";
import { perSample, Rounds, type RoundSettings, type Turn } from "../measure/rounds.ts";
import { disturbedText } from "../measure/spread.ts";
import { PROCESS_SETTINGS, PROCESS_START_SECONDS, type ProcessSuiteOptions } from "../measure/suite.ts";
import { TurnCounter, turnSeconds, type Turns } from "../measure/turns.ts";
import { writeInputs } from "../training/input.ts";
import { enginesHere, type Engine } from "./engines.ts";
import { groupName } from "./report.ts";
import type { BrowsersGroup, BrowsersResult, EngineTiming } from "./result.ts";
import { STEPS, type StepJob } from "./step-turn.ts";
import { runTurn, type EngineMessage } from "./turn.ts";

/** Options for {@link runBrowsersSuite}. */
export interface BrowsersOptions extends ProcessSuiteOptions {
  /** Pictures per step. */
  readonly batches: readonly number[];
}

const KERNEL_SETS: readonly KernelSet[] = ["simd128", "relaxed"];

/** A typical step per picture, in milliseconds: for estimates. */
const PICTURE_MILLISECONDS = 40;

/** What a group measures. */
type Subject = Omit<BrowsersGroup, "engines">;

/** Takes a turn. */
type Run = <Want extends StepJob["want"]>(
  engine: Engine,
  subject: Subject,
  want: Want,
) => Promise<EngineMessage<Want extends "answer" ? { readonly values: readonly number[] } : Turn>>;

/** An engine that runs a group's kernels, and its versions. */
interface Checked {
  readonly engine: Engine;
  readonly versions: EngineTiming["versions"];
}

/**
 * Checks all engines, then measures group by group: a result after each of them. If the run is stopped or an engine fails after
 * the first turn, a last, partial result has the turns so far; then the error is thrown.
 *
 * @param takeTurn runs a job to its end
 * @param installed engines that can be measured, ours first
 * @throws {BenchError} `ANSWERS_DIFFER` before anything is timed; `NOT_MEASURED`; and the signal's reason
 */
export async function* runBrowsersSuite(
  options: BrowsersOptions,
  takeTurn: typeof runTurn = runTurn,
  installed: readonly Engine[] = enginesHere(),
): AsyncGenerator<BrowsersResult> {
  const { thoroughness, batches, threads, command, signal } = options;
  const engines = chosenPeers(installed, options.peers);
  const settings = PROCESS_SETTINGS[thoroughness];
  // Before the first turn: files may be worked on meanwhile.
  const machine = describeMachine();
  let subjects = KERNEL_SETS.flatMap((kernelSet) =>
    STEPS.flatMap((step) =>
      threads.flatMap((count) => batches.map((batch): Subject => ({ kernelSet, step, threads: count, batch }))),
    ),
  );
  const folder = await mkdtemp(join(tmpdir(), "silhouette-bench-"));
  const groups: BrowsersGroup[] = [];
  let missing: readonly MissingPeer[] = [];
  let current: GroupMeasurement | undefined;
  const resultOf = (stopped: string | null): BrowsersResult => ({
    formatVersion: FORMAT_VERSION,
    suite: "browsers",
    thoroughness,
    command,
    limitedTo: options.peers,
    machine,
    complete: stopped === null && groups.length === subjects.length,
    stopped,
    settings,
    groups: [...groups],
    missing,
    invalid: disturbedText(groups.map((group) => ({ where: groupName(group), timings: group.engines }))),
  });
  try {
    const inputOf = await writeInputs(folder, "reference", batches);
    const checks = subjects.filter((subject) => subject.threads === Math.max(...threads));
    const turns = new TurnCounter(options);
    const timesOf = (count: number, { batch }: Subject): Turns => ({
      turns: count * settings.rounds,
      seconds: turnSeconds(settings, batch * PICTURE_MILLISECONDS, PROCESS_START_SECONDS),
    });
    turns.expect([
      { turns: engines.length * checks.length, seconds: PROCESS_START_SECONDS },
      ...subjects.map((subject) => timesOf(engines.length, subject)),
    ]);
    turns.announce(engines);
    const run: Run = async (engine, { step, kernelSet, threads: count, batch }, want) => {
      turns.next(engine.name);
      const job: StepJob = { ...SHAPE, network: "reference", step, kernelSet, threads: count, want, settings };
      return takeTurn(engine, job, inputOf(batch).input, signal);
    };
    const checked = await checkLosses(engines, checks, run);
    missing = checked.missing;
    subjects = subjects.filter(({ kernelSet }) => checked.presentFor(kernelSet).length > 0);
    turns.expect(subjects.map((subject) => timesOf(checked.presentFor(subject.kernelSet).length, subject)));
    turns.announce(
      engines.filter((engine) =>
        KERNEL_SETS.some((set) => checked.presentFor(set).some((each) => each.engine === engine)),
      ),
      missing,
    );
    for (const subject of subjects) {
      current = new GroupMeasurement(subject, checked.presentFor(subject.kernelSet), settings, run);
      await current.run();
      groups.push(current.group());
      current = undefined;
      yield resultOf(null);
    }
  } catch (error) {
    const group = current?.group();
    if (group !== undefined && group.engines.length > 0) groups.push(group);
    if (groups.length > 0) yield resultOf(stoppedBy(error));
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Asks all engines for their losses, and compares them. @throws {BenchError} `ANSWERS_DIFFER` */
async function checkLosses(
  engines: readonly Engine[],
  subjects: readonly Subject[],
  run: Run,
): Promise<{
  readonly missing: readonly MissingPeer[];
  readonly presentFor: (kernelSet: KernelSet) => readonly Checked[];
}> {
  const missing: MissingPeer[] = [];
  const checked = new Map<string, Checked>();
  const expected = new Map<Subject, { readonly name: string; readonly values: readonly number[] }>();
  const keyOf = ({ name }: Engine, kernelSet: KernelSet): string => `${name} ${kernelSet}`;
  for (const engine of engines) {
    for (const kernelSet of KERNEL_SETS) {
      const answers: (readonly [Subject, Awaited<ReturnType<typeof run<"answer">>>])[] = [];
      try {
        for (const subject of subjects.filter((each) => each.kernelSet === kernelSet)) {
          answers.push([subject, await run(engine, subject, "answer")]);
        }
      } catch (error) {
        // An engine that runs no step is missing; one that runs some has failed, and so has our own Node.js.
        const isOurs = engine === engines[0] && kernelSet === "simd128";
        if (!(error instanceof BenchError) || answers.length > 0 || isOurs) throw error;
        if (error.code === "NOT_INSTALLED") {
          missing.push(missingPeer(engine.name, error));
          break;
        }
        missing.push({ name: `${engine.name}, ${kernelSet}`, reason: error.message });
        continue;
      }
      for (const [subject, { values, versions }] of answers) {
        const first = expected.get(subject) ?? { name: engine.name, values };
        expected.set(subject, first);
        if (values.join() !== first.values.join()) {
          throw answersDiffer(
            `Expected ${engine.name} to give the losses of ${first.name} (${groupName(subject)}), ${first.values.join(", ")}, ` +
              `but received ${values.join(", ")}. Nothing was timed.`,
          );
        }
        checked.set(keyOf(engine, kernelSet), { engine, versions });
      }
    }
  }
  return {
    missing,
    presentFor: (kernelSet) => engines.flatMap((engine) => checked.get(keyOf(engine, kernelSet)) ?? []),
  };
}

/** All engines with the same step, kernels, threads and batch, in turns. */
class GroupMeasurement {
  readonly #subject: Subject;
  readonly #engines: readonly Checked[];
  readonly #rounds: Rounds;

  constructor(subject: Subject, engines: readonly Checked[], settings: RoundSettings, run: Run) {
    this.#subject = subject;
    this.#engines = engines;
    const contenders = engines.map(({ engine }) => ({
      name: engine.name,
      takeTurn: async () => run(engine, subject, "times"),
    }));
    this.#rounds = new Rounds(contenders, settings);
  }

  /** Takes all turns. @throws what a turn throws */
  async run(): Promise<void> {
    await this.#rounds.run();
  }

  /** What was measured so far: no engines before the first turn. */
  group(): BrowsersGroup {
    const timings = this.#rounds.timings().flatMap((timing, index) => {
      const checked = this.#engines[index];
      return timing === undefined || checked === undefined ? [] : [{ timing, ...checked }];
    });
    const node = timings.find(({ engine }) => engine.kind === "node")?.timing;
    const engines = timings.map(({ timing, engine, versions }): EngineTiming => ({
      ...perSample(timing, this.#subject.batch),
      kind: engine.kind,
      versions,
      relativeToNode: node === undefined ? null : timing.bestMilliseconds / node.bestMilliseconds,
    }));
    return { ...this.#subject, engines };
  }
}
