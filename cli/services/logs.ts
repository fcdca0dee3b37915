import type { ItemOf } from '../control-api';
import { ago, type Moment } from '../option-values';
import type { Session } from '../session';
import { printable } from '../terminal/printable';
import { localTime } from '../terminal/times';
import { statusPaint } from './status-paint';

type LogLine = ItemOf<'GET /api/services/{service}/logs'>;

interface LogOptions {
  readonly follow?: true;
  readonly version?: string;
  readonly instance?: string;
  readonly since?: Moment;
  readonly until?: Moment;
  readonly grep?: string;
  readonly limit: number;
}

const EVERY_MS = 1000;
const PAGE = 1000;
const AN_HOUR = ago('1h');

/** Prints a service's log lines; with `follow` it ends with the process. */
export const showLogs = async (
  session: Session,
  service: string,
  { follow, since = AN_HOUR, until, version, instance, grep, limit }: LogOptions,
): Promise<void> => {
  const { call, json, print, say } = session;
  const now = session.environment.now();
  const query = {
    from: since(now),
    to: until?.(now),
    version,
    instance,
    q: grep,
  };
  const asArray = json && !follow;
  const gathered: LogLine[] = [];
  let shown = 0;
  let cursor: string | undefined;
  for (;;) {
    const { items, next_cursor } = await call('GET /api/services/{service}/logs', {
      path: { service },
      query: { ...query, cursor, limit: follow ? PAGE : Math.min(PAGE, limit - shown) },
    });
    for (const line of items) {
      if (asArray) gathered.push(line);
      else await print(json ? JSON.stringify(line) : lineText(session, line));
    }
    shown += items.length;
    if (!follow && (items.length === 0 || shown >= limit)) break;
    if (items.length === 0) await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    cursor = next_cursor;
  }
  if (asArray) await print(JSON.stringify(gathered, null, 2));
  if (shown === 0) say('No such lines. Without --since only the last hour is searched.');
  if (shown >= limit) say(`There may be more than these ${shown}: raise --limit.`);
};

const lineText = ({ paint }: Session, { time, level, version, instance, message }: LogLine) => {
  const from = printable([version, instance].filter((part) => part !== null).join(' '));
  const text = message.split('\n').map(printable).join('\n    ');
  const mark = level === 'info' ? '' : `${statusPaint(paint)(level)} `;
  return `${paint.dim(`${localTime(time)} ${from}`)}  ${mark}${text}`;
};
