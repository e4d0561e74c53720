// The page's worker: everything that computes, so that the page never waits.

import { expose } from "comlink";

import { Engine } from "./engine.ts";
import { passProblems } from "./problem.ts";

passProblems();
expose(new Engine());
