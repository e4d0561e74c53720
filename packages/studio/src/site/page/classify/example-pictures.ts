// The example's drawings, which its network has never seen.

import type { ChosenFile } from "../../engine/chosen-file.ts";
import { StudioError } from "../../../problem.ts";

const FOLDER = "example/";

/**
 * Fetches them.
 *
 * @throws {StudioError} `FILES_UNREADABLE`
 */
export async function examplePictures(): Promise<readonly ChosenFile[]> {
  const base = new URL(FOLDER, document.baseURI);
  try {
    const names = (await (await fetch(new URL("pictures.json", base))).json()) as readonly string[];
    return await Promise.all(
      names.map(async (name) => {
        const response = await fetch(new URL(`pictures/${name}`, base));
        return { path: name, file: new File([await response.blob()], name) };
      }),
    );
  } catch (cause) {
    throw new StudioError(
      "FILES_UNREADABLE",
      "Expected the example's pictures, but they cannot be fetched",
      "Reload the page. If it stays so, the site is not complete: build it again.",
      { cause },
    );
  }
}
