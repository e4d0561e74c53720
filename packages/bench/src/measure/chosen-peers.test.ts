// Which peers a run is limited to.

import { describe, expect, it } from "vitest";

import { chosenPeers } from "./chosen-peers.ts";

const PEERS = ["silhouette", "PyTorch", "PyTorch channels-last", "Keras"].map((name) => ({ name }));
const chosen = (names?: readonly string[]) => chosenPeers(PEERS, names).map(({ name }) => name);

describe("the peers of a run", () => {
  it("are all of the suite's if none are named", () => {
    expect(chosen()).toEqual(["silhouette", "PyTorch", "PyTorch channels-last", "Keras"]);
  });

  it("are ours and those named, in the order of their turns", () => {
    expect(chosen(["Keras", "PyTorch"])).toEqual(["silhouette", "PyTorch", "Keras"]);
    expect(chosen(["silhouette"])).toEqual(["silhouette"]);
  });

  it.each([
    ["pytorch", "Did you mean PyTorch? Its peers are silhouette, PyTorch, PyTorch channels-last, Keras."],
    ["Kersa", "Did you mean Keras? Its peers are silhouette, PyTorch, PyTorch channels-last, Keras."],
    ["JAX on TPUs", "Its peers are silhouette, PyTorch, PyTorch channels-last, Keras."],
  ])("do not include %s, which none has: the error suggests the nearest name, and lists all", (name, hint) => {
    expect(() => chosen(["Keras", name])).toThrow(
      expect.objectContaining({
        code: "UNKNOWN_PEER",
        message: `Expected names of peers of this suite, but received ${name}`,
        hint,
      }),
    );
  });
});
