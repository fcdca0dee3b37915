import {
  type CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { LogLine, LogPage, LogQuery } from '../../core/services/log-store';
import { DomainError } from '../../core/shared/domain-error';
import { type LineOf, matcherOf } from './cloudwatch-log-store-line';
import {
  cursorOf,
  type EventTimes,
  positionOf,
  readFrom,
  startAt,
  walkFrom,
} from './cloudwatch-log-store-position';

/** A log group and how its lines are written. */
export interface LogSource {
  readonly group: string;
  readonly lineOf: LineOf;
  /** Begins the names of the streams to read; all are when it is absent. */
  readonly streams?: string | undefined;
  /** Leaves out what CloudWatch can tell to be no line of the service. */
  readonly pattern?: string;
  /** Milliseconds since the epoch: what is older is another's. */
  readonly since?: number | undefined;
}

interface Needs {
  readonly client: CloudWatchLogsClient;
  /** Milliseconds after which a page ends with what was found. */
  readonly patienceMs: number;
}

interface Span {
  readonly startTime: number;
  readonly endTime: number | undefined;
  readonly limit: number;
}

/** The next event of a group; `later` when there was no time to look for it. */
type Head = (EventTimes & { readonly event: FilteredLogEvent }) | 'end' | 'later';

/** Most that CloudWatch gives at a time. */
const MOST_EVENTS = 10_000;
/** Read again with each page: what may have come in late. */
const ROOM_FOR_KNOWN = 500;

/**
 * The lines of several log groups as one, oldest first.
 * @throws `bad-request` for a cursor that is none, `unavailable` when nothing at all was read in time
 */
export const findEvents =
  ({ client, patienceMs }: Needs) =>
  async (sources: readonly LogSource[], query: LogQuery): Promise<LogPage> => {
    const { cursor, limit, version, instance, q } = query;
    const from = Math.max(0, Math.floor(query.from));
    const start = cursor === undefined ? startAt(from) : positionOf(cursor);
    const items: LogLine[] = [];
    if (query.to <= from) return { items, next_cursor: cursorOf(start) };
    const isFiltered = version !== undefined || instance !== undefined || q !== undefined;
    const span = {
      startTime: Math.max(from, readFrom(start)),
      endTime: Number.isFinite(query.to) ? Math.ceil(query.to) - 1 : undefined,
      limit: isFiltered ? MOST_EVENTS : Math.min(MOST_EVENTS, limit + ROOM_FOR_KNOWN),
    };
    const signal = AbortSignal.timeout(patienceMs);
    const matches = matcherOf(query);
    const walk = walkFrom(start);
    const next = await merged(sources.map((source) => eventsOf({ client, source, span, signal })));
    for (;;) {
      const found = items.length < limit ? await next() : 'later';
      if (found === 'end' || found === 'later') {
        const next_cursor = cursorOf(walk.position(found === 'end'));
        if (items.length > 0 || found === 'end' || next_cursor !== cursor) {
          return { items, next_cursor };
        }
        const what = 'CloudWatch Logs found nothing in time: ask for a shorter range';
        throw new DomainError('unavailable', what, { retryAfterS: 1 });
      }
      if (!walk.pass(found)) continue;
      const line = found.lineOf(found.event);
      if (line && matches(line)) items.push(line);
    }
  };

/** Gives the earliest of all next events, as CloudWatch itself orders them. */
const merged = async (groups: readonly ReturnType<typeof eventsOf>[]) => {
  const heads = await Promise.all(groups.map(({ next }) => next()));
  return async () => {
    if (heads.includes('later')) return 'later';
    let first = -1;
    let found: Exclude<Head, string> | undefined;
    for (const [i, head] of heads.entries()) {
      if (typeof head === 'string' || (found && !isBefore(head, found))) continue;
      [first, found] = [i, head];
    }
    const group = groups[first];
    if (!found || !group) return 'end';
    heads[first] = await group.next();
    return { ...found, lineOf: group.lineOf };
  };
};

const isBefore = (one: EventTimes, other: EventTimes): boolean =>
  one.time < other.time || (one.time === other.time && one.ingestedAt < other.ingestedAt);

interface GroupNeeds extends Pick<Needs, 'client'> {
  readonly source: LogSource;
  readonly span: Span;
  readonly signal: AbortSignal;
}

/** The events of one group, page by page; a group that is not there has none. */
const eventsOf = ({ client, source, span, signal }: GroupNeeds) => {
  let page: readonly FilteredLogEvent[] = [];
  let read = 0;
  let nextToken: string | undefined;
  let after: 'more' | 'end' | 'later' = 'more';
  const { group: logGroupName, streams: logStreamNamePrefix, pattern, since = 0 } = source;
  const asked = {
    ...{ logGroupName, logStreamNamePrefix, filterPattern: pattern, ...span },
    startTime: Math.max(span.startTime, since),
    // Few of many lines may be wanted.
    ...(pattern !== undefined && { limit: MOST_EVENTS }),
  };

  const readPage = async (): Promise<void> => {
    const command = new FilterLogEventsCommand({ ...asked, nextToken });
    try {
      const answer = await client.send(command, { abortSignal: signal });
      page = answer.events ?? [];
      nextToken = answer.nextToken;
      // Without a token a full page is not known to be the last.
      after = nextToken === undefined ? (page.length < asked.limit ? 'end' : 'later') : 'more';
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException || signal.aborted)) throw error;
      page = [];
      after = signal.aborted ? 'later' : 'end';
    }
    read = 0;
  };

  return {
    lineOf: source.lineOf,

    async next(): Promise<Head> {
      while (read >= page.length) {
        if (after !== 'more') return after;
        if (signal.aborted) return 'later';
        await readPage();
      }
      const event = page[read] ?? {};
      read += 1;
      const { timestamp: time = 0, ingestionTime: ingestedAt = time } = event;
      return { time, ingestedAt, event };
    },
  };
};
