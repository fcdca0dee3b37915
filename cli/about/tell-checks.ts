import { CliError } from '../cli-error';
import type { Session } from '../session';
import { printable } from '../terminal/printable';
import type { Check } from './checks';

/**
 * Tells what was found.
 * @throws CliError when anything is wrong, after all of it was told
 */
export const tellChecks = async (session: Session, checks: readonly Check[]): Promise<void> => {
  const faults = checks.filter(({ status }) => status === 'wrong').length;
  await session.answer({ ok: faults === 0, checks }, () => printChecks(session, checks));
  if (faults > 0) {
    throw new CliError(`${faults} ${faults === 1 ? 'thing is' : 'things are'} wrong`);
  }
};

const MARKS = { ok: 'ok', note: 'note', wrong: 'WRONG' } as const;
const MARK_WIDTH = 7;

const printChecks = async ({ print, paint }: Session, checks: readonly Check[]): Promise<void> => {
  const paints = { ok: paint.green, note: paint.yellow, wrong: paint.red };
  const width = Math.max(...checks.map(({ name }) => name.length)) + 2;
  for (const { name, status, detail, way_out } of checks) {
    const mark = paints[status](MARKS[status].padEnd(MARK_WIDTH));
    await print(`${mark}${name.padEnd(width)}${printable(detail)}`);
    if (way_out !== null) await print(`${' '.repeat(MARK_WIDTH + width)}${paint.dim(way_out)}`);
  }
};
