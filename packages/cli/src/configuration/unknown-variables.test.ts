import { describe, expect, it } from "vitest";

import { unknownVariables } from "./unknown-variables.ts";

const KNOWN = ["SILHOUETTE_EPOCHS", "SILHOUETTE_BATCH", "SILHOUETTE_OUT"];

describe("variables that set nothing", () => {
  it.each([
    ["SILHOUETTE_EPOCH", "SILHOUETTE_EPOCHS"],
    ["SILHOUETTE_BATHC", "SILHOUETTE_BATCH"],
    ["SILHOUETTE_OUTS", "SILHOUETTE_OUT"],
  ])("%s is reported with the one that is meant", (name, meant) => {
    expect(unknownVariables({ [name]: "1" }, KNOWN)).toEqual([{ name, meant }]);
  });

  it("are reported if they are like no setting, in order", () => {
    expect(unknownVariables({ SILHOUETTE_XYZ: "", SILHOUETTE_EPOCH_SIZE: "1" }, KNOWN)).toEqual([
      { name: "SILHOUETTE_EPOCH_SIZE", meant: null },
      { name: "SILHOUETTE_XYZ", meant: null },
    ]);
  });

  it.each([
    "SILHOUETTE_EPOCHS",
    "SILHOUETTES_EPOCH",
    "EPOCH",
    "SILHOUETTE_PYTHON",
    "SILHOUETTE_NODES",
    "SILHOUETTE_BUN",
    "SILHOUETTE_TFJS_NODE",
  ])("%s is none", (name) => {
    expect(unknownVariables({ [name]: "1" }, KNOWN)).toEqual([]);
  });
});
