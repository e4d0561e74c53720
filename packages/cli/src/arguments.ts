// What options' texts mean, where several commands have them.

import { BACKEND_CHOICES } from "@silhouette/trainer/light";
import { InvalidArgumentError, Option } from "commander";

/** `--backend`, of all commands that compute with a network. */
export function backendOption(): Option {
  return new Option("--backend <NAME>", "what computes (default: auto)").choices(BACKEND_CHOICES);
}

/** `300` or `320x240`, in pixels. */
export function parseSize(text: string): { readonly width: number; readonly height: number } {
  const match = /^(\d+)(?:x(\d+))?$/i.exec(text);
  if (match === null)
    throw new InvalidArgumentError("Expected a number of pixels, or width x height, like 300 or 320x240.");
  const width = Number(match[1]);
  return { width, height: Number(match[2] ?? width) };
}

/** At least two names with commas between. */
export function parseLabels(text: string): readonly string[] {
  const labels = text.split(",").map((label) => label.trim());
  if (labels.length < 2 || labels.includes("")) {
    throw new InvalidArgumentError("Expected at least two class names with commas between, like car,bus.");
  }
  return labels;
}

/** A whole number of 0 or more. */
export function parseWhole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("Expected a whole number of 0 or more.");
  return Number(text);
}
