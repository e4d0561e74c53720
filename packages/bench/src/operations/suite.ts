// The suite "operations": elementwise operations, reductions and those that move values, on large tensors and on small ones,
// by our backend on 1 and 2 threads and by TensorFlow.js' own. The answers of an operation are checked before it is timed. In:
// how long to time. Out: a result after each number of threads and size.

import { setImmediate } from "node:timers/promises";

import { Generator } from "@silhouette/trainer";
import { enableTraining } from "@silhouette/training-wasm";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { backend, concat, dispose, setBackend, tensor, tidy, util, type Tensor } from "@tensorflow/tfjs-core";

import { relativeDistance } from "../measure/relative-distance.ts";
import { chosenPeers } from "../measure/chosen-peers.ts";
import { answersDiffer } from "../measure/errors.ts";
import { describeMachine } from "../measure/machine.ts";
import { FORMAT_VERSION, stoppedBy } from "../measure/result.ts";
import { TurnCounter, turnSeconds } from "../measure/turns.ts";
import { perSample, Rounds, timeTurn, type RoundSettings, type Timing } from "../measure/rounds.ts";
import { QUICK_SETTINGS, type SuiteOptions, type Thoroughness } from "../measure/suite.ts";
import { casesOf, type OperationCase } from "./cases.ts";
import type { OperationsResult, OperationTiming } from "./result.ts";
import { startStockBackend, STOCK } from "./stock-backend.ts";

/** How long each operation is timed. */
export const OPERATION_SETTINGS: Readonly<Record<Thoroughness, RoundSettings>> = {
  full: { rounds: 5, measureMilliseconds: 100, warmupMilliseconds: 50, leastWarmups: 1, leastSamples: 3 },
  quick: QUICK_SETTINGS,
};

/** Numbers of tensors: more than caches hold, or with `quick` too few for that, and too few for threads. */
const SIZES: Readonly<Record<Thoroughness, readonly number[]>> = {
  full: [2 ** 24, 2 ** 8],
  quick: [2 ** 16, 2 ** 8],
};

/** Tensors of at least as many numbers are more than caches hold: they are timed beside a copy. */
const LARGE = 2 ** 20;

/** Numbers that are computed before the clock is read again: a call on a small tensor takes microseconds. */
const TIMED_AT_ONCE = 2 ** 15;

/** A typical call per number, in milliseconds: for estimates. */
const MILLISECONDS_OF_A_FLOAT = 3e-6;

const THREADS = [1, 2];

/** What rounding in float32 explains. */
const MOST_DEVIATION = 1e-4;

/** Seed of all numbers. */
const SEED = 20_261_128;

/** Our backend, as it is registered. */
const OURS = "wasm";

/** Names of our backend and of TensorFlow.js' own. */
const [OURS_NAME, STOCK_NAME] = ["silhouette", "stock WASM"] as const;

/**
 * Checks and measures operation by operation: a result after each size and number of threads. If the run is stopped or an
 * answer is wrong after the first turn, a last, partial result has the turns so far; then the error is thrown.
 *
 * @throws {BenchError} `ANSWERS_DIFFER` before an operation is timed; and the signal's reason
 */
export async function* runOperationsSuite(options: SuiteOptions): AsyncGenerator<OperationsResult> {
  const { thoroughness, command, signal } = options;
  const settings = OPERATION_SETTINGS[thoroughness];
  // There is one peer, which is always measured.
  chosenPeers([{ name: OURS_NAME }, { name: STOCK_NAME }], options.peers);
  const machine = describeMachine();
  await startStockBackend();
  const timings: OperationTiming[] = [];
  let isDone = false;
  const resultOf = (stopped: string | null): OperationsResult => ({
    formatVersion: FORMAT_VERSION,
    suite: "operations",
    thoroughness,
    command,
    machine,
    complete: isDone,
    stopped,
    settings,
    timings: [...timings],
  });
  const turns = new TurnCounter(options);
  const sizes = THREADS.flatMap(() => SIZES[thoroughness]);
  turns.expect(
    sizes.map((floats) => ({
      turns: settings.rounds * casesOf(floats).length * (floats < LARGE ? 2 : 3),
      seconds: turnSeconds(settings, floats * MILLISECONDS_OF_A_FLOAT),
    })),
  );
  turns.announce([{ name: OURS_NAME }, { name: STOCK_NAME }]);
  try {
    for (const [threadsIndex, threads] of THREADS.entries()) {
      await enableTraining({ threads });
      for (const [sizeIndex, floats] of SIZES[thoroughness].entries()) {
        for (const operation of casesOf(floats)) {
          const measurement = await Measurement.prepare(operation, { floats, threads, settings, turns, signal });
          try {
            await measurement.run();
          } finally {
            timings.push(...measurement.timings());
            measurement.free();
          }
        }
        isDone = threadsIndex === THREADS.length - 1 && sizeIndex === SIZES[thoroughness].length - 1;
        yield resultOf(null);
      }
    }
  } catch (error) {
    if (timings.length > 0) yield resultOf(stoppedBy(error));
    throw error;
  }
}

/** A backend's tensors, and what it computes of them. */
interface Party {
  readonly backendName: string;
  readonly inputs: readonly Tensor[];
  readonly compute: () => Tensor;
}

/** Options for a {@link Measurement}. */
interface MeasurementOptions {
  readonly floats: number;
  readonly threads: number;
  readonly settings: RoundSettings;
  readonly turns: TurnCounter;
  readonly signal: AbortSignal | undefined;
}

