// The version that runs record is the package's.

import { expect, it } from "vitest";

import { ownManifest } from "../node/doctor/own-manifest.ts";
import { VERSION } from "./version.ts";

it("is that of package.json", () => {
  expect(VERSION).toBe(ownManifest().version);
});
