/** Text and bytes one after another in memory that is used again. */
export interface LineBuffer {
  readonly size: number;
  readonly filled: () => Buffer;
  addText(text: string): void;
  addBytes(bytes: Uint8Array): void;
  /** Forgets everything after the first `size` bytes. */
  cutTo(size: number): void;
}

const USUAL_BYTES = 1 << 20;
/** Up to here the room a text might need is reserved; beyond it its bytes are counted first. */
const SHORT_TEXT = 16_384;

export const lineBuffer = (): LineBuffer => {
  let memory = Buffer.allocUnsafeSlow(USUAL_BYTES);
  let size = 0;

  const reserve = (more: number): void => {
    const needed = size + more;
    if (needed <= memory.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, memory.length * 2));
    memory.copy(larger, 0, 0, size);
    memory = larger;
  };

  return {
    get size() {
      return size;
    },

    filled: () => memory.subarray(0, size),

    addText(text) {
      reserve(text.length > SHORT_TEXT ? Buffer.byteLength(text) : text.length * 3);
      size += memory.write(text, size);
    },

    addBytes(bytes) {
      reserve(bytes.length);
      memory.set(bytes, size);
      size += bytes.length;
    },

    cutTo(length) {
      size = length;
      // One huge body must not hold its memory for ever.
      if (size === 0 && memory.length > USUAL_BYTES) memory = Buffer.allocUnsafeSlow(USUAL_BYTES);
    },
  };
};
