import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

/**
 * Runs a journey of the embedded home against another one, in a process of its own. @throws with what it
 * printed when it fails
 */
export const runJourney = (
  name: string,
  { url, token }: { readonly url: string; readonly token: string },
): Promise<string> =>
  new Promise((resolve, reject) => {
    const jest = spawn(
      join(ROOT, 'node_modules/.bin/jest'),
      ['-w', '1', '--selectProjects', 'journeys', '--testPathPatterns', `/${name}.journey`],
      { cwd: ROOT, env: { ...process.env, BASE_URL: url, OPERATOR_TOKEN: token } },
    );
    let printed = '';
    for (const stream of [jest.stdout, jest.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
    }
    jest.once('error', reject);
    jest.once('close', (code) => (code === 0 ? resolve(printed) : reject(new Error(printed))));
  });
