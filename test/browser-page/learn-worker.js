// The worker of a page with a bundler.

import * as trainer from "@silhouette/trainer/browser";

import { answer } from "./answer.js";

answer(trainer);
