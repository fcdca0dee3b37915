import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Running, startPlatform, temporaryFolder, wineModel } from '../support/platform';
import { expected } from '../support/wine';
import { runProgram } from './cli-process';

/** The lines that `up` prints to be pasted, to the byte. */
const printedCurl = (output: string): string =>
  /^ {2}curl [^\n]*\\\n(?: {4}[^\n]*\\\n)* {4}[^\n]*$/m.exec(output)?.[0] ?? '';

/** Pastes it into a shell, where curl is told by its own file to print headers too. */
const paste = async (line: string) => {
  const home = temporaryFolder();
  writeFileSync(join(home, '.curlrc'), 'include\n');
  const { code, stdout, stderr } = await runProgram('sh', ['-c', line], {
    env: { CURL_HOME: home },
  });
  const [head = '', body = ''] = stdout.split('\r\n\r\n');
  const [status] = head.split('\r\n');
  return { outcome: { code, stderr, status }, body: JSON.parse(body) };
};

const ANSWERED = { code: 0, stderr: '', status: 'HTTP/1.1 200 OK' };
const [first = Number.NaN] = expected.predictions;

describe('the curl line that is printed', () => {
  let platform: Running | undefined;
  afterEach(async () => {
    await platform?.stop();
  });

  const start = async (service: string) => {
    platform = await startPlatform({ manifest: `services:\n  wine: ${service}\n` });
    return printedCurl(platform.output());
  };

  it.each([
    ['with its key', '', 'keys: [quickstart]', /-H 'Authorization: Bearer tgk-/],
    ['where none is needed', 'auth: false', 'keys: []', /^(?!.*Authorization)/s],
  ])('answers a prediction when it is pasted into a shell, %s', async (_, auth, keys, header) => {
    const parts = [auth, keys, 'versions: { v1: { model: ./examples/wine/model } }'];
    const line = await start(`{ ${parts.filter(Boolean).join(', ')} }`);
    expect(line).toContain(`${platform?.url}/services/wine/predict`);
    expect(line).toMatch(header);
    const { outcome, body } = await paste(line);
    expect(outcome).toEqual(ANSWERED);
    expect(body).toMatchObject({ service_version: 'v1', predictions: [expect.closeTo(first, 4)] });
  });

  it('survives names that a shell would take apart', async () => {
    const folder = temporaryFolder();
    cpSync(wineModel, folder, { recursive: true });
    const rename = (file: string, name: string): void => {
      const text = readFileSync(join(folder, file), 'utf8').replaceAll('alcohol', name);
      writeFileSync(join(folder, file), text);
    };
    // In YAML's single quotes an apostrophe is written twice.
    rename('MLmodel', "the $HOME''s `alcohol`");
    rename('input_example.json', "the $HOME's `alcohol`");
    const line = await start(`{ keys: [it], versions: { v1: { model: ${folder} } } }`);
    expect(line).toContain('`alcohol`');
    const { outcome, body } = await paste(line);
    expect(outcome).toEqual(ANSWERED);
    expect(body.predictions).toEqual([expect.closeTo(first, 4)]);
  });
});
