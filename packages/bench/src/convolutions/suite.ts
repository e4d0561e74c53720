// The suite "convolutions": each convolution layer of the reference network with its pooling, and its gradients, on one
// thread, by the kernels that the backend chooses and by others: direct ones, or separate operations for the first layer, whose
// binary pictures have kernels of their own. The answers of an operation are checked before it is timed. In: how long to time.
// Out: a result after each layer.

import { setImmediate } from "node:timers/promises";

import { init, Preprocessor } from "@silhouette/preprocess-wasm";
import { Generator, referenceNetwork } from "@silhouette/trainer";
import { enableTraining } from "@silhouette/training-wasm";
import { tidy, util } from "@tensorflow/tfjs-core";

import {
  backendKernels,
  directKernels,
  pooledShape,
  separateOperations,
  type Computations,
  type Computed,
  type ConvolutionOperation,
  type Layer,
  type Operands,
} from "./kernels.ts";
import { chosenPeers } from "../measure/chosen-peers.ts";
import { answersDiffer } from "../measure/errors.ts";
import { describeMachine } from "../measure/machine.ts";
import { relativeDistance } from "../measure/relative-distance.ts";
import { FORMAT_VERSION, stoppedBy } from "../measure/result.ts";
import { QUICK_SETTINGS, type SuiteOptions, type Thoroughness } from "../measure/suite.ts";
import { perSample, Rounds, timeTurn, type RoundSettings, type Timing } from "../measure/rounds.ts";
import { TurnCounter, turnSeconds } from "../measure/turns.ts";
import { TILE_FLOPS } from "../measure/tile-peak.ts";
import { photoLikePicture } from "../measure/photo-like-picture.ts";
import { SHAPE } from "../measure/reference-shape.ts";
import type { ConvolutionsResult, ConvolutionTiming } from "./result.ts";

const OPERATIONS: readonly ConvolutionOperation[] = ["forward with pooling", "filter gradient", "input gradient"];

const [OURS, DIRECT, SEPARATE] = ["silhouette", "direct kernels", "separate operations"] as const;

/** Families of kernels, ours first. */
const FAMILIES = [OURS, DIRECT, SEPARATE].map((name) => ({ name }));

/** Takes turns with the families, for what the processor can do. */
const REGISTER_TILE = "register tile";

/** A typical call, in milliseconds: for estimates. */
const CALL_MILLISECONDS = 100;

/** Pictures per call. */
const BATCH = 8;

/** How long each operation is timed. */
export const CONVOLUTION_SETTINGS: Readonly<Record<Thoroughness, RoundSettings>> = {
  full: { rounds: 5, measureMilliseconds: 400, warmupMilliseconds: 200, leastWarmups: 1, leastSamples: 2 },
  quick: QUICK_SETTINGS,
};

/** What rounding in float32 explains, of other sums of some hundred products. */
const MOST_DEVIATION = 1e-4;

/** Seed of all numbers. */
const SEED = 20_261_125;

/**
 * Checks and measures operation by operation: a result after each layer. If the run is stopped or an answer is wrong after
 * the first turn, a last, partial result has the turns so far; then the error is thrown.
 *
 * @throws {BenchError} `ANSWERS_DIFFER` before an operation is timed; and the signal's reason
 */
export async function* runConvolutionSuite(options: SuiteOptions): AsyncGenerator<ConvolutionsResult> {
  const { thoroughness, command, signal } = options;
  const settings = CONVOLUTION_SETTINGS[thoroughness];
  const chosen = chosenPeers(FAMILIES, options.peers).map(({ name }): string => name);
  // Before the first turn: files may be worked on meanwhile.
  const machine = describeMachine();
  const generator = Generator.ofSeed(SEED);
  await Promise.all([enableTraining({ threads: 1 }), init()]);
  const layers = layersOf(generator);
  const timings: ConvolutionTiming[] = [];
  let layersDone = 0;
  let current: OperationMeasurement | undefined;
  const resultOf = (stopped: string | null): ConvolutionsResult => ({
    formatVersion: FORMAT_VERSION,
    suite: "convolutions",
    thoroughness,
    command,
    limitedTo: options.peers,
    machine,
    complete: stopped === null && layersDone === layers.length,
    stopped,
    settings,
    timings: [...timings],
  });
  try {
    const turns = new TurnCounter(options);
    turns.expect(
      layers.map((layer) => {
        const other = isFirst(layer) ? SEPARATE : DIRECT;
        // No step computes the gradient of pictures.
        const operations = OPERATIONS.length - Number(isFirst(layer));
        const families = [REGISTER_TILE, OURS, other].filter((name) => name === REGISTER_TILE || chosen.includes(name));
        return {
          turns: settings.rounds * operations * families.length,
          seconds: turnSeconds(settings, CALL_MILLISECONDS),
        };
      }),
    );
    turns.announce(chosen.map((name) => ({ name })));
    for (const [index, layer] of layers.entries()) {
      const operands = operandsOf(layer, generator);
      const { tile, places, computations: direct } = await directKernels(layer, operands);
      const silhouette = backendKernels(layer, operands, places);
      const [other, expected]: readonly [string, Partial<Computations>] = isFirst(layer)
        ? [SEPARATE, separateOperations(layer, operands, places)]
        : [DIRECT, direct];
      for (const operation of OPERATIONS) {
        const expectedOf = expected[operation];
        if (expectedOf === undefined) continue;
        const ours = silhouette[operation];
        const distance = checkedDistance(operation, ours, other, expectedOf);
        const families = { [OURS]: ours, ...(chosen.includes(other) && { [other]: expectedOf }) };
        current = new OperationMeasurement(families, { ...factsOf(layer, index), operation }, [distance, 0], {
          tile,
          settings,
          turns,
          signal,
        });
        await current.run();
        timings.push(...current.timings());
        current = undefined;
      }
      layersDone++;
      yield resultOf(null);
    }
  } catch (error) {
    timings.push(...(current?.timings() ?? []));
    if (timings.length > 0) yield resultOf(stoppedBy(error));
    throw error;
  }
}

