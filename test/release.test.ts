// What a release needs, as far as it does not take minutes: `npm run release` does the rest.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { PUBLISHED } from "../scripts/licences.mjs";
import { USES } from "../scripts/release/uses.mjs";
import { VERSIONED } from "../scripts/release/versions.mjs";
import { outputOf, REPOSITORY } from "./programs.ts";

const manifests = PUBLISHED.map(
  (folder) =>
    JSON.parse(readFileSync(join(REPOSITORY, "packages", folder, "package.json"), "utf8")) as {
      readonly name: string;
      readonly version: string;
      readonly publishConfig?: unknown;
      readonly dependencies?: Readonly<Record<string, string>>;
    },
);

it("has one version in all packages, in what they need of each other, and in all other files", () => {
  const [version] = manifests.map((each) => each.version);
  const needed = manifests.flatMap(({ dependencies = {} }) =>
    Object.entries(dependencies).flatMap(([name, range]) => (name.startsWith("@silhouette/") ? range : [])),
  );
  const written = VERSIONED.map(
    ({ path, pattern }) => readFileSync(join(REPOSITORY, path), "utf8").match(pattern)?.[0],
  );
  expect(new Set([...manifests.map((each) => each.version), ...needed, ...written])).toEqual(new Set([version]));
});

it("publishes all packages with provenance, and uses each before", () => {
  for (const { publishConfig } of manifests) expect(publishConfig).toEqual({ access: "public", provenance: true });
  expect(Object.keys(USES).toSorted()).toEqual(PUBLISHED.toSorted());
});

it("lists the licences of all that the packages run on", async () => {
  expect(await outputOf(process.execPath, [join(REPOSITORY, "scripts", "licences.mjs"), "--check"])).toBe("");
});
