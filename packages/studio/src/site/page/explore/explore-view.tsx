// Explore.

import type { JSX } from "preact";

import type { ViewProps } from "../app.tsx";

/** The view. */
export function ExploreView({ model }: ViewProps): JSX.Element {
  return <p>{model.state}</p>;
}
