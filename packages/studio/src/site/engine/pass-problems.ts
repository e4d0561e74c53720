// Errors on their way from the worker to the page: comlink would keep only their message.

import { transferHandlers } from "comlink";

import { problemOf, type Problem } from "../../problem.ts";

/** Makes comlink throw problems, on both of its sides. */
export function passProblems(): void {
  const thrown = transferHandlers.get("throw");
  if (thrown === undefined) throw new Error("Expected comlink to have a handler of errors, but it has none");
  transferHandlers.set("throw", {
    canHandle: (value): value is unknown => thrown.canHandle(value),
    serialize: ({ value }: { readonly value: unknown }) => {
      const { code, message, hint } = problemOf(value);
      return [{ code, message, hint }, []];
    },
    deserialize: ({ code, message, hint }: Problem) => {
      throw Object.assign(new Error(message), { code, hint });
    },
  });
}
