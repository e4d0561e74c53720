// The parts of a predictor, read from its page.

import { unpacked } from "../../predictor/packed.ts";
import type { PartName } from "../../predictor/template.ts";
import { StudioError } from "../../problem.ts";

/** The content of a part. @throws {StudioError} `PREDICTOR_DAMAGED` */
export async function embedded(name: PartName): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await unpacked(document.querySelector(`script#${name}`)?.textContent ?? "");
  } catch (cause) {
    const message = `Expected this file to be complete, but its part ${name} is missing or damaged`;
    throw new StudioError("PREDICTOR_DAMAGED", message, "Copy the file again from where it comes from.", { cause });
  }
}
