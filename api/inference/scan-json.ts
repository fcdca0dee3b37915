const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What a JSON text's brackets and colons tell before it is parsed. */
export interface JsonScan {
  /** Levels of nesting; the outermost object is 1. */
  readonly depth: number;
  /** Members written in the outermost object, repeated ones counted again. */
  readonly members: number;
  /** Members written in objects that are members of the outermost one. */
  readonly nestedMembers: number;
}

/** Reads the structure of a text that may or may not be JSON, in one pass and constant memory. */
export const scanJson = (bytes: Uint8Array): JsonScan => {
  let level = 0;
  let depth = 0;
  let members = 0;
  let nestedMembers = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    switch (bytes[i]) {
      case QUOTE:
        for (i += 1; i < bytes.length && bytes[i] !== QUOTE; i += 1) {
          if (bytes[i] === BACKSLASH) i += 1;
        }
        break;
      case 0x7b:
      case 0x5b:
        level += 1;
        if (level > depth) depth = level;
        break;
      case 0x7d:
      case 0x5d:
        level -= 1;
        break;
      case 0x3a:
        if (level === 1) members += 1;
        else if (level === 2) nestedMembers += 1;
        break;
      default:
    }
  }
  return { depth, members, nestedMembers };
};
