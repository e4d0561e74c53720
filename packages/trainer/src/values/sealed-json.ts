// Compact JSON of an object whose last member is a checksum of what is before it, so that other languages can check it without knowing
// how this one formats numbers and strings.
//
//   {"a":1,"crc32":"<CRC-32 of {"a":1}>"} and a line feed

import { crc32Hex } from "./checksum.ts";
import { Damage } from "./errors.ts";
import { parseJson } from "./json-shape.ts";

/** `value` as the text of a file. It has at least one member, and none named `crc32`. */
export function sealedJson(value: object): string {
  const json = JSON.stringify(value);
  return `${json.slice(0, -1)},"crc32":"${crc32Hex([json])}"}\n`;
}

const SEALED = /^(?<content>\{.+),"crc32":"(?<checksum>[0-9a-f]{8})"\}\n$/s;

/**
 * Reads the text of a file, and checks it.
 *
 * @throws {Damage}
 */
export function parseSealedJson(text: string): unknown {
  const { content, checksum } = SEALED.exec(text)?.groups ?? {};
  if (content === undefined) throw new Damage("it does not end with its checksum");
  const json = `${content}}`;
  if (crc32Hex([json]) !== checksum) throw new Damage("its checksum does not match");
  return parseJson(json);
}
