const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;

/** Cuts a CSV that comes in pieces into its records, each with its line end. */
export interface RecordCutter {
  /** The records that end within or before this piece. */
  push(piece: Uint8Array): Uint8Array<ArrayBuffer>[];
  /** The last record, where it has no line end. */
  end(): Uint8Array<ArrayBuffer>[];
  /** Bytes of the record that has not ended. */
  readonly pending: number;
}

type Place = 'cell start' | 'plain' | 'quoted' | 'after quote';

/** A line end within quotes does not end a record (RFC 4180). */
export const recordCutter = (): RecordCutter => {
  let place: Place = 'cell start';
  let pieces: Uint8Array[] = [];
  let pending = 0;
  // A CR ends a record only once it is known that no LF follows.
  let afterCr = false;

  const keep = (bytes: Uint8Array) => {
    if (bytes.length === 0) return;
    pieces.push(bytes);
    pending += bytes.length;
  };
  const take = (): Uint8Array<ArrayBuffer> => {
    const record = new Uint8Array(pending);
    let at = 0;
    for (const piece of pieces) {
      record.set(piece, at);
      at += piece.length;
    }
    pieces = [];
    pending = 0;
    place = 'cell start';
    return record;
  };

  return {
    push(piece) {
      const records: Uint8Array<ArrayBuffer>[] = [];
      let start = 0;
      const cut = (end: number) => {
        keep(piece.subarray(start, end));
        records.push(take());
        start = end;
      };
      for (let at = 0; at < piece.length; at += 1) {
        const byte = piece[at];
        if (afterCr) {
          afterCr = false;
          if (byte === LF) {
            cut(at + 1);
            continue;
          }
          cut(at);
        }
        if (place === 'quoted') {
          if (byte === QUOTE) place = 'after quote';
        } else if (byte === QUOTE && place !== 'plain') {
          place = 'quoted';
        } else if (byte === LF) cut(at + 1);
        else if (byte === CR) afterCr = true;
        else place = byte === COMMA ? 'cell start' : 'plain';
      }
      keep(piece.subarray(start));
      return records;
    },
    end() {
      afterCr = false;
      return pending > 0 ? [take()] : [];
    },
    get pending() {
      return pending;
    },
  };
};

/** A line with nothing in it is no record to the platform. */
export const isBlank = (record: Uint8Array): boolean =>
  record.every((byte) => byte === LF || byte === CR);
