// Brings a new model into a running service, a little traffic first: `node examples/pipeline/promote.mjs
// --service wine --package ./model --rows ./rows.csv`. It calls the command line alone, which has to be
// signed in; README.md says what each step is for.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';

const TIDEGATE = join(import.meta.dirname, '../../bin/launch.mjs');
const { values: options } = parseArgs({
  options: {
    service: { type: 'string' },
    // What `tidegate models register` takes.
    package: { type: 'string' },
    // What `tidegate predict` takes, in columns of the model.
    rows: { type: 'string' },
    // Under which name models are registered; the service's own by default.
    model: { type: 'string' },
    // As `tidegate versions add --compute`.
    compute: { type: 'string' },
    // Percent of the traffic while it is watched.
    weight: { type: 'string', default: '10' },
    // Seconds that it is watched, and between two looks.
    watch: { type: 'string', default: '60' },
    every: { type: 'string', default: '10' },
    // Seconds that a version may take to run; a new endpoint takes minutes.
    patience: { type: 'string', default: '1800' },
    // A shell command that is asked at each look; another exit code than 0 takes the version back.
    check: { type: 'string' },
  },
});
const { service, package: folder, rows, check, patience } = options;
const [weight, watchS, everyS] = [options.weight, options.watch, options.every].map(Number);
const isWhole = Number.isInteger(weight) && weight > 0 && weight < 100;
if (!service || !folder || !rows || !isWhole || !(watchS >= 0 && everyS > 0)) {
  console.error(
    'usage: promote.mjs --service <name> --package <folder> --rows <file> [--weight 10]',
  );
  process.exit(2);
}

const run = promisify(execFile);
// Who cancels the job takes the version back.
const cancelled = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => cancelled.abort(new Error('it was cancelled')));
}

/** Runs the command line; what it answers as JSON, or undefined. */
const tidegate = async (args, signal = cancelled.signal) => {
  const options = { maxBuffer: 1 << 28, ...(signal && { signal }) };
  const { stdout } = await run(process.execPath, [TIDEGATE, ...args, '--json'], options);
  return stdout === '' ? undefined : JSON.parse(stdout);
};

/** `{ v1: 90, v4: 10 }`: the others keep their shares of what is left. */
const beside = (former, version) => {
  const shares = Object.entries(former).map(([name, share]) => [
    name,
    Math.floor((share * (100 - weight)) / 100),
  ]);
  const left = 100 - weight - shares.reduce((sum, [, share]) => sum + share, 0);
  shares.sort(([, a], [, b]) => b - a)[0][1] += left;
  return { ...Object.fromEntries(shares), [version]: weight };
};

const setTraffic = (traffic, signal) => {
  const shares = Object.entries(traffic).map(([name, share]) => `${name}=${share}`);
  return tidegate(['services', 'traffic', service, ...shares, '--wait'], signal);
};

/** The command line's problem document, as far as it left one. */
const problemOf = ({ stderr = '' }) => {
  try {
    return JSON.parse(stderr);
  } catch {
    return { detail: stderr.trim() || undefined };
  }
};
const reasonOf = (error) =>
  cancelled.signal.aborted ? 'it was cancelled' : (problemOf(error).detail ?? error.message);

/** Every row gets an answer, from this very version. On AWS all know within 10 s that it runs. */
const ask = async (version, knownBy = Date.now() + 15_000) => {
  try {
    const { predictions } = await tidegate(['predict', service, rows, '--version', version]);
    if (predictions.some((value) => value === null)) throw new Error('it answers NaN or infinity');
    return predictions.length;
  } catch (error) {
    const isNews = problemOf(error).type === 'urn:tidegate:version-not-found';
    if (!isNews || Date.now() > knownBy) throw error;
    await sleep(1000);
    return ask(version, knownBy);
  }
};

const look = async (version) => {
  await ask(version);
  if (!check) return;
  const env = { ...process.env, SERVICE: service, VERSION: version };
  await run('sh', ['-c', check], { env, signal: cancelled.signal });
};

const watch = async (version) => {
  const end = Date.now() + watchS * 1000;
  await look(version);
  while (Date.now() < end) {
    await sleep(everyS * 1000, undefined, { signal: cancelled.signal });
    await look(version);
  }
};

/** Also when it was cancelled: a runner gives some seconds, which the traffic needs first. */
const takeBack = async (former, version) => {
  await setTraffic(former, null);
  const stop = ['versions', 'stop', service, version, '--wait', '--wait-timeout', patience];
  await tidegate(stop, null);
  await tidegate(['versions', 'delete', service, version, '--yes'], null);
};

let step = 'the service';
let version;
let former;
try {
  ({ traffic: former } = await tidegate(['services', 'show', service]));
  if (Object.keys(former).length === 0) throw new Error(`${service} has no traffic to share yet`);

  step = 'registration';
  const model = await tidegate(['models', 'register', options.model ?? service, folder]);
  const registered = `${model.model}/${model.version}`;
  console.log(`registered ${registered}`);

  step = 'the start';
  const compute = options.compute ? ['--compute', options.compute] : [];
  const added = await tidegate(['versions', 'add', service, '--model', registered, ...compute]);
  version = added.name;
  // Running means that it has answered its example as expected.
  await tidegate(['versions', 'start', service, version, '--wait', '--wait-timeout', patience]);
  console.log(`${version} runs, and answers its example as expected`);

  step = 'the rows';
  console.log(`${version} answers ${await ask(version)} rows, before anybody else asks it`);

  step = `${weight} % of the traffic`;
  await setTraffic(beside(former, version));
  console.log(`${version} gets ${weight} %: watching for ${watchS} s`);
  await watch(version);

  step = 'all of the traffic';
  await setTraffic({ [version]: 100 });
  console.log(`${version} gets all of the traffic`);
  for (const name of Object.keys(former)) {
    console.log(`when you are sure: npx tidegate versions stop ${service} ${name}`);
  }
} catch (error) {
  console.error(`refused at ${step}: ${reasonOf(error)}`);
  process.exitCode = 1;
  if (version !== undefined) {
    try {
      await takeBack(former, version);
      console.error(`${version} is taken back: the traffic is as it was`);
    } catch (failure) {
      console.error(
        `${version} could not be taken back: ${problemOf(failure).detail ?? failure.message}`,
      );
    }
  }
}
