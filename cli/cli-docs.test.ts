import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandNames } from './testing/command-names';
import { runCli } from './testing/run-cli';

const DOCS = readFileSync(join(__dirname, '..', 'docs', 'cli.md'), 'utf8');
const EXAMPLES = DOCS.match(/^tidegate .*$/gm) ?? [];

describe('docs/cli.md', () => {
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
