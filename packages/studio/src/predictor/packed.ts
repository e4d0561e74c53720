// Content of a predictor's parts: gzip in base64, which is never markup, whatever it holds.

/** Characters that are converted at once: engines limit the number of arguments. */
const AT_ONCE = 8192;

/** Content of a part's element. */
export async function packed(content: Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = await through(new CompressionStream("gzip"), content);
  let characters = "";
  for (let at = 0; at < bytes.length; at += AT_ONCE) {
    characters += String.fromCharCode(...bytes.subarray(at, at + AT_ONCE));
  }
  return btoa(characters);
}

/** What was {@link packed}. @throws if it is damaged */
export async function unpacked(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = characters.charCodeAt(index);
  return through(new DecompressionStream("gzip"), bytes);
}

async function through(
  stream: CompressionStream | DecompressionStream,
  content: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([content]).stream().pipeThrough(stream)).arrayBuffer());
}
