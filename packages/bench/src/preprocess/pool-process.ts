// The process in which pool.ts times our pool. In: settings, as JSON. Out: timings, as JSON on standard output.

import { timePoolsHere } from "./pool.ts";
import type { RoundSettings } from "../measure/rounds.ts";

console.log(JSON.stringify(await timePoolsHere(JSON.parse(process.argv[2] ?? "") as RoundSettings)));
