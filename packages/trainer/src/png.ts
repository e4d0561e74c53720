// What of a PNG is looked at before it is decoded. Chunks: PNG specification, https://www.w3.org/TR/png-3/.

/** What matters of a PNG for how it is decoded. */
export interface PngFacts {
  /** Whether it has gray or color of 16 bits, and no transparency. */
  readonly has16Bits: boolean;
  /** The PNG without its texts, which decoders would unpack: hundreds of compressed ones take many seconds. */
  readonly withoutTexts: Buffer;
}

const SIGNATURE_BYTES = 8;

/** Length, type and checksum. */
const FRAME_BYTES = 12;

const TEXTS: ReadonlySet<string> = new Set(["tEXt", "zTXt", "iTXt"]);

/** Gray and RGB, as IHDR names color types. */
const OPAQUE_TYPES: ReadonlySet<number> = new Set([0, 2]);

/** Undefined if `content` is no PNG. What is damaged in it is left to the decoder. */
export function pngFacts(content: Buffer): PngFacts | undefined {
  if (content.toString("latin1", 0, 4) !== "\x89PNG" || content.length < SIGNATURE_BYTES + FRAME_BYTES + 13) {
    return undefined;
  }
  const kept: Buffer[] = [];
  let hasTransparency = false;
  let keptFrom = 0;
  for (let at = SIGNATURE_BYTES; at + FRAME_BYTES <= content.length;) {
    const end = at + FRAME_BYTES + content.readUInt32BE(at);
    const type = content.toString("latin1", at + 4, at + 8);
    if (type === "tRNS") hasTransparency = true;
    if (TEXTS.has(type) && end <= content.length) {
      kept.push(content.subarray(keptFrom, at));
      keptFrom = end;
    }
    at = end;
  }
  const [depth, type] = [content.readUInt8(24), content.readUInt8(25)];
  return {
    has16Bits: depth === 16 && OPAQUE_TYPES.has(type) && !hasTransparency,
    withoutTexts: keptFrom === 0 ? content : Buffer.concat([...kept, content.subarray(keptFrom)]),
  };
}
