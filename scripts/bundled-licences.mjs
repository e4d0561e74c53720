// The licences of what a bundle contains, as they require: with their texts, beside the bundle.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @param {Iterable<string>} modules paths of the files in a bundle, with `/`; those that are in no package of npm are left out
 * @returns {string} a page of all licences
 */
export function bundledLicences(modules) {
  const folders = new Set([...modules].flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path) ?? []));
  /** Names of packages by the text of their licence. @type {Map<string, string[]>} */
  const byText = new Map();
  for (const folder of [...folders].toSorted()) {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    // Those of this project are linked, and are under its own.
    if (name.startsWith("@silhouette/")) continue;
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    const text =
      file === undefined ? license : readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim();
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const sections = [...byText].map(([text, names]) => `## ${names.join(", ")}\n\n${text}\n`);
  return `# Licences of what is bundled here\n\n${sections.join("\n")}`;
}

/**
 * The modules of a bundle of esbuild.
 *
 * @param {{ readonly inputs: Readonly<Record<string, unknown>> }} metafile what esbuild says of it
 * @param {string} folder that esbuild worked in
 */
export function modulesOf({ inputs }, folder) {
  const paths = Object.keys(inputs).filter((path) => !path.startsWith("(disabled):"));
  return paths.map((path) => join(folder, path).replaceAll("\\", "/"));
}
