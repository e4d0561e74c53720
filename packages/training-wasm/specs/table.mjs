// Prints README's table of specs, from two files that run.mjs wrote: the groups in which stock and ours differ.
//
//     node specs/table.mjs STOCK.json OURS.json

import { readFileSync } from "node:fs";

/** The row of all specs: "all" is a group of its own. */
const EVERY = "every spec";

const [stock = "", ours = ""] = process.argv.slice(2);

/**
 * Passed and run, by group.
 *
 * @param {string} file
 * @returns {Map<string, { passed: number, all: number }>}
 */
function counts(file) {
  const groups = new Map();
  for (const { name, status } of JSON.parse(readFileSync(file, "utf8"))) {
    if (status === "pending") continue;
    for (const group of [EVERY, name.split(" wasm {}")[0]]) {
      const { passed, all } = groups.get(group) ?? { passed: 0, all: 0 };
      groups.set(group, { passed: passed + (status === "passed" ? 1 : 0), all: all + 1 });
    }
  }
  return groups;
}

const [before, after] = [counts(stock), counts(ours)];
const rows = [...after].filter(([group, { passed }]) => before.get(group)?.passed !== passed);
const cells = rows.map(([group, { passed, all }]) => [
  group,
  String(before.get(group)?.passed),
  String(passed),
  String(all),
]);
const titles = ["group of specs", "stock", "ours", "of"];
const width = (/** @type {number} */ column) => Math.max(...[titles, ...cells].map((row) => row[column]?.length ?? 0));
const line = (/** @type {readonly string[]} */ row) =>
  `| ${row.map((text, column) => (column === 0 ? text.padEnd(width(0)) : text.padStart(width(column)))).join(" | ")} |`;
const rule = titles.map((_, column) => (column === 0 ? "-".repeat(width(0)) : `${"-".repeat(width(column) - 1)}:`));
console.log([titles, rule, ...cells].map(line).join("\n"));
