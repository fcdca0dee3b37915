import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AwsCall, awsCall } from './aws-call';
import { refuse } from './aws-refusal';

/**
 * What goes wrong with a call. `reset`: the connection breaks and nothing was done; `lost`: it was
 * done, and the connection breaks before the answer; `slow`: it is done `ms` later; `half`: every
 * second record of `PutRecordBatch` is refused, every second call of anything else fails; `denied`: a
 * right is missing.
 */
export type Fault = 'throttle' | 'error500' | 'denied' | 'reset' | 'lost' | 'half' | 'slow';

export interface Rule {
  readonly service: string;
  /** All of them when absent. */
  readonly operation?: string;
  readonly fault: Fault;
  readonly ms?: number;
  /** Which of these calls; all when absent. */
  readonly when?: (call: AwsCall) => boolean;
}

/** Stands between the SDK and the emulator, and breaks what it is told to break. */
export interface FaultProxy {
  readonly endpoint: string;
  /** From now on these faults, and no others. Counts begin anew. */
  inject(...rules: readonly Rule[]): void;
  /** Calls since the last `inject`, whatever became of them. */
  count(service: string, operation?: string): number;
  stop(): Promise<void>;
}

/** Starts it on a free port of 127.0.0.1. Some services may be elsewhere: their endpoints by their names. */
export const startFaultProxy = async (
  target: string,
  elsewhere: Readonly<Record<string, string>> = {},
): Promise<FaultProxy> => {
  const closing = new AbortController();
  let rules: readonly Rule[] = [];
  let calls: AwsCall[] = [];
  let turns = 0;

  const pass = ({ service, path, headers, body }: AwsCall, method = 'POST', sent = body) =>
    new Promise<{ readonly answer: IncomingMessage; readonly out: Buffer }>((resolve, reject) => {
      const { hostname, port } = new URL(elsewhere[service] ?? target);
      // As long as it is now, which for half of a batch is not as long as it came.
      const { 'transfer-encoding': _, ...rest } = headers;
      const as = { ...rest, 'content-length': `${sent.length}` };
      const passed = request({ hostname, port, path, method, headers: as }, (answer) => {
        buffer(answer).then((out) => resolve({ answer, out }), reject);
      });
      passed.once('error', reject);
      passed.end(sent);
    });

  const relay = async (
    call: AwsCall,
    method: string | undefined,
    response: ServerResponse,
  ): Promise<void> => {
    const { answer, out } = await pass(call, method);
    const { 'transfer-encoding': _, ...headers } = answer.headers;
    response.writeHead(answer.statusCode ?? 500, headers).end(out);
  };

  /** Hands on every second record, and refuses the others as Firehose does. */
  const halve = async (call: AwsCall, response: ServerResponse): Promise<void> => {
    const { Records: records, ...stream } = JSON.parse(call.body.toString());
    const taken = records.map(() => turns++ % 2 === 1);
    const some = records.filter((_: unknown, place: number) => taken[place]);
    if (some.length > 0) {
      await pass(call, 'POST', Buffer.from(JSON.stringify({ ...stream, Records: some })));
    }
    const RequestResponses = taken.map((isTaken: boolean) =>
      isTaken
        ? { RecordId: 'taken' }
        : { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' },
    );
    const FailedPutCount = records.length - some.length;
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ FailedPutCount, RequestResponses }));
  };

  const spoil = async (
    { fault, ms }: Rule,
    call: AwsCall,
    method: string | undefined,
    response: ServerResponse,
  ): Promise<void> => {
    if (fault === 'throttle' || fault === 'error500' || fault === 'denied') {
      return refuse(response, call, fault);
    }
    if (fault === 'half' && call.operation === 'PutRecordBatch') return halve(call, response);
    if (fault === 'half' && turns++ % 2 === 0) return refuse(response, call, 'error500');
    if (fault === 'slow') await sleep(ms, undefined, { signal: closing.signal });
    if (fault === 'lost') await pass(call, method);
    if (fault === 'lost' || fault === 'reset') return void response.socket?.destroy();
    await relay(call, method, response);
  };

  const take = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = awsCall(incoming, await buffer(incoming));
    calls.push(call);
    const rule = rules.find(
      ({ service, operation = call.operation, when = () => true }) =>
        service === call.service && operation === call.operation && when(call),
    );
    if (rule) await spoil(rule, call, incoming.method, response);
    else await relay(call, incoming.method, response);
  };

  const server = createServer((incoming, response) => {
    // Whoever asked has gone, or the emulator has: nobody is left to be told.
    take(incoming, response).catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    inject(...next) {
      rules = next;
      calls = [];
      turns = 0;
    },
    count: (service, operation) =>
      calls.filter(
        (call) =>
          call.service === service && (operation === undefined || call.operation === operation),
      ).length,
    async stop() {
      closing.abort();
      server.close();
      server.closeAllConnections();
    },
  };
};
