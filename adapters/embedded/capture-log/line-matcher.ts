import type { RequestFilter } from '../../../core/capture/captured-requests';
import { member, REQUEST } from './record-line';
import { MOST_COLUMNS } from './scan-lines';

type Columns = Omit<RequestFilter, 'limit' | 'cursor' | 'from' | 'to'>;

interface Wanted extends Columns {
  /** `from` ≤ request id < `to`, as text. */
  readonly from: string;
  readonly to: string;
}

const START = '{"request_id":"';
const ID_END = START.length + 36;

/** Tells by its text, without parsing it, whether a line is wanted: answers its request id. */
export const lineMatcher = ({ from, to, ...columns }: Wanted) => {
  const members = Object.entries(columns)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => Buffer.from(member(name, value)).toString('latin1'));

  return (bytes: Buffer, start: number, end: number): string | undefined => {
    const id = bytes.toString('latin1', start + START.length, start + ID_END);
    if (id < from || id >= to) return undefined;
    const text = bytes.toString('latin1', start, Math.min(end, start + MOST_COLUMNS));
    const known = text.slice(0, text.indexOf(REQUEST));
    if (!known.startsWith(START)) return undefined;
    return members.every((wanted) => known.includes(wanted)) ? id : undefined;
  };
};
