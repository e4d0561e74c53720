import { describe, expect, it } from "vitest";

import {
  abortSignal,
  callback,
  checkArgument,
  classNames,
  filePath,
  oneOf,
  optional,
  optionsOf,
  pictureSize,
  seedNumber,
  flag,
  wholeNumber,
} from "./arguments.ts";
import { TrainerError } from "./errors.ts";

interface Options {
  readonly source: string;
  readonly epochs?: number;
  readonly size?: { readonly width: number; readonly height: number };
  readonly labels?: readonly string[];
  readonly backend?: string;
  readonly seed?: number;
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
  readonly onEvent?: () => void;
}

const schema = optionsOf<Options>({
  source: filePath,
  epochs: optional(wholeNumber(1, 100)),
  size: optional(pictureSize),
  labels: optional(classNames),
  backend: optional(oneOf(["auto", "wasm"])),
  seed: optional(seedNumber),
  resume: optional(flag),
  signal: optional(abortSignal),
  onEvent: optional(callback),
});

function rejection(value: unknown): TrainerError {
  try {
    checkArgument("train()", "options", schema, value);
  } catch (error) {
    if (error instanceof TrainerError) return error;
    throw error;
  }
  throw new Error("Expected checkArgument to throw");
}

describe("arguments of a call", () => {
  it("are accepted when in range, left out or undefined", () => {
    for (const options of [
      { source: "photos" },
      { source: "photos", epochs: undefined, signal: undefined },
      {
        source: "photos",
        epochs: 100,
        size: { width: 1, height: 4096 },
        labels: ["car", "bus"],
        backend: "auto",
        seed: 0,
        resume: false,
        signal: new AbortController().signal,
        onEvent: () => undefined,
      },
    ]) {
      expect(() => checkArgument("train()", "options", schema, options)).not.toThrow();
    }
  });

  it.each<[unknown, string]>([
    [undefined, "Expected an object of options for options, but received undefined"],
    ["photos", 'Expected an object of options for options, but received "photos"'],
    [{}, "Expected a path for source, but received undefined"],
    [{ source: "" }, 'Expected a path for source, but received ""'],
    [{ source: "a\0b" }, 'Expected a path for source, but received "a\\u0000b"'],
    [{ source: ["photos"] }, "Expected a path for source, but received a list of 1"],
    [{ source: "p", epochs: 0 }, "Expected a whole number from 1 to 100 for epochs, but received 0"],
    [{ source: "p", epochs: 1.5 }, "Expected a whole number from 1 to 100 for epochs, but received 1.5"],
    [{ source: "p", epochs: NaN }, "Expected a whole number from 1 to 100 for epochs, but received NaN"],
    [{ source: "p", epochs: "5" }, 'Expected a whole number from 1 to 100 for epochs, but received "5"'],
    [{ source: "p", size: 300 }, "Expected a size { width, height } in pixels for size, but received 300"],
    [
      { source: "p", size: { width: 300, height: 0 } },
      "Expected a whole number from 1 to 4096 for size.height, but received 0",
    ],
    [{ source: "p", labels: "car,bus" }, 'Expected a list of class names for labels, but received "car,bus"'],
    [{ source: "p", labels: ["car", 7] }, "Expected a class name for labels.1, but received 7"],
    [{ source: "p", backend: "gpu" }, 'Expected one of auto, wasm for backend, but received "gpu"'],
    [{ source: "p", seed: -1 }, "Expected a whole number from 0 to 9007199254740991 for seed, but received -1"],
    [{ source: "p", resume: "yes" }, 'Expected true or false for resume, but received "yes"'],
    [{ source: "p", signal: {} }, "Expected an AbortSignal for signal, but received an object"],
    [{ source: "p", onEvent: "log" }, 'Expected a function for onEvent, but received "log"'],
  ])("are rejected by name: %j", (options, message) => {
    expect(rejection(options)).toMatchObject({ code: "INVALID_ARGUMENT", message });
  });

  it("with an unknown name are rejected, with the nearest name as a suggestion", () => {
    expect(rejection({ source: "p", epoch: 3 })).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "Expected only options of train(), but received epoch",
      hint: "Did you mean epochs? Its options are source, epochs, size, labels, backend, seed, resume, signal, onEvent.",
    });
    expect(rejection({ source: "p", learningRate: 3 }).hint).toMatch(/^Its options are source/);
    expect(rejection({ source: "p", size: { width: 3, height: 3, depth: 1 } })).toMatchObject({
      message: "Expected only options of train(), but received size.depth",
      hint: "Remove it.",
    });
  });
});
