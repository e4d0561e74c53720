// Options that several commands share, and how their values are parsed.

import type { RecipeName, SplitFractions, WholeRange } from "@silhouette/trainer";
import { BACKEND_CHOICES, INPUT_KINDS, RECIPE_NAMES } from "@silhouette/trainer/light";
import { InvalidArgumentError, Option } from "commander";

/**
 * `option`, which the environment may also set: `--epochs` by `SILHOUETTE_EPOCHS`. An empty variable sets nothing, as where a
 * script passes on a value that it may lack.
 */
export function fromEnvironment(option: Option): Option {
  const name = `SILHOUETTE_${option.name().replaceAll("-", "_").toUpperCase()}`;
  if (process.env[name] === "") delete process.env[name];
  return option.env(name);
}

/** `--backend`, for all commands that run a network. */
export function backendOption(): Option {
  return fromEnvironment(
    new Option("--backend <NAME>", "backend that runs the network (default: auto)").choices(BACKEND_CHOICES),
  );
}

/** `--recipe`, for all commands whose pictures it determines. */
export function recipeOption(byDefault: RecipeName): Option {
  return new Option("--recipe <NAME>", `network, pictures and training (default: ${byDefault})`).choices(RECIPE_NAMES);
}

/** `--input`, for all commands that train or prepare. */
export function inputOption(): Option {
  return new Option(
    "--input <KIND>",
    "what the network sees: black and white (otsu), three levels, gray, or colors (rgb) (default: the recipe's)",
  ).choices(INPUT_KINDS);
}

/** `--leave-out`, for all commands that read pictures with labels. */
export function leaveOutOption(): Option {
  return new Option(
    "--leave-out <LIST.csv>",
    "files to leave out: the column path of a list that silhouette inspect --fix has written, or of your own",
  );
}

/** `300` or `320x240`, in pixels. */
export function parseSize(text: string): { readonly width: number; readonly height: number } {
  const match = /^(\d+)(?:x(\d+))?$/i.exec(text);
  if (match === null)
    throw new InvalidArgumentError("Expected a number of pixels, or width x height, like 300 or 320x240.");
  const width = Number(match[1]);
  return { width, height: Number(match[2] ?? width) };
}

/** One name: in double quotes, with its own doubled (RFC 4180), or unquoted and trimmed. */
const LABEL = /\s*(?:"((?:[^"]|"")*)"|((?!")[^,]*?))\s*,/y;

/** At least two names separated by commas. Names with commas, or with spaces at either end, are in double quotes. */
export function parseLabels(text: string): readonly string[] {
  const labels: string[] = [];
  // With a comma after each name, a missing last name is an empty one.
  const list = `${text},`;
  for (LABEL.lastIndex = 0; LABEL.lastIndex < list.length;) {
    const match = LABEL.exec(list);
    if (match === null) {
      throw new InvalidArgumentError(
        `Expected the closing quote right before a comma. Write a name that contains a comma as in 'car,"bus, red"'.`,
      );
    }
    labels.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
  }
  if (labels.length < 2 || labels.includes("")) {
    throw new InvalidArgumentError(
      "Expected at least two class names separated by commas, like car,bus. Write a name that contains a comma as in " +
        `'car,"bus, red"'.`,
    );
  }
  return labels;
}

/** Three shares separated by commas. */
export function parseSplit(text: string): SplitFractions {
  const fractions = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const [train = Number.NaN, val = Number.NaN, test = Number.NaN] = fractions;
  if (fractions.length !== 3 || fractions.some(Number.isNaN)) {
    throw new InvalidArgumentError("Expected three numbers separated by commas, like 0.8,0.1,0.1.");
  }
  return [train, val, test];
}

/**
 * A parser of whole numbers. Those out of `range` are refused where they are used, also in a configuration.
 */
export function parseWhole({ min, max }: WholeRange): (text: string) => number {
  return (text) => {
    if (/^\d+$/.test(text)) return Number(text);
    const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`Expected a whole number ${range}.`);
  };
}
