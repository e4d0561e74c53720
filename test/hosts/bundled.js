// program.js, with the parts of TensorFlow.js that it uses.

import * as core from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";

import { useFiles } from "./files.js";
import { train } from "./train.js";

const tf = { ...core, ...layers };
const trained = await train(tf);
console.log(JSON.stringify({ ...trained, ...(await useFiles(tf, process.argv[2])) }));