/** An operation by both backends, and a copy, in turns. */
class Measurement {
  readonly #facts: Pick<OperationTiming, "operation" | "floats" | "threads" | "bytes">;
  readonly #deviation: number;
  readonly #parties: readonly Party[];
  readonly #copies: readonly Party[];
  readonly #rounds: Rounds;

  private constructor(
    facts: Pick<OperationTiming, "operation" | "floats" | "threads" | "bytes">,
    deviation: number,
    parties: readonly Party[],
    copies: readonly Party[],
    { settings, turns, signal }: Pick<MeasurementOptions, "settings" | "turns" | "signal">,
  ) {
    this.#facts = facts;
    this.#deviation = deviation;
    this.#parties = parties;
    this.#copies = copies;
    const calls = callsOf(facts.floats);
    const contenders = [...parties, ...copies].map((party) => ({
      name: nameOf(party),
      takeTurn: async () => {
        // Lets signals through.
        await setImmediate();
        signal?.throwIfAborted();
        turns.next(nameOf(party));
        await setBackend(party.backendName);
        return timeTurn(() => callRepeatedly(party, calls), false, settings);
      },
    }));
    this.#rounds = new Rounds(contenders, settings);
  }

  /** @throws {BenchError} `ANSWERS_DIFFER` */
  static async prepare({ name, shapes, run }: OperationCase, options: MeasurementOptions): Promise<Measurement> {
    const { floats, threads, signal } = options;
    signal?.throwIfAborted();
    const generator = Generator.ofSeed(SEED);
    const values = shapes.map((shape) => {
      return Float32Array.from({ length: util.sizeFromShape([...shape]) }, () => 4 * generator.uniform() - 2);
    });
    const partyOf = async (backendName: string, operate: OperationCase["run"]): Promise<Party> => {
      await setBackend(backendName);
      const inputs = shapes.map((shape, index) => tensor(values[index] ?? new Float32Array(), [...shape]));
      const [x, y = x] = inputs;
      if (x === undefined || y === undefined) throw new RangeError(`Expected tensors for ${name}`);
      return { backendName, inputs, compute: () => operate(x, y) };
    };
    const [ours, stock] = [await partyOf(OURS, run), await partyOf(STOCK, run)];
    const [answer, expected] = [await answerOf(ours), await answerOf(stock)];
    const deviation = relativeDistance(answer, expected);
    if (!(deviation <= MOST_DEVIATION)) {
      dispose([...ours.inputs, ...stock.inputs]);
      throw answersDiffer(
        `Expected ${name} of ${floats} numbers to equal that of TensorFlow.js, but received a relative distance of ` +
          `${deviation.toExponential(1)}. It was not timed.`,
      );
    }
    const sizes = [...values, expected].map(({ byteLength }) => byteLength);
    const facts = { operation: name, floats, threads, bytes: util.sum(sizes) };
    return new Measurement(facts, deviation, [ours, stock], floats < LARGE ? [] : [await copyOf(floats)], options);
  }

  /** Takes all turns. @throws what a turn throws */
  async run(): Promise<void> {
    await this.#rounds.run();
  }

  /** What was measured so far: both backends, or nothing. */
  timings(): readonly OperationTiming[] {
    const calls = callsOf(this.#facts.floats);
    const [ours, stock, copy] = this.#rounds.timings().map((timing) => timing && perSample(timing, calls));
    if (ours === undefined || stock === undefined) return [];
    if (this.#copies.length > 0 && copy === undefined) return [];
    const copyGigabytesPerSecond = copy === undefined ? null : gigabytesPerSecond(copy, 8 * this.#facts.floats);
    return [ours, stock].map((timing) => ({
      ...timing,
      ...this.#facts,
      copyGigabytesPerSecond,
      relativeToStock: timing.bestMilliseconds / stock.bestMilliseconds,
      deviation: timing === ours ? this.#deviation : 0,
    }));
  }

  free(): void {
    for (const { inputs } of [...this.#parties, ...this.#copies]) dispose([...inputs]);
  }
}

/** Bytes moved per second, in billions. */
export function gigabytesPerSecond({ bestMilliseconds }: Pick<Timing, "bestMilliseconds">, bytes: number): number {
  return bytes / (1e6 * bestMilliseconds);
}

/** A copy of `floats` numbers on all of our threads: two halves one after the other. */
async function copyOf(floats: number): Promise<Party> {
  await setBackend(OURS);
  const half = tensor(new Float32Array(floats / 2));
  return { backendName: OURS, inputs: [half], compute: () => concat([half, half]) };
}

function nameOf({ backendName }: Party): string {
  return backendName === OURS ? OURS_NAME : STOCK_NAME;
}

function callsOf(floats: number): number {
  return Math.ceil(TIMED_AT_ONCE / floats);
}

function callRepeatedly({ compute }: Party, calls: number): void {
  for (let call = 0; call < calls; call++) tidy(() => force(compute()));
}

/** Computes a tensor's values, without copying them: asking for their address is free if they are there. */
function force({ dataId }: Tensor): void {
  (backend() as BackendWasm).getMemoryOffset(dataId);
}

async function answerOf({ backendName, compute }: Party): Promise<Float32Array> {
  await setBackend(backendName);
  const answer = tidy(compute);
  try {
    return Float32Array.from(await answer.data<"float32">());
  } finally {
    answer.dispose();
  }
}
