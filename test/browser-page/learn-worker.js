// The worker of a page that has a bundler.

import * as trainer from "@silhouette/trainer/browser";

import { answer } from "./answer.js";

answer(trainer);
