// What the functions of the AWS home weigh, and how long they take to load over bare Node, also in
// processor time, which other work on the machine disturbs less:
//   node bench/aws-functions.mjs [rounds]     synthesizes the stage dev, then loads each bundle in a process
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const STACKS = ['api', 'tables'];
const rounds = Number(process.argv[2] ?? 15);
const out = mkdtempSync(join(tmpdir(), 'tidegate-bundles-'));

const synthesize = () => {
  const args = ['synth', '--quiet', '--no-notices', '--output', out, '-c', 'stage=dev'];
  const { status, stderr } = spawnSync(join(root, 'node_modules/.bin/cdk'), args, { cwd: root });
  if (status !== 0) throw new Error(String(stderr));
  return STACKS.flatMap((stack) => {
    const file = join(out, `tidegate-dev-${stack}.template.json`);
    return Object.values(JSON.parse(readFileSync(file, 'utf8')).Resources);
  })
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .filter(({ Properties }) => Properties.Environment)
    .map(({ Properties: { Code, Environment } }) => ({
      name: Environment.Variables.POWERTOOLS_SERVICE_NAME,
      folder: join(out, `asset.${Code.S3Key.replace('.zip', '')}`),
      env: told(Environment.Variables),
    }));
};

/** What the stack and Lambda tell a function; nothing is called while it loads, so a reference may be anything. */
const told = (variables) => ({
  ...{ PATH: process.env.PATH, AWS_REGION: 'us-east-1', AWS_LAMBDA_LOG_STREAM_NAME: 'bench' },
  ...Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)])),
});
const LAMBDA = 'globalThis.awslambda={streamifyResponse:(f)=>f,HttpResponseStream:{}};';

const CPU = 'const used=process.cpuUsage();console.log((used.user+used.system)/1000);';

/** Milliseconds of a process that runs this and ends: from outside, and of a processor. */
const run = (code, env = {}) => {
  const began = performance.now();
  const args = ['--input-type=module', '-e', `${LAMBDA}${code};${CPU}process.exit(0)`];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env });
  if (status !== 0) throw new Error(String(stderr));
  return {
    wall: performance.now() - began,
    cpu: Number(String(stdout).trimEnd().split('\n').at(-1)),
  };
};
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

try {
  const functions = synthesize();
  const bare = [];
  const loads = new Map(functions.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    bare.push(run('0'));
    for (const { name, folder, env } of functions) {
      const entry = JSON.stringify(join(folder, 'index.mjs'));
      loads.get(name).push(run(`await import(${entry})`, env));
    }
  }
  const of = (runs, kind) => median(runs.map((one) => one[kind]));
  const [wall, cpu] = ['wall', 'cpu'].map((kind) => of(bare, kind).toFixed(0));
  console.log(`bare Node: ${wall} ms, ${cpu} ms of a processor (medians of ${rounds})`);
  for (const { name, folder } of functions) {
    const [wall, cpu] = ['wall', 'cpu'].map((kind) =>
      (of(loads.get(name), kind) - of(bare, kind)).toFixed(0),
    );
    const bytes = (file) => statSync(join(folder, file)).size;
    const kb = readdirSync(folder).reduce((sum, file) => sum + bytes(file), 0) / 1000;
    console.log(
      `${name.padEnd(12)} ${kb.toFixed(0).padStart(4)} kB   import ${wall} ms over it, ${cpu} ms of a processor`,
    );
  }
} finally {
  rmSync(out, { recursive: true, force: true });
}
