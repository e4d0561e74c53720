// A report as a whole page: header, one of the views, footer.

import { printable } from "../printable.ts";
import type { ReportData } from "../report-data.ts";
import { ComparisonView } from "./comparison-view.tsx";
import { InspectionView } from "./inspection-view.tsx";
import { letterOf } from "./numbers.ts";
import { RunView } from "./run-view.tsx";
import { Name, Sentence } from "./text.tsx";

/** What kinds of report are called. */
const KINDS = { run: "Run report", comparison: "Comparison of runs", inspection: "Inspection of a dataset" } as const;

/** Everything that a page shows, within an element of the class `report`. */
export function ReportView({ data }: { readonly data: ReportData }) {
  return (
    <>
      <header class="masthead">
        <p>
          <span>Silhouette</span> {KINDS[data.kind]}
        </p>
        <Title data={data} />
      </header>
      <main>
        <Content data={data} />
      </main>
      <footer>
        <p>
          Made by Silhouette <Name text={data.version} /> on <Created created={data.created} />
        </p>
      </footer>
    </>
  );
}

function Title({ data }: { readonly data: ReportData }) {
  if (data.kind === "comparison") {
    return (
      <h1 class="runs">
        {data.runs.map(({ name }, index) => (
          <span key={letterOf(index)}>
            <span class="letter">{letterOf(index)}</span>
            <span title={printable(name)}>
              <Sentence text={name} />
            </span>
          </span>
        ))}
      </h1>
    );
  }
  const title = data.kind === "run" ? data.name : data.source;
  return (
    <h1 title={printable(title)}>
      <Sentence text={title} />
    </h1>
  );
}

function Content({ data }: { readonly data: ReportData }) {
  if (data.kind === "run") return <RunView run={data} />;
  if (data.kind === "comparison") return <ComparisonView comparison={data} />;
  return <InspectionView inspection={data} />;
}

/** When the report was made, in UTC. */
function Created({ created }: { readonly created: string }) {
  const date = new Date(created);
  if (Number.isNaN(date.valueOf())) return <Name text={created} />;
  const shown = date.toLocaleString("en", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });
  return <time dateTime={created}>{shown} UTC</time>;
}
