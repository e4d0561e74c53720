// The worker of a page without a bundler: workers know no import maps.

import * as trainer from "../../packages/trainer/dist/browser.bundle.js";

import { answer } from "./answer.js";

answer(trainer);
