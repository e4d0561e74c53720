// The backend as text.

import { printable } from "@silhouette/report/printable";
import type { BackendFacts } from "@silhouette/trainer";

/** What computes, and why. */
export function backendLine({ name, kernelSet, reason }: BackendFacts): string {
  return printable(`Runs on ${name} (${kernelSet}): ${reason}`);
}
