import * as tf from "@tensorflow/tfjs";

import { useFiles } from "../files.js";
import { train } from "../train.js";

test("trains in ES modules", async () => {
  console.log(JSON.stringify({ ...(await train(tf)), ...(await useFiles(tf, process.env.FOLDER)) }));
  expect(tf.tensor1d(new Float32Array([1, 2])).dataSync()).toEqual(new Float32Array([1, 2]));
});
