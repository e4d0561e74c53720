// Classifies photographs with the current model.

import type { JSX } from "preact";

import { EXAMPLE, type ViewProps } from "../app.tsx";
import { ProblemNotice } from "../problem-notice.tsx";

/** The view. */
export function ClassifyView({ model, onUse }: ViewProps): JSX.Element {
  if (model.state === "failed") return <ProblemNotice problem={model.problem} />;
  if (model.state === "ready") return <p>{model.facts.labels.join(", ")}</p>;
  return (
    <button type="button" onClick={() => onUse({ ...EXAMPLE, base: document.baseURI })}>
      Try the example
    </button>
  );
}
