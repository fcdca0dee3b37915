// The platform that the demo plays on: the one that runs on this data folder, or one that it starts.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './setup.mjs';

const credentialsIn = (data) => {
  try {
    return JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8'));
  } catch {
    return {};
  }
};

const answers = async (url) => {
  try {
    return (await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
};

/** `{ url, token, child }`; `child` is undefined where a platform ran already. */
export const findPlatform = async (data) => {
  const known = credentialsIn(data);
  if (known.endpoint && (await answers(known.endpoint))) {
    return { url: known.endpoint, token: known.operator_token };
  }
  const args = [join(root, 'bin/launch.mjs'), 'up', '--data', data];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  let said = '';
  const url = await new Promise((resolve, reject) => {
    child.stdout.on('data', (text) => {
      said += text;
      const found = /is ready on (\S+)/.exec(said)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', () => reject(new Error('the platform did not start: see above')));
  });
  return { url, token: credentialsIn(data).operator_token, child };
};

/** `call(path, { method, body, as })` answers `{ status, body, headers }`; waits where it is told to. */
export const callerOf =
  ({ url, token }) =>
  async (path, { method, body, as = token, type = 'application/json' } = {}) => {
    for (let tries = 1; ; tries += 1) {
      const response = await fetch(path.startsWith('http') ? path : `${url}${path}`, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: { authorization: `Bearer ${as}`, 'content-type': type },
        body: typeof body === 'object' && !Buffer.isBuffer(body) ? JSON.stringify(body) : body,
        signal: AbortSignal.timeout(60_000),
      });
      const wait = Number(response.headers.get('retry-after') ?? 1);
      const text = await response.text();
      if ((response.status === 429 || response.status === 503) && tries < 10 && wait <= 10) {
        await sleep(wait * 1000);
        continue;
      }
      const isJson = (response.headers.get('content-type') ?? '').includes('json');
      return { status: response.status, body: isJson && text !== '' ? JSON.parse(text) : text };
    }
  };
