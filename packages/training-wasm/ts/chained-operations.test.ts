// With @tensorflow/tfjs-core and @tensorflow/tfjs-layers alone, as the README imports them: nothing else registers
// chained operations.

import { ones, tensor, tensor1d, zeros, type Tensor } from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";

import { enableTraining } from "./index.ts";

type Chained = Tensor & Readonly<Record<string, (...args: unknown[]) => Chained>>;

const chained = (x: Tensor): Chained => x as Chained;

beforeAll(async () => {
  await enableTraining();
});

describe("chained operations", () => {
  it("compute what the operations compute", () => {
    const x = chained(tensor([1, 2, 3, 4, 5, 6], [2, 3]));
    expect([...x.mul(2).add(1).dataSync()]).toEqual([3, 5, 7, 9, 11, 13]);
    expect(x.flatten().shape).toEqual([6]);
    expect(x.as3D(1, 2, 3).shape).toEqual([1, 2, 3]);
    expect(x.reshapeAs(zeros([3, 2])).shape).toEqual([3, 2]);
    expect([...x.sum(1).dataSync()]).toEqual([6, 15]);
    expect(x.concat(ones([2, 3]), 0).shape).toEqual([4, 3]);
    expect(x.stack([ones([2, 3]), zeros([2, 3])]).shape).toEqual([3, 2, 3]);
    expect([...x.where(tensor([1, 0, 1, 0, 1, 0], [2, 3], "bool"), zeros([2, 3])).dataSync()]).toEqual([
      1, 0, 3, 0, 5, 0,
    ]);
    expect(chained(ones([2, 2, 1])).resizeBilinear([4, 4]).shape).toEqual([4, 4, 1]);
    expect(chained(tensor1d([7])).asScalar().shape).toEqual([]);
    expect(x.toInt().dtype).toBe("int32");
  });

  it("reject a disposed tensor", () => {
    const x = chained(tensor1d([1]));
    x.dispose();
    expect(() => x.mul(2)).toThrow("disposed");
  });

  it("let recurrent layers be made and trained", async () => {
    const model = sequential();
    model.add(layers.lstm({ units: 4, inputShape: [5, 3] }));
    model.add(layers.dense({ units: 2 }));
    model.compile({ optimizer: "adam", loss: "meanSquaredError" });
    const { history } = await model.fit(zeros([4, 5, 3]), ones([4, 2]), { epochs: 2, verbose: 0 });
    const [first, second] = history["loss"] as number[];
    expect(second).toBeLessThan(first ?? 0);
  });
});
