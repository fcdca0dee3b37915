import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '../..');
const BIN = join(ROOT, 'node_modules/.bin');
const SYNTH_MS = 120_000;

/** A resource of a CloudFormation template. */
export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** The resources of a stack by their logical ids. */
export type Resources = Readonly<Record<string, Resource>>;

/**
 * The stacks that the real CDK CLI makes of an app, by name, without network, credentials and Docker.
 * @throws with its output when it fails, as it does for a finding of cdk-nag or of the default rules
 */
export const synth = (
  context: Readonly<Record<string, string>>,
  app = 'tsx bin/platform.ts',
): ReadonlyMap<string, Resources> => {
  const out = mkdtempSync(join(tmpdir(), 'tidegate-cdk-'));
  try {
    const given = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const { status, stdout, stderr } = spawnSync(
      join(BIN, 'cdk'),
      ['synth', '--quiet', '--no-notices', '--app', app, '--output', join(out, 'cdk'), ...given],
      {
        cwd: ROOT,
        encoding: 'utf8',
        timeout: SYNTH_MS,
        env: {
          PATH: [BIN, dirname(process.execPath), '/usr/bin', '/bin'].join(':'),
          ...{ HOME: out, TMPDIR: out, CI: 'true', CDK_DISABLE_CLI_TELEMETRY: '1' },
          AWS_EC2_METADATA_DISABLED: 'true',
        },
      },
    );
    if (status !== 0) throw new Error(`cdk synth ended with ${status}: ${stdout}${stderr}`);
    const files = readdirSync(join(out, 'cdk')).filter((file) => file.endsWith('.template.json'));
    return new Map(
      files.map((file) => [
        file.slice(0, -'.template.json'.length),
        JSON.parse(readFileSync(join(out, 'cdk', file), 'utf8')).Resources,
      ]),
    );
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
};
