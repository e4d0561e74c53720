import * as tf from "@tensorflow/tfjs";

import { useFiles } from "./files.js";
import { train } from "./train.js";

const trained = await train(tf);
console.log(JSON.stringify({ ...trained, ...(await useFiles(tf, process.argv[2])) }));
