// A predictor's worker: everything that computes, so that the page never waits.

import { expose } from "comlink";

import { passProblems } from "../engine/pass-problems.ts";
import { PredictorEngine } from "./predictor-engine.ts";

passProblems();
expose(new PredictorEngine());