/** Ways to compute an operation, by name. */
type Families = Readonly<Record<string, () => Computed>>;

/** An operation of a layer by each family and the register tile, in turns. */
class OperationMeasurement {
  readonly #facts: Omit<ConvolutionTiming, keyof Timing | "tileGigaflops" | "deviation">;
  readonly #deviations: readonly number[];
  readonly #rounds: Rounds;

  constructor(
    families: Families,
    facts: Omit<ConvolutionTiming, keyof Timing | "tileGigaflops" | "deviation">,
    deviations: readonly number[],
    {
      tile,
      settings,
      turns,
      signal,
    }: {
      readonly tile: () => void;
      readonly settings: RoundSettings;
      readonly turns: TurnCounter;
      readonly signal: AbortSignal | undefined;
    },
  ) {
    this.#facts = facts;
    this.#deviations = deviations;
    const runs = Object.entries(families).map(([name, compute]) => [name, () => tidy(() => void compute())] as const);
    const contenders = [[REGISTER_TILE, tile] as const, ...runs].map(([name, run]) => ({
      name,
      takeTurn: async () => {
        // Lets signals through.
        await setImmediate();
        signal?.throwIfAborted();
        turns.next(name);
        return timeTurn(run, false, settings);
      },
    }));
    this.#rounds = new Rounds(contenders, settings);
  }

  /** Takes all turns. @throws what a turn throws */
  async run(): Promise<void> {
    await this.#rounds.run();
  }

  /** What was measured so far. */
  timings(): readonly ConvolutionTiming[] {
    const [tile, ...all] = this.#rounds.timings();
    if (tile === undefined) return [];
    const tileGigaflops = TILE_FLOPS / (1e6 * tile.bestMilliseconds);
    return all.flatMap((timing, index): readonly ConvolutionTiming[] => {
      const deviation = this.#deviations[index];
      if (timing === undefined || deviation === undefined) return [];
      return [{ ...perSample(timing, BATCH), ...this.#facts, tileGigaflops, deviation }];
    });
  }
}

/** The convolution layers of the reference network. */
function layersOf(generator: Generator): readonly Layer[] {
  const network = referenceNetwork(SHAPE, generator);
  const layers = network.layers.filter((layer) => layer.getClassName() === "Conv2D");
  network.dispose();
  return layers.map(({ input, output }): Layer => {
    const [inputShape, outputShape] = [input, output].map((each) => [each].flat()[0]?.shape.with(0, BATCH));
    return { input: inputShape as unknown as Layer["input"], output: outputShape as unknown as Layer["output"] };
  });
}

/** Pictures of one channel have kernels of their own. */
function isFirst({ input }: Layer): boolean {
  return input[3] === 1;
}

function operandsOf(layer: Layer, generator: Generator): Operands {
  const { input, output } = layer;
  const draw = (shape: readonly number[]): Float32Array =>
    Float32Array.from({ length: util.sizeFromShape([...shape]) }, () => 2 * generator.uniform() - 1);
  return {
    x: isFirst(layer) ? binaryPictures(layer) : draw(input),
    filter: draw([3, 3, input[3], output[3]]),
    bias: draw([output[3]]),
    dy: draw(pooledShape(layer)),
  };
}

/** Silhouettes of drawn pictures, 0 and 1, as a network is trained on. */
function binaryPictures({ input: [batch, height, width] }: Layer): Float32Array {
  const preprocessor = new Preprocessor({ width, height });
  const mask = new Uint8Array(width * height);
  const pictures = new Float32Array(batch * mask.length);
  for (let index = 0; index < batch; index++) {
    preprocessor.binarize(photoLikePicture(400, 300, 1, SEED + index), mask, { format: "0/1" });
    pictures.set(mask, index * mask.length);
  }
  return pictures;
}

function factsOf({ input, output }: Layer, index: number): Pick<ConvolutionTiming, "layer" | "flopsPerPicture"> {
  const [, height, width, channels] = output;
  return {
    layer: `${index + 1}: ${input.slice(1).join(" x ")} to ${channels}`,
    flopsPerPicture: 2 * height * width * channels * 3 * 3 * input[3],
  };
}

/** @throws {BenchError} `ANSWERS_DIFFER` */
function checkedDistance(operation: string, compute: () => Computed, other: string, expected: () => Computed): number {
  const distance = tidy(() => relativeDistance(compute().read(), expected().read()));
  if (distance <= MOST_DEVIATION) return distance;
  throw answersDiffer(
    `Expected the ${operation} of silhouette to equal that of the ${other}, but received a relative distance of ${distance.toExponential(1)}. ` +
      "It was not timed.",
  );
}
