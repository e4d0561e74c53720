// A network that another program trained, for pictures as this one makes them: its input is rescaled, its shapes and its end are checked.

import { layers, sequential, type LayersModel } from "@tensorflow/tfjs-layers";

import { PIXEL_RANGES, type InputKind, type PixelRange } from "../../dataset/input-kinds.ts";
import { seenShape, storedSize } from "../../dataset/network-input.ts";
import { formatFor, preprocessingOf } from "../../dataset/preprocessing.ts";
import { stagesOf } from "../../network/stages.ts";
import { TrainerError } from "../../values/errors.ts";
import { VERSION } from "../../values/version.ts";
import type { ModelDescription } from "../description.ts";
import { Inexpressible } from "../keras/settings.ts";

/** Longest side of a picture in pixels. */
const MAX_SIDE = 4096;

/** What a file does not say of its model. */
export interface ForeignModel {
  /** Class names, in the order of the network's output. */
  readonly labels: readonly string[];
  /** What it sees of pictures. */
  readonly input: InputKind;
  /** The numbers that it expects from black to white. */
  readonly range: PixelRange;
  /** Name of its file. */
  readonly file: string;
  /** The library that saved it. */
  readonly library: string;
}

/**
 * The network, and its description, with an input of -1 to 1. Owns `network` from here on, and disposes of it if it throws.
 *
 * @throws {TrainerError} `INVALID_ARGUMENT` for labels or an input that it does not fit
 * @throws {Inexpressible} for a network that does not classify single pictures of a fixed size
 */
export function fitted(
  network: LayersModel,
  { labels, input, range, file, library }: ForeignModel,
): { readonly network: LayersModel; readonly description: ModelDescription } {
  let result = network;
  try {
    const size = sizeOf(network);
    const pixelFormat = formatFor(input, "gray8");
    const stored = storedSize(size, pixelFormat);
    checkChannels(size.channels, seenShape(stored, input).channels, input);
    checkLabels(network, labels);
    result = rescaled(network, range);
    checkEnd(result);
    const trainedOn = { source: file, pictures: 0 };
    const provenance = { epoch: 0, seed: 0, kernelSet: "unknown", backend: library, version: VERSION, trainedOn };
    const preprocessing = preprocessingOf(pixelFormat);
    const description = { ...stored, labels, input, views: 1, calibration: null, preprocessing, provenance } as const;
    return { network: result, description };
  } catch (error) {
    result.dispose();
    throw error;
  }
}

interface Size {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

function sizeOf({ inputs }: LayersModel): Size {
  const shapes = JSON.stringify(inputs.map(({ shape }) => shape));
  const [batch, height, width, channels, ...others] = inputs[0]?.shape ?? [];
  const isSide = (side: number | null | undefined): side is number =>
    Number.isInteger(side) && Number(side) >= 1 && Number(side) <= MAX_SIDE;
  if (
    inputs.length !== 1 ||
    batch !== null ||
    others.length > 0 ||
    !isSide(height) ||
    !isSide(width) ||
    !isSide(channels)
  ) {
    throw new Inexpressible(`its input has the shape ${shapes} instead of one like [[null, height, width, channels]]`);
  }
  return { width, height, channels };
}

function checkChannels(channels: number, expected: number, input: InputKind): void {
  if (channels === expected) return;
  throw new TrainerError(
    "INVALID_ARGUMENT",
    `Expected a network with ${expected} ${expected === 1 ? "channel" : "channels"} for the input ${input}, but this one has ${channels}`,
    "Name another input: otsu and gray have 1 channel, levels has 2, and rgb has 3.",
  );
}

function checkLabels({ outputs }: LayersModel, labels: readonly string[]): void {
  const [batch, classes, ...others] = outputs[0]?.shape ?? [];
  if (outputs.length !== 1 || batch !== null || others.length > 0 || typeof classes !== "number") {
    const shapes = JSON.stringify(outputs.map(({ shape }) => shape));
    throw new Inexpressible(`its output has the shape ${shapes} instead of one like [[null, classes]]`);
  }
  if (classes < 2) throw new Inexpressible(`it has ${classes} output instead of one per class`);
  if (labels.length === classes && new Set(labels).size === classes) return;
  throw new TrainerError(
    "INVALID_ARGUMENT",
    `Expected ${classes} different labels, one for each output of the network, but received ${labels.join(",")}`,
    "Name the classes in the order of the network's outputs.",
  );
}

/** The network after a layer that turns -1 to 1 into `range`. */
function rescaled(network: LayersModel, range: PixelRange): LayersModel {
  const { black, white } = PIXEL_RANGES[range];
  if (black === -1 && white === 1) return network;
  const inputShape = (network.inputs[0]?.shape ?? []).slice(1);
  const chain = sequential({ name: `${network.name}_of_pictures` });
  chain.add(layers.rescaling({ inputShape, scale: (white - black) / 2, offset: (white + black) / 2 }));
  chain.add(network);
  return chain;
}

function checkEnd(network: LayersModel): void {
  try {
    stagesOf(network);
  } catch (cause) {
    if (!(cause instanceof TrainerError)) throw cause;
    throw new Inexpressible(`it does not end with softmax (${cause.message})`, { cause });
  }
}
