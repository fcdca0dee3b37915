import { connect, type Socket } from 'node:net';
import { example } from '../support/wine';

/** One answer as its bytes say. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; the last of a name counts. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** A connection that sends what it is told, byte by byte. */
export interface Line {
  readonly socket: Socket;
  write(data: string | Uint8Array): void;
  /** The next answer, `null` when the connection ended before it was whole. */
  answer(method?: string): Promise<RawAnswer | null>;
  /** Resolves once the server has closed its side or cut the connection. */
  readonly closed: Promise<void>;
}

const DEADLINE_MS = 20_000;

const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

/** Connects without speaking; ended after each test. */
export const connectTo = async (url: string): Promise<Line> => {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  open.push(socket);
  let received = Buffer.alloc(0);
  let isOver = false;
  let wake = (): void => undefined;
  const closed = new Promise<void>((resolve) => {
    const end = (): void => {
      isOver = true;
      wake();
      resolve();
    };
    socket.on('end', end).on('close', end).on('error', end);
  });
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));

  const take = (method: string): RawAnswer | undefined => {
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const [first = '', ...lines] = received.subarray(0, end).toString('latin1').split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => {
        const at = line.indexOf(':');
        return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
      }),
    );
    const status = Number(first.split(' ')[1]);
    const isBare = method === 'HEAD' || status === 204 || status < 200;
    const length = isBare ? 0 : Number(headers['content-length'] ?? 0);
    const whole = end + 4 + length;
    if (received.length < whole) return undefined;
    const text = received.subarray(end + 4, whole).toString();
    received = received.subarray(whole);
    return { status, headers, text };
  };

  return {
    socket,
    closed,
    write: (data) => void socket.write(data),
    async answer(method = 'POST') {
      const until = Date.now() + DEADLINE_MS;
      for (;;) {
        const answer = take(method);
        if (answer) return answer;
        if (isOver) return null;
        if (Date.now() > until) throw new Error(`no answer: ${received.toString('latin1')}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, 200).unref();
        });
      }
    },
  };
};

/** A request as text, with `Host` and, for a body, `Content-Length`. */
export const requestText = (
  method: string,
  path: string,
  headers: readonly string[] = [],
  body = '',
): string =>
  [
    `${method} ${path} HTTP/1.1`,
    'Host: tidegate',
    ...(body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    ...headers,
    '',
    body,
  ].join('\r\n');

/** Sends bytes on a connection of their own and answers what came back first. */
export const sendRaw = async (
  url: string,
  data: string | Uint8Array,
  method?: string,
): Promise<RawAnswer | null> => {
  const line = await connectTo(url);
  line.write(data);
  const answer = await line.answer(method);
  line.socket.destroy();
  return answer;
};

/** Holds an answer against the contract: a problem of this type, with its id in header and body. */
export const expectProblem = (answer: RawAnswer | null, status: number, type: string): void => {
  expect({ status: answer?.status, text: answer?.text }).toMatchObject({ status });
  const { headers = {}, text = '' } = answer ?? {};
  expect(headers['content-type']).toBe('application/problem+json');
  const body = JSON.parse(text);
  expect(body).toMatchObject({ type: `urn:tidegate:${type}`, status });
  expect(headers['x-request-id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  expect(body.request_id).toBe(headers['x-request-id']);
};

/** Holds an answer against what the model answers to the example. */
export const expectAnswered = (answer: RawAnswer | null): void => {
  expect(answer?.status).toBe(200);
  expect(JSON.parse(answer?.text ?? '{}').predictions).toHaveLength(example.data.length);
};
