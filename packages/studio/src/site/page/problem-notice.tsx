// A problem, for people.

import { Sentence } from "@silhouette/report/parts";
import type { JSX } from "preact";

import type { Problem } from "../../problem.ts";

/** What went wrong, and what to do next. */
export function ProblemNotice({ problem }: { readonly problem: Problem }): JSX.Element {
  return (
    <div class="problem" role="alert">
      <p>
        <Sentence text={`${problem.message}.`} />
      </p>
      {problem.hint !== "" && (
        <p>
          <Sentence text={problem.hint} />
        </p>
      )}
    </div>
  );
}
