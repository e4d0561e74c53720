// The worker of a page without a bundler: workers do not support import maps.

import * as trainer from "../../packages/trainer/dist/browser.bundle.js";

import { answer } from "./answer.js";

answer(trainer);
