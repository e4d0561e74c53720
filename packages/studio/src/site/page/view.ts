// What the views share: the engine, the current model, and the example.

import type { ModelFacts } from "../engine/current-model.ts";
import type { ModelSource } from "../engine/model-sources.ts";
import type { Problem } from "../../problem.ts";
import type { EngineLink } from "./engine-link.ts";

/** A model, and what the page shows until there is one. */
export type ModelState =
  | { readonly state: "none" }
  | { readonly state: "loading"; readonly name: string }
  | { readonly state: "ready"; readonly facts: ModelFacts }
  | { readonly state: "failed"; readonly problem: Problem };

/** What every view gets. */
export interface ViewProps {
  /** The worker. */
  readonly engine: EngineLink;
  /** The current model. */
  readonly model: ModelState;
  /** Makes another one the current one. */
  readonly onUse: (source: ModelSource) => void;
  /** Whether the view is on screen: the others keep their state, and use neither camera nor processor. */
  readonly isShown: boolean;
}

/** The example: a model of drawn vehicles, and drawings that it has never seen. */
export const EXAMPLE = { name: "Example: drawn vehicles", folder: "example/model/" } as const;
