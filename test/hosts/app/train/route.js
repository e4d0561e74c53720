import * as core from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";

import { useFiles } from "../../files.js";
import { train } from "../../train.js";

export const dynamic = "force-dynamic";

export async function GET() {
  const tf = { ...core, ...layers };
  const trained = await train(tf);
  return Response.json({ ...trained, ...(await useFiles(tf, process.env.FOLDER)) });
}
