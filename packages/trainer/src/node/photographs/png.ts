// Inspects the chunks of a PNG before it is decoded. PNG specification: https://www.w3.org/TR/png-3/.

/** The properties of a PNG that determine how it is decoded. */
export interface PngFacts {
  /** Whether it has 16 bits per sample. */
  readonly has16Bits: boolean;
  /** The PNG without its text chunks, which decoders would decompress: hundreds of them take many seconds. */
  readonly withoutTexts: Buffer;
}

const SIGNATURE_BYTES = 8;

/** Length, type and checksum. */
const FRAME_BYTES = 12;

/** A chunk type as a number, which is fast to compare: files may have millions of chunks. */
const typeOf = (name: string): number => Buffer.from(name, "latin1").readUInt32BE();

const TEXTS: ReadonlySet<number> = new Set(["tEXt", "zTXt", "iTXt"].map(typeOf));

/** Bits that are set in all four letters of a type. */
const LETTERS = 0x40404040;

/** Undefined if `content` is not a PNG. Damage is left for the decoder to report. */
export function pngFacts(content: Buffer): PngFacts | undefined {
  if (content.toString("latin1", 0, 4) !== "\x89PNG" || content.length < SIGNATURE_BYTES + FRAME_BYTES + 13) {
    return undefined;
  }
  let [keptFrom, keptBytes] = [0, 0];
  let kept: Buffer | undefined;
  for (let at = SIGNATURE_BYTES; at + FRAME_BYTES <= content.length;) {
    const end = at + FRAME_BYTES + content.readUInt32BE(at);
    const type = content.readUInt32BE(at + 4);
    if ((type & LETTERS) !== LETTERS) break;
    if (TEXTS.has(type) && end <= content.length) {
      kept ??= Buffer.alloc(content.length);
      keptBytes += content.copy(kept, keptBytes, keptFrom, at);
      keptFrom = end;
    }
    at = end;
  }
  if (kept !== undefined) keptBytes += content.copy(kept, keptBytes, keptFrom);
  return {
    has16Bits: content.readUInt8(24) === 16,
    withoutTexts: kept?.subarray(0, keptBytes) ?? content,
  };
}
