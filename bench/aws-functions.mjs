// What the functions of the AWS home weigh, and how long they take to load over bare Node:
//   node bench/aws-functions.mjs [rounds]     synthesizes the stage dev, then loads each bundle in a process
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const rounds = Number(process.argv[2] ?? 15);
const out = mkdtempSync(join(tmpdir(), 'tidegate-bundles-'));

const synthesize = () => {
  const args = ['synth', '--quiet', '--no-notices', '--output', out, '-c', 'stage=dev'];
  const { status, stderr } = spawnSync(join(root, 'node_modules/.bin/cdk'), args, { cwd: root });
  if (status !== 0) throw new Error(String(stderr));
  const template = JSON.parse(readFileSync(join(out, 'tidegate-dev-api.template.json'), 'utf8'));
  return Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties: { Code, Environment } }) => ({
      name: Environment?.Variables.POWERTOOLS_SERVICE_NAME,
      file: join(out, `asset.${Code.S3Key?.replace('.zip', '')}`, 'index.mjs'),
    }))
    .filter(({ name }) => name !== undefined);
};

// What the stack and Lambda tell a function; nothing is called while it loads.
const env = {
  ...{ PATH: process.env.PATH, AWS_REGION: 'us-east-1', AWS_LAMBDA_LOG_STREAM_NAME: 'bench' },
  ...{ STAGE: 'dev', RECORDS_TABLE: 'records', ARTIFACTS_BUCKET: 'a', TEMPLATES_BUCKET: 'a' },
  ...{ CAPTURED_BUCKET: 'c', SECRETS_PREFIX: 'tidegate-dev/', ALLOWED_INSTANCE_TYPES: 'x' },
  SERVICE_ROLE_ARN: 'arn:aws:iam::000000000000:role/service',
};
const LAMBDA = 'globalThis.awslambda={streamifyResponse:(f)=>f,HttpResponseStream:{}};';

/** Milliseconds of a process that runs this and ends. */
const run = (code) => {
  const began = performance.now();
  const args = ['--input-type=module', '-e', `${LAMBDA}${code};process.exit(0)`];
  const { status, stderr } = spawnSync(process.execPath, args, { env });
  if (status !== 0) throw new Error(String(stderr));
  return performance.now() - began;
};
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

try {
  const functions = synthesize();
  const bare = [];
  const loads = new Map(functions.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    bare.push(run('0'));
    for (const { name, file } of functions) {
      loads.get(name).push(run(`await import(${JSON.stringify(file)})`));
    }
  }
  console.log(`bare Node: ${median(bare).toFixed(0)} ms (median of ${rounds})`);
  for (const { name, file } of functions) {
    const over = median(loads.get(name)) - median(bare);
    const kb = (statSync(file).size / 1000).toFixed(0);
    console.log(`${name.padEnd(12)} ${kb.padStart(4)} kB   import ${over.toFixed(0)} ms over it`);
  }
} finally {
  rmSync(out, { recursive: true, force: true });
}
