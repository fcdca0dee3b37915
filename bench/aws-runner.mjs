// A function in a process of its own, as on Lambda: `node bench/aws-runner.mjs <bundle>`, or with an
// address in place of the bundle, which is then asked directly. Told `{ event, count }` it has the
// event that often, one after the other, and answers with milliseconds each time, and the last answer.
import { Agent, request } from 'node:http';
import { Writable } from 'node:stream';

globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { streams: true }),
  HttpResponseStream: { from: (stream, head) => Object.assign(stream, { head }) },
};
const [target] = process.argv.slice(2);
const isAddress = target.startsWith('http:');
const { handler } = isAddress ? {} : await import(target);
const agent = new Agent({ keepAlive: true });

const context = (awsRequestId) => ({
  ...{ awsRequestId, functionName: 'bench', functionVersion: '1', memoryLimitInMB: '768' },
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:bench',
  getRemainingTimeInMillis: () => 60_000,
});

const ask = ({ body, headers }) =>
  new Promise((resolve, reject) => {
    const sent = request(target, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('end', () => resolve({ statusCode: response.statusCode }));
    });
    sent.once('error', reject).end(body);
  });

/** Until the answer is out, and until the function is through. */
const once = async (event, id) => {
  const began = performance.now();
  const passed = () => performance.now() - began;
  if (isAddress || !handler.streams) {
    const answer = isAddress ? await ask(event) : await handler(event, context(id));
    return { answer, answered: passed(), through: passed() };
  }
  let answered = 0;
  const stream = new Writable({
    write: (_piece, _encoding, done) => done(),
    final(done) {
      answered = passed();
      done();
    },
  });
  await handler(event, stream, context(id));
  return { answer: stream.head, answered, through: passed() };
};

process.on('disconnect', () => process.exit());
process.on('message', async ({ event, count }) => {
  const times = [];
  let last;
  for (let i = 0; i < count; i += 1) {
    const { answer, ...time } = await once(event, `bench-${i}`);
    last = answer;
    times.push(time);
  }
  process.send({ times, last });
});
process.send('ready');
