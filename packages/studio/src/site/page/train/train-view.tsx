// Train.

import type { JSX } from "preact";

import type { ViewProps } from "../app.tsx";

/** The view. */
export function TrainView({ model }: ViewProps): JSX.Element {
  return <p>{model.state}</p>;
}
