import { Agent, request as httpRequest } from 'node:http';
import type { TraceContext } from '../../../core/inference/trace-context';

export interface Reply {
  readonly status: number;
  readonly text: string;
}

/** Longer answers are refused: 10,000 rows of 400 numbers fit. */
const LONGEST_ANSWER = 64 * 1024 * 1024;
/** Below the 5 s after which uvicorn closes an idle connection. */
const IDLE_MS = 4_000;

const PLAIN = new Set(['ECONNRESET', 'EPIPE']);

/** Speaks SageMaker's container contract with a process on this machine. */
export const contractClient = (port: number) => {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 8, timeout: IDLE_MS });

  const send = (
    path: string,
    body: readonly Uint8Array[] | null,
    signal: AbortSignal,
    trace: TraceContext | null,
  ): Promise<Reply> => {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const request = httpRequest({
      agent,
      host: '127.0.0.1',
      port,
      path,
      signal,
      method: body ? 'POST' : 'GET',
      headers: body
        ? {
            'content-type': 'application/json',
            accept: 'application/json',
            'content-length': body.reduce((sum, part) => sum + part.byteLength, 0),
            ...traceHeaders(trace),
          }
        : {},
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      // An idle connection may be closed from the other side at the moment it is used again.
      if (request.reusedSocket && PLAIN.has(error.code ?? ''))
        resolve(send(path, body, signal, trace));
      else reject(error);
    });
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= LONGEST_ANSWER) chunks.push(chunk);
        else response.destroy(new Error(`its answer is over ${LONGEST_ANSWER} bytes`));
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    for (const part of body ?? []) request.write(part);
    request.end();
    return promise;
  };

  return {
    /** Whether `GET /ping` answers 200 within `ms`. */
    ping: (ms: number): Promise<boolean> =>
      send('/ping', null, AbortSignal.timeout(ms), null).then(
        ({ status }) => status === 200,
        () => false,
      ),

    /** `POST /invocations` with the parts of a JSON body. */
    invoke: (
      body: readonly Uint8Array[],
      signal: AbortSignal,
      trace: TraceContext | null,
    ): Promise<Reply> => send('/invocations', body, signal, trace),

    close: (): void => agent.destroy(),
  };
};

const traceHeaders = (trace: TraceContext | null): Record<string, string> => ({
  ...(trace && { traceparent: trace.traceparent }),
  ...(trace?.tracestate && { tracestate: trace.tracestate }),
});

export type ContractClient = ReturnType<typeof contractClient>;
