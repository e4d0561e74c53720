// The version recorded in runs is the package's.

import { expect, it } from "vitest";

import { ownManifest } from "../node/doctor/own-manifest.ts";
import { VERSION } from "./version.ts";

it("equals the version in package.json", () => {
  expect(VERSION).toBe(ownManifest().version);
});
