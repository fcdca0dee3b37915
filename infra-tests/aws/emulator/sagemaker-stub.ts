import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { S3Client } from '@aws-sdk/client-s3';
import { AwsError } from './sagemaker/aws-error';
import { controlPlane } from './sagemaker/control-plane';
import { endpointLives } from './sagemaker/endpoints';
import { eventFeed } from './sagemaker/event-feed';
import { startFleet } from './sagemaker/fleet';
import { invokeEndpoint, ModelError } from './sagemaker/invocation';
import { modelDataOf, requireModelData } from './sagemaker/model-data';
import { faultsOf } from './sagemaker/schema-check';
import { schemas } from './sagemaker/schemas';

interface Needs {
  readonly port: number;
  readonly account: string;
  readonly region: string;
  /** Where models lie. */
  readonly s3: S3Client;
  /** Where containers' lines go. */
  readonly logs: CloudWatchLogsClient;
  /** What runs in place of an image, unless `images` says it: it keeps the container contract. */
  readonly command: readonly string[];
  /** What runs in place of single images, by their names. */
  readonly images: Readonly<Record<string, readonly string[]>>;
  /** How long a container may take to its first ping, in milliseconds. */
  readonly pingWithinMs: number;
  readonly settleMs: number;
  readonly log: (line: string) => void;
}

export interface SageMakerStub {
  readonly url: string;
  /** Ends every container. */
  stop(): Promise<void>;
}

const EVENTS_WAIT_MS = 5_000;
const INVOCATIONS = /^\/endpoints\/([^/]+)\/invocations$/;

/**
 * SageMaker for tests: its control plane (JSON 1.1), its runtime, and at `GET /events?after=N` the
 * state changes of endpoints. A stand-in, for SageMaker cannot run here; its shapes are held to the
 * SDK's schemas in both directions, and its containers are real processes.
 */
export const startSageMakerStub = async (needs: Needs): Promise<SageMakerStub> => {
  const { account, region, settleMs, s3 } = needs;
  const feed = eventFeed();
  const plane = controlPlane({
    arnOf: (kind, name) => `arn:aws:sagemaker:${region}:${account}:${kind}/${name.toLowerCase()}`,
    lives: endpointLives({ feed, settleMs }),
    fleetOf: (endpoint, variants) => startFleet(needs, endpoint, variants),
    async requireData({ PrimaryContainer }) {
      const data = modelDataOf(PrimaryContainer ?? {});
      if (data) await requireModelData(s3, data);
    },
  });

  const operate = async (target: string, body: Buffer): Promise<unknown> => {
    const name = target.slice('SageMaker.'.length);
    if (!isOperation(name)) throw new AwsError(target, 'UnknownOperationException');
    const [, , , , inputSchema, outputSchema] = schemas[name];
    const input = JSON.parse(body.toString() || '{}');
    const faults = faultsOf(inputSchema, input);
    if (faults.length > 0) {
      throw new AwsError(`${faults.length} validation error detected: ${faults.join('; ')}`);
    }
    const output = JSON.parse(JSON.stringify((await plane.operations[name](input)) ?? {}));
    const ours = faultsOf(outputSchema, output);
    if (ours.length > 0) throw new Error(`${name} answers what the SDK does not know: ${ours}`);
    return output;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stub');
    const body = await buffer(request);
    const name = INVOCATIONS.exec(pathname)?.[1];
    if (name) {
      const call = { account, name: decodeURIComponent(name), headers: request.headers };
      const invoked = { ...call, body: new Uint8Array(body) };
      const {
        status,
        headers,
        body: out,
      } = await invokeEndpoint(plane.endpoint(call.name), invoked);
      response.writeHead(status, headers).end(out);
      return;
    }
    if (pathname === '/events') {
      const events = await feed.after(Number(searchParams.get('after') ?? 0), EVENTS_WAIT_MS);
      response.end(JSON.stringify(events));
      return;
    }
    const output = await operate(`${request.headers['x-amz-target'] ?? pathname}`, body);
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(output));
  };

  const server = createServer(refusing(answer, needs.log)).listen(needs.port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${needs.port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await plane.stop();
    },
  };
};

const isOperation = (name: string): name is keyof typeof schemas => Object.hasOwn(schemas, name);

type Answering = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const refusing =
  (answer: Answering, log: (line: string) => void): RequestListener =>
  (request, response) =>
    void answer(request, response).catch((error: Error) => {
      const isOurs = !(error instanceof AwsError);
      if (isOurs) log(`sagemaker-stub: ${error.stack}`);
      const { code, status } = isOurs ? { code: 'InternalFailure', status: 500 } : error;
      const { message } = error;
      response.writeHead(status, {
        'content-type': 'application/x-amz-json-1.1',
        'x-amzn-errortype': code,
      });
      response.end(
        JSON.stringify({ __type: code, message, Message: message, ...detailsOf(error) }),
      );
    });

const detailsOf = (error: Error) =>
  error instanceof ModelError
    ? { OriginalStatusCode: error.original, OriginalMessage: error.text, LogStreamArn: '' }
    : {};
