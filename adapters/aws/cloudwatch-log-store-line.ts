import type { FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import type { LogLine, LogQuery } from '../../core/services/log-store';

/** How the lines of a log group are written; null of what is no line of the service. */
export type LineOf = (event: FilteredLogEvent) => LogLine | null;

const LEVELS: Readonly<Record<string, LogLine['level']>> = {
  debug: 'debug',
  info: 'info',
  warn: 'warning',
  warning: 'warning',
  error: 'error',
};
const MAX_MESSAGE = 16_384;

/** A line that the platform writes, without its time, which the event has. */
export const textOf = ({ level, version, instance, message }: LogLine): string => {
  const text = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
  return JSON.stringify({ level, version, instance, message: text });
};

export const platformLine: LineOf = ({ timestamp, message = '' }) => {
  const { level, version, instance, message: text } = objectIn(message) ?? { message };
  return {
    time: timeOf(timestamp),
    level: levelOf(level),
    version: textOrNull(version),
    instance: textOrNull(instance),
    message: textOrNull(text) ?? '',
  };
};

/** What a replica printed, in the stream `<version>/<instance>`: JSON of our model server, or text. */
export const replicaLine: LineOf = ({ timestamp, message = '', logStreamName = '' }) => {
  const [version, instance] = logStreamName.split('/');
  const said = objectIn(message);
  return {
    time: timeOf(timestamp),
    level: levelOf(said?.level),
    version: version || null,
    instance: instance || null,
    message: typeof said?.message === 'string' ? spoken(said, said.message) : message,
  };
};

/** Finds what a function says of a service among all else that it says. */
export const notesPattern = (service: string): string => `{ $.of_service = "${service}" }`;

/** What a function said of a service: a JSON line of Powertools' logger with the member `of_service`. */
export const noteLine =
  (service: string): LineOf =>
  ({ timestamp, message = '' }) => {
    const said = objectIn(message);
    if (said?.of_service !== service || typeof said.message !== 'string') return null;
    return {
      time: timeOf(timestamp),
      level: levelOf(said.level),
      version: textOrNull(said.version),
      instance: null,
      message: `${said.message}${causeOf(said.error)}`,
    };
  };

const causeOf = (error: unknown): string => {
  if (typeof error !== 'object' || error === null) return '';
  const { name, message } = error as Readonly<Record<string, unknown>>;
  return `: ${[name, message].filter((part) => typeof part === 'string' && part !== '').join(': ')}`;
};

const spoken = (said: Readonly<Record<string, unknown>>, message: string) => {
  const { request_id, trace_id, stack } = said;
  const trace = typeof trace_id === 'string' ? `, trace ${trace_id}` : '';
  const request = typeof request_id === 'string' ? ` (request ${request_id}${trace})` : '';
  return `${message}${request}${typeof stack === 'string' ? `\n${stack}` : ''}`;
};

/** Whether a line is looked for; its time is CloudWatch's to choose by. */
export const matcherOf = ({ version, instance, q }: LogQuery) => {
  const wanted = q?.toLowerCase();
  return (line: LogLine): boolean =>
    (version === undefined || line.version === version) &&
    (instance === undefined || line.instance === instance) &&
    (wanted === undefined || line.message.toLowerCase().includes(wanted));
};

const timeOf = (timestamp: number | undefined) => new Date(timestamp ?? 0).toISOString();

const levelOf = (level: unknown): LogLine['level'] =>
  (typeof level === 'string' ? LEVELS[level.toLowerCase()] : undefined) ?? 'info';

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const objectIn = (text: string): Readonly<Record<string, unknown>> | undefined => {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
