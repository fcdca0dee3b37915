import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { awsEnvironment, TEST_CREDENTIALS } from './aws/testing/aws-environment';
import { commandNames } from './testing/command-names';
import { runCli } from './testing/run-cli';

const DOCS = readFileSync(join(__dirname, '..', 'docs', 'cli.md'), 'utf8');
const EXAMPLES = DOCS.match(/^tidegate .*$/gm) ?? [];

describe('docs/cli.md', () => {
  // Examples destroy things: whoever runs this may have credentials of a real account.
  awsEnvironment({
    ...{ ...TEST_CREDENTIALS, AWS_REGION: 'eu-west-1' },
    AWS_ENDPOINT_URL: 'http://127.0.0.1:8',
  });

  it.each(commandNames())('has an example of %s', (name) => {
    const found = EXAMPLES.some(
      (line) => line === `tidegate ${name}` || line.startsWith(`tidegate ${name} `),
    );
    expect({ name, found }).toEqual({ name, found: true });
  });

  it('has no secrets in its examples', () => {
    expect(EXAMPLES.filter((line) => /--(token|key)\b|tg[ko]-/.test(line))).toEqual([]);
  });

  it.each(EXAMPLES)('is called rightly by: %s', async (line) => {
    const [, ...args] = (line.replace(/\s+#.*|[<>|].*/g, '').match(/"[^"]*"|\S+/g) ?? []).map(
      (word) => word.replaceAll('"', ''),
    );
    // What it names is not there, and nothing answers: all but wrong usage is fine.
    const words = args.includes('init') ? [...args, '--file', '/nowhere/tidegate.yaml'] : args;
    const { code, stderr } = await runCli(words, { endpoint: 'http://127.0.0.1:1' });
    expect({ usage: code === 2, stderr: code === 2 ? stderr : '' }).toEqual({
      usage: false,
      stderr: '',
    });
  });
});
