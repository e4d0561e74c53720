// A problem, for people.

import type { JSX } from "preact";

import type { Problem } from "../engine/problem.ts";

/** What went wrong, and what to do next. */
export function ProblemNotice({ problem }: { readonly problem: Problem }): JSX.Element {
  return (
    <div class="problem" role="alert">
      <p>{problem.message}.</p>
      <p>{problem.hint}</p>
    </div>
  );
}
