// Where models come from: the example, the run that the studio was started with, files.

import { decodeModel, type LoadedModel } from "@silhouette/trainer/browser";

import type { ModelSource } from "./current-model.ts";
import { StudioError } from "./problem.ts";
import type { Runs } from "./runs.ts";
import { readerOf } from "./training.ts";

/** Name of a model's description. */
const MODEL_JSON = "model.json";

/** The model of a source. The caller disposes of its network. */
export async function modelFrom(
  source: ModelSource,
  runs: () => Promise<Runs>,
): Promise<LoadedModel & { readonly name: string }> {
  if (source.kind === "stored") {
    const run = await (await runs()).named(source.run);
    return { ...(await readerOf(run).model()), name: source.run };
  }
  const folder = new URL(source.folder, source.base);
  const json = await (await fetched(new URL(MODEL_JSON, folder))).text();
  const model = await decodeModel(
    json,
    async (name) => new Uint8Array(await (await fetched(new URL(name, folder))).arrayBuffer()),
    source.name,
  );
  return { ...model, name: source.name };
}

async function fetched(url: URL): Promise<Response> {
  const response = await fetch(url);
  if (response.ok) return response;
  throw new StudioError(
    "MODEL_NOT_FOUND",
    `Expected a file at ${url.pathname}, but the server answered ${response.status}`,
    "Reload the page. If it stays so, the site is not complete: build it again.",
  );
}
