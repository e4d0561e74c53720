import { describe, expect, it } from "vitest";

import { unknownVariables } from "./unknown-variables.ts";

const KNOWN = ["SILHOUETTE_EPOCHS", "SILHOUETTE_BATCH", "SILHOUETTE_OUT"];

describe("variables that are misspelt settings", () => {
  it.each([
    ["SILHOUETTE_EPOCH", "SILHOUETTE_EPOCHS"],
    ["SILHOUETTE_BATHC", "SILHOUETTE_BATCH"],
    ["SILHOUETTE_OUTS", "SILHOUETTE_OUT"],
  ])("%s is reported with the one that is meant", (name, meant) => {
    expect(unknownVariables({ [name]: "1" }, KNOWN)).toEqual([{ name, meant }]);
  });

  it.each(["SILHOUETTE_EPOCHS", "SILHOUETTE_PYTHON", "SILHOUETTE_BUN", "SILHOUETTES_EPOCH", "EPOCH"])(
    "%s is not",
    (name) => {
      expect(unknownVariables({ [name]: "1" }, KNOWN)).toEqual([]);
    },
  );
});
