import * as core from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";

import { train } from "./train.js";

window.trained = train({ ...core, ...layers }).catch((error) => ({ error: String(error) }));
