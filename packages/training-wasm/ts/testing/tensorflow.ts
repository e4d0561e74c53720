// TensorFlow.js as tests take it: its core registers no gradients in Node, but its layers register those of all
// operations.

import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";

export { layers, tf };
