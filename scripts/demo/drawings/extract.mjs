// Takes the drawings of list.json out of the icon sets that are published on npm, into drawings.json, and writes what
// their licences ask for, LICENCES.md. Run once, by hand, when the list has changed:
//
//   node scripts/demo/drawings/extract.mjs

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { run } from "../../setup/run.mjs";

/** Licences that let the drawings be kept here. */
const LICENCES = ["MIT", "Apache-2.0", "ISC", "CC0-1.0"];

const LABELS = ["car", "bus", "motorcycle"];

const here = import.meta.dirname;
const list = JSON.parse(readFileSync(join(here, "list.json"), "utf8"));
/** @type {[string, Record<string, any>][]} */
const sets = Object.entries(list.sets);
const folder = mkdtempSync(join(tmpdir(), "silhouette-drawings-"));
try {
  const packages = sets.map(([set, { version }]) => `@iconify-json/${set}@${version}`);
  writeFileSync(join(folder, "package.json"), "{}");
  await run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...packages], { cwd: folder });

  /** @type {import("../draw-pictures.mjs").Drawing[]} */
  const drawings = [];
  const notices = [];
  for (const [set, chosen] of sets) {
    const read = (/** @type {string} */ file) =>
      JSON.parse(readFileSync(join(folder, "node_modules", "@iconify-json", set, file), "utf8"));
    const [icons, info] = [read("icons.json"), read("info.json")];
    if (!LICENCES.includes(info.license.spdx)) {
      throw new Error(`Expected a licence of ${LICENCES.join(", ")} for ${set}, but it has ${info.license.spdx}`);
    }
    const split = list.test.includes(chosen.family) ? "test" : list.val.includes(chosen.family) ? "val" : "train";
    for (const label of LABELS) {
      for (const names of chosen[label] ?? []) {
        const styles = names.split(" ").map((/** @type {string} */ name) => styleOf(icons, set, name));
        drawings.push({ label, split, set, name: names.split(" ")[0], styles });
      }
    }
    notices.push(
      `| ${set} ${chosen.version} | ${info.name} | ${info.author.name}, ${info.author.url} | ` +
        `[${info.license.spdx}](${info.license.url ?? info.author.url}) |`,
    );
  }

  const lines = drawings.map((drawing) => JSON.stringify(drawing));
  writeFileSync(join(here, "drawings.json"), `[\n${lines.join(",\n")}\n]\n`);
  writeFileSync(join(here, "LICENCES.md"), licences(notices));
  for (const split of ["train", "val", "test"]) {
    const counts = LABELS.map((label) => {
      return `${label} ${drawings.filter((drawing) => drawing.label === label && drawing.split === split).length}`;
    });
    console.log(`${split}: ${counts.join(", ")}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * @param {any} icons a set in Iconify's JSON format: sizes stand at the icon, or at the set, or are 16
 * @param {string} set
 * @param {string} name
 */
function styleOf(icons, set, name) {
  const icon = icons.icons[name];
  if (icon === undefined) throw new Error(`Expected ${set} to have an icon ${name}, but it has none`);
  const { left = 0, top = 0, width = 16, height = 16 } = { ...icons, ...icon };
  return { viewBox: `${left} ${top} ${width} ${height}`, body: icon.body };
}

/** @param {readonly string[]} notices rows of the table */
function licences(notices) {
  return `# Origins and licences of the drawings

\`drawings.json\` has drawings from these icon sets, as npm's \`@iconify-json/<set>\` publishes them, unchanged. Made by
\`extract.mjs\`.

| set and version | name | authors | licence |
| --- | --- | --- | --- |
${notices.join("\n")}

The text of the Apache License 2.0 is the [LICENSE](../../../LICENSE) of this project. CC0 1.0 waives all rights:
<https://creativecommons.org/publicdomain/zero/1.0/>.

## MIT License

Copyright (c) the authors named above, each for their own set

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

## ISC License

Copyright (c) the authors named above, each for their own set

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED
WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR
CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF
CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
`;
}
