import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  GetQueryExecution$,
  GetQueryResults$,
  GetQueryRuntimeStatistics$,
  GetWorkGroup$,
  StartQueryExecution$,
  StopQueryExecution$,
} from '@aws-sdk/client-athena';
import { faultsOf } from '../aws/emulator/sagemaker/schema-check';
import { type BucketFolders, bucketsIn } from './athena/buckets';
import { type Fault, faultsToMeet } from './athena/faults';
import { operationsOver, type WorkGroup } from './athena/operations';
import { Refusal } from './athena/refusal';
import type { Trino } from './describe-trino';

export interface Athena {
  /** The endpoint for `new AthenaClient({ endpoint })`. */
  readonly url: string;
  readonly inject: (fault: Fault) => void;
  /** The statements that run, and whether they would never end. */
  readonly running: () => readonly { readonly id: string; readonly hangs: boolean }[];
  /** Cancels what runs. */
  stop(): Promise<void>;
}

interface Options {
  readonly trino: Pick<Trino, 'url' | 'locationOf'>;
  readonly buckets: BucketFolders;
  /** By name, or how to ask for one. */
  readonly workGroups:
    | Readonly<Record<string, WorkGroup>>
    | ((name: string) => Promise<WorkGroup | undefined>);
  /** Puts a file of results at `s3://bucket/key`; into the bucket's folder unless told. */
  readonly putResult?: (uri: string, text: string) => Promise<void>;
}

/** The SDK's schemas: [kind, namespace, name, traits, input, output]. */
const schemas = {
  GetQueryExecution: GetQueryExecution$,
  GetQueryResults: GetQueryResults$,
  GetQueryRuntimeStatistics: GetQueryRuntimeStatistics$,
  GetWorkGroup: GetWorkGroup$,
  StartQueryExecution: StartQueryExecution$,
  StopQueryExecution: StopQueryExecution$,
};
type Operation = keyof typeof schemas;
const isOperation = (name: string): name is Operation => Object.hasOwn(schemas, name);

/**
 * Athena for tests, over a real Trino: its protocol (JSON 1.1), its dialect of DDL, and the limits it
 * has and Trino has not. A stand-in, for Athena cannot run here; its shapes are held to the SDK's
 * schemas in both directions, and `s3://` locations are local folders.
 */
export const startAthena = async ({
  trino,
  buckets: folders,
  workGroups,
  putResult,
}: Options): Promise<Athena> => {
  const faults = faultsToMeet();
  const buckets = bucketsIn(folders, trino.locationOf);
  const writeResult = async (uri: string, text: string): Promise<void> => {
    const file = buckets.folderOf(uri);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  const operations = operationsOver({
    ...{ trinoUrl: trino.url, buckets, faults, putResult: putResult ?? writeResult },
    workGroupOf:
      typeof workGroups === 'function' ? workGroups : async (name: string) => workGroups[name],
  });
  const operate = async (name: string, input: unknown): Promise<unknown> => {
    if (!isOperation(name)) throw new Refusal(name, 'UnknownOperationException');
    const [, , , , inputSchema, outputSchema] = schemas[name];
    const wrong = faultsOf(inputSchema, input);
    if (wrong.length > 0) {
      throw new Refusal(`${wrong.length} validation error detected: ${wrong.join('; ')}`);
    }
    const run: (input: never) => Promise<unknown> = operations[name];
    const output = JSON.parse(JSON.stringify(await run(Object.assign({}, input) as never)));
    const ours = faultsOf(outputSchema, output);
    if (ours.length > 0) throw new Error(`${name} answers what the SDK does not know: ${ours}`);
    return output;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const name = `${request.headers['x-amz-target']}`.replace('AmazonAthena.', '');
    const send = (status: number, body: unknown) => {
      response.writeHead(status, {
        'content-type': 'application/x-amz-json-1.1',
        'x-amzn-requestid': randomUUID(),
      });
      response.end(JSON.stringify(body));
    };
    try {
      send(200, await operate(name, JSON.parse((await text(request)) || '{}')));
    } catch (error) {
      const { message } = error instanceof Error ? error : { message: String(error) };
      const isOurs = !(error instanceof Refusal);
      const code = isOurs ? 'InternalServerException' : error.code;
      const detail = isOurs ? {} : error.detail;
      send(isOurs ? 500 : 400, { __type: code, message, Message: message, ...detail });
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  // Who asks again after a while, on a connection that is just being closed, has no answer.
  server.keepAliveTimeout = 65_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    inject: faults.inject,
    running: operations.running,
    async stop() {
      server.close();
      server.closeAllConnections();
      await operations.stop();
    },
  };
};
