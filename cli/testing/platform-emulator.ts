import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Contract } from '../../api/contract';
import { contracts } from '../../api/contracts';
import { routeEntries } from '../../api/routes';

/** A request as it came. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What is answered to it. */
export interface Told {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: object | string | null;
  /** Breaks the connection instead of answering. */
  readonly breaks?: true;
  /** Does not answer at all. */
  readonly hangs?: true;
}

/** What is answered to `GET /api/services/wine`. */
export type Answers = Readonly<Record<string, (asked: Asked) => Told>>;

/** A server for one test. */
export interface PlatformEmulator {
  readonly endpoint: string;
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/**
 * A server that speaks a little of the wire contract, for tests of the command line alone; the
 * journeys in infra-tests run it against the real one. What is asked and answered under `/api` is
 * held to the platform's own contracts: a breach is answered by 599 with the reason.
 */
export const platformEmulator = async (answers: Answers): Promise<PlatformEmulator> => {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('error', () => {});
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const seen: Asked = {
        method: request.method ?? '',
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: request.headers,
        body: Buffer.concat(pieces),
      };
      asked.push(seen);
      const told = answers[`${seen.method} ${seen.path}`]?.(seen) ?? notFound(seen);
      if (told.breaks) {
        request.socket.destroy();
        return;
      }
      if (told.hangs) return;
      const breach = breachIn(seen, told);
      const { status = 200, headers = {}, body = null } = breach ?? told;
      const isJson = body !== null && typeof body === 'object';
      const problem = status >= 400 ? 'application/problem+json' : 'application/json';
      response.writeHead(status, { ...(isJson && { 'content-type': problem }), ...headers });
      response.end(isJson ? JSON.stringify(body) : (body ?? undefined));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};

/** A problem as the platform answers it. */
export const problem = (status: number, kind: string, detail: string, more: object = {}): Told => ({
  status,
  body: {
    ...{ type: `urn:tidegate:${kind}`, title: kind, status, detail, request_id: 'req-1' },
    ...more,
  },
});

const notFound = ({ method, path }: Asked): Told =>
  problem(404, 'not-found', `the test answers nothing to ${method} ${path}`);

const breachIn = ({ method, path, query, headers, body }: Asked, told: Told): Told | null => {
  for (const [name, route] of routeEntries) {
    const names = matched(route.path, path);
    if (route.method !== method || !names || !path.startsWith('/api/')) continue;
    const { input, answer, status, later }: Contract = contracts[name];
    const taken = body.length > 0 ? JSON.parse(body.toString()) : undefined;
    const read = input.safeParse({ path: names, query, headers, body: taken });
    if (!read.success) return problem(599, 'breach', `asked: ${read.error.message}`);
    // A redirect leads to what answers by no contract.
    if ((told.status ?? 200) >= 300) return null;
    const isLater = told.status === 202 && later !== undefined;
    if (!isLater && (told.status ?? 200) !== status) {
      return problem(599, 'breach', `${name} says ${status}`);
    }
    const output = (isLater ? later : answer)?.safeParse(told.body);
    return output?.success === false
      ? problem(599, 'breach', `told: ${output.error.message}`)
      : null;
  }
  return path.startsWith('/api/') ? problem(599, 'breach', `no route ${method} ${path}`) : null;
};

const matched = (route: string, path: string): Record<string, string> | null => {
  const steps = path.split('/');
  const parts = route.split('/');
  if (steps.length !== parts.length) return null;
  const names: Record<string, string> = {};
  for (const [at, part] of parts.entries()) {
    const step = steps[at] ?? '';
    const [, name] = /^\{(\w+)\}$/.exec(part) ?? [];
    if (name) names[name] = decodeURIComponent(step);
    else if (part !== step) return null;
  }
  return names;
};
