import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Caller, caller, until } from '../support/api';
import { type Running, startPlatform } from '../support/platform';
import { wineBody } from '../support/wine';
import { childrenOf } from './children-of';
import {
  csv,
  env,
  lists,
  manifest,
  record,
  split,
  tensors,
  VALUES,
  wineRecord,
} from './policed-services';
import { DOES } from './process-model';
import { requestText, sendRaw } from './raw-socket';

const OPERATOR = `tgo-${'Opq7Zx'.repeat(6)}`;
const JUNK = `tgk-${'Jnk4Vw'.repeat(6)}0000`;

/** Every file under a folder. */
const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** Bodies that are refused: each with its status, and headers where it is for them. */
const refusedOf = (
  one: object,
): readonly (readonly [status: number, body: unknown, headers?: Record<string, string>])[] => {
  const text = JSON.stringify(split(one));
  const [first = ''] = Object.keys(one);
  return [
    [400, text.slice(0, -1)],
    [400, `${text}${text}`],
    [400, { dataframe_records: [Object.fromEntries(Object.entries(one).slice(1))] }],
    [400, { dataframe_records: [{ ...one, [first]: VALUES.HASHED }] }],
    [400, { dataframe_records: [{ ...one, [first]: [VALUES.MASKED] }] }],
    [400, { ...split(one), client_request_id: `${VALUES.DROPPED}\n` }],
    [400, { ...split(one), params: VALUES.HASHED }],
    [400, `${csv(one)}${VALUES.MASKED}`, { 'content-type': 'text/csv' }],
    [400, `"${VALUES.HASHED}`, { 'content-type': 'text/csv' }],
    [415, text, { 'content-type': 'text/plain' }],
    [415, text, { 'content-encoding': 'gzip' }],
  ];
};

describe('secrets', () => {
  let running: Running;
  let operator: Caller;
  /** All answers of the journey that are not meant to hold a secret. */
  const answers: string[] = [];
  /** By what they are. */
  const secrets: Record<string, string> = {};
  let processTexts = '';
  const body = split(record(1, 2));

  const told = async (asked: ReturnType<Caller>) => {
    const answer = await asked;
    answers.push(`${JSON.stringify([...answer.headers])} ${answer.text}`);
    return answer;
  };

  /** Asks for the same row in every shape, and in every way that is refused. */
  const predictions = async (service: string, one: object, key: string): Promise<void> => {
    const call = caller(running.url, key);
    const at = `/services/${service}`;
    const headers = { 'x-tidegate-split-key': VALUES.SPLIT_KEY };
    const bodies = [split(one), { dataframe_records: [one] }, { instances: [one] }, lists(one)];
    const good = [
      ...bodies.map((body) => told(call(`${at}/predict`, { body, headers }))),
      told(call(`${at}/predict`, { body: csv(one), headers: { 'content-type': 'text/csv' } })),
      told(call(`${at}/v2/models/${service}/infer`, { body: tensors(one) })),
      told(call(`${at}/compare`, { body: split(one) })),
    ];
    for (const { status, text } of await Promise.all(good)) {
      expect({ status, text }).toMatchObject({ status: 200 });
    }
    for (const [status, body, more] of refusedOf(one)) {
      const answer = await told(call(`${at}/predict`, { body, ...(more && { headers: more }) }));
      expect({ status: answer.status, body }).toEqual({ status, body });
      await told(call(`${at}/compare`, { body, ...(more && { headers: more }) }));
    }
    await told(call(`${at}/v2/models/${service}/infer`, { body: JSON.stringify(split(one)) }));
    await told(call(`${at}/v2/models/${service}/infer`, { body: { inputs: [VALUES.HASHED] } }));
  };

  /** Whatever becomes of the model, too. */
  const failures = async (): Promise<void> => {
    const call = caller(running.url, running.key('omega', 'first'));
    for (const does of [DOES.fail, DOES.babble, DOES.cut, DOES.die]) {
      await told(call('/services/omega/predict', { body: split(record(does)) }));
      await told(call('/services/omega/compare', { body: split(record(does)) }));
      await until(
        () => call('/services/omega/predict', { body: split(record(1, 2)) }),
        ({ status }) => status === 200,
      );
    }
  };

  /** Signs in with the printed link; answers the headers of the page that did. */
  const signIn = async (): Promise<Readonly<Record<string, string>>> => {
    const anyone = caller(running.url);
    const code = /#code=(\w+)/.exec(running.output())?.[1] ?? '';
    // It is what this answer is for, so it is not among those told.
    const signedIn = await anyone('/api/session', { body: { code } });
    expect(signedIn.status).toBe(201);
    const session = /tidegate_session=([^;]+)/.exec(signedIn.headers.get('set-cookie') ?? '')?.[1];
    secrets.code = code;
    secrets.session = session ?? '';
    await told(anyone('/api/session', { body: { code } }));
    await told(anyone('/api/session', { body: { code: JUNK } }));
    const cookie = { cookie: `tidegate_session=${session}` };
    expect((await told(anyone('/api/me', { headers: cookie }))).status).toBe(200);
    return { ...cookie, 'sec-fetch-site': 'same-origin' };
  };

  /** Makes, uses, rotates and ends keys and tokens. */
  const lives = async (): Promise<void> => {
    const made = await operator('/api/services/omega/keys', { body: { name: 'made' } });
    const key = `/api/services/omega/keys/${made.body.id}`;
    const rotated = await operator(`${key}/rotate`, { body: { grace_s: 60 } });
    secrets['key made'] = made.body.key;
    secrets['key rotated'] = rotated.body.key;
    for (const used of [made.body.key, rotated.body.key]) {
      const answer = await told(caller(running.url, used)('/services/omega/predict', { body }));
      expect(answer.status).toBe(200);
    }
    await told(operator(key, { method: 'DELETE' }));
    const olive = { name: 'olive', role: 'editor', data: true };
    const admitted = await operator('/api/operators', { body: olive });
    const turned = await operator(`/api/operators/${admitted.body.id}/rotate`, { method: 'POST' });
    secrets['token of olive'] = admitted.body.token;
    secrets['new token of olive'] = turned.body.token;
  };

  /** Credentials where they do not belong, and wrong ones. */
  const misplaced = async (): Promise<void> => {
    const omega = running.key('omega', 'first');
    const anyone = caller(running.url);
    const wrong = caller(running.url, JUNK);
    await told(wrong('/services/omega/predict', { body }));
    await told(wrong('/api/services'));
    await told(anyone(`/services/omega/predict?api_key=${omega}`, { body }));
    await told(anyone(`/api/services?token=${OPERATOR}`));
    await told(operator(`/api/services?limit=${omega}`));
    await told(operator('/api/services/omega/traffic', { method: 'PUT', body: omega }));
    await told(operator('/api/services/omega/keys', { body: { name: omega } }));
    await told(operator('/api/services/omega/keys', { body: { name: 'more', secret: OPERATOR } }));
    await told(operator('/api/services', { headers: { 'x-api-key': omega } }));
    const twice = [`Authorization: ${omega}`, `X-Api-Key: ${JUNK}`, `Cookie: a=${OPERATOR}`];
    for (const text of [
      requestText('POST', '/services/omega/predict', twice, JSON.stringify(body)),
      `GET / HTTP/1.1\r\n${omega}\r\n\r\n`,
    ]) {
      answers.push((await sendRaw(running.url, text))?.text ?? '');
    }
  };

  /** All that the control API shows. */
  const everythingShown = async (): Promise<void> => {
    const things = ['', '/versions', '/versions/v1', '/versions/v1/instances', '/keys'];
    const records = ['/events?limit=200', '/logs?limit=1000', '/requests?limit=200'];
    for (const path of [
      ...['omega', 'beta', 'gamma'].flatMap((service) =>
        [...things, ...records].map((rest) => `/api/services/${service}${rest}`),
      ),
      ...['/api/audit?limit=200', '/api/operators', '/api/models', '/openapi.json'],
    ]) {
      const { status, text } = await told(operator(path));
      expect({ path, status, text }).toMatchObject({ status: 200 });
    }
  };

  /** What others on the machine see of the processes, and what the models are given. */
  const shownOfProcesses = (): string => {
    const { pid = 0 } = running.process;
    const children = childrenOf(pid);
    expect(children.length).toBeGreaterThan(0);
    return [pid, ...children]
      .map((one) => readFileSync(`/proc/${one}/cmdline`, 'utf8'))
      .concat(children.map((one) => readFileSync(`/proc/${one}/environ`, 'utf8')))
      .join('\n');
  };

  beforeAll(async () => {
    running = await startPlatform({ manifest, env: { ...env, TIDEGATE_OPERATOR_TOKEN: OPERATOR } });
    operator = caller(running.url, OPERATOR);
    Object.assign(secrets, { operator: OPERATOR, junk: JUNK });
    for (const [service, name] of [
      ['omega', 'first'],
      ['omega', 'second'],
      ['beta', 'first'],
    ] as const) {
      secrets[`key ${name} of ${service}`] = running.key(service, name);
    }
    await predictions('omega', record(1, 2), running.key('omega', 'first'));
    await predictions('beta', wineRecord, running.key('beta', 'first'));
    const anyone = caller(running.url);
    expect((await anyone('/services/gamma/predict', { body: wineBody })).status).toBe(200);
    await failures();
    const page = await signIn();
    await told(anyone('/services/omega/predict', { body, headers: page }));
    await lives();
    await misplaced();
    await everythingShown();
    processTexts = shownOfProcesses();
    expect(processTexts).toContain('CHILD_VARIABLE=given');
    await told(anyone('/api/session', { method: 'DELETE', headers: page }));
    expect(await running.stop()).toBe(0);
  }, 45_000);

  /** Which of them a text holds. */
  const leaksIn = (text: string, wanted: Readonly<Record<string, string | number>>): string[] =>
    Object.keys(wanted).filter((name) => text.includes(String(wanted[name])));

  /** Which of them lie where in the data folder, but for the file that is made for them. */
  const leaksOnDisk = (wanted: Readonly<Record<string, string | number>>): string[] =>
    filesOf(running.data)
      .filter((file) => relative(running.data, file) !== 'credentials.json')
      .flatMap((file) =>
        leaksIn(readFileSync(file, 'latin1'), wanted).map(
          (name) => `${name} in ${relative(running.data, file)}`,
        ),
      );

  describe('credentials', () => {
    it('were all met on the way', () => {
      expect(Object.keys(secrets)).toHaveLength(11);
      for (const secret of Object.values(secrets)) expect(secret.length).toBeGreaterThan(30);
      expect(new Set(Object.values(secrets)).size).toBe(11);
    });

    it('are in no file but credentials.json: records hold digests only', () => {
      expect(leaksOnDisk(secrets)).toEqual([]);
    });

    it('are in no log line: only the first key and the sign-in link are printed, once', () => {
      const lines = running.output().split('\n');
      const isPrinted = (line: string) =>
        /^Sign in to the console.*#code=\w+$/.test(line) ||
        /^\s+-H 'Authorization: Bearer /.test(line);
      expect(lines.filter(isPrinted)).toHaveLength(2);
      expect(leaksIn(lines.filter((line) => !isPrinted(line)).join('\n'), secrets)).toEqual([]);
    });

    it('are in no answer after the one that gave them', () => {
      expect(answers.length).toBeGreaterThan(80);
      expect(answers.filter((text) => leaksIn(text, secrets).length > 0)).toEqual([]);
    });

    it('are in no command line, and in no environment of a model process', () => {
      expect(leaksIn(processTexts, secrets)).toEqual([]);
      expect(processTexts).not.toContain('TIDEGATE_OPERATOR_TOKEN');
    });
  });

  describe('the data folder', () => {
    it('is for its owner alone, with everything in it', () => {
      const all = readdirSync(running.data, { recursive: true, withFileTypes: true });
      const modes = all.map((entry) => {
        const file = join(entry.parentPath, entry.name);
        const mode = lstatSync(file).mode & 0o777;
        return { file: relative(running.data, file), mode: mode.toString(8) };
      });
      expect(lstatSync(running.data).mode & 0o777).toBe(0o700);
      expect(modes.filter(({ mode }) => Number.parseInt(mode, 8) & 0o077)).toEqual([]);
    });
  });

  describe('columns under a policy', () => {
    it('leave no trace of their values in any file', () => {
      expect(leaksOnDisk(VALUES)).toEqual([]);
      expect(leaksIn(readFileSync(join(running.data, 'credentials.json'), 'utf8'), VALUES)).toEqual(
        [],
      );
    });

    it('leave no trace in what is printed or answered, errors and captured requests included', () => {
      expect(leaksIn(running.output(), VALUES)).toEqual([]);
      expect(answers.filter((text) => leaksIn(text, VALUES).length > 0)).toEqual([]);
    });

    it('are hashed alike, nulled, or gone in every captured body, whatever its shape', async () => {
      const captured = linesOf(running.data);
      for (const [service, hashed, masked, dropped] of [
        ['omega', 'hashed', 'masked', 'dropped'],
        ['beta', 'alcohol', 'pH', 'density'],
      ] as const) {
        const mine = captured.filter((line) => line.service === service);
        const good = mine.filter((line) => line.status_code === 200);
        expect(new Set(good.map((line) => line.request_format)).size).toBe(6);
        const hashes = good.map(({ request }) => {
          const { columns, data } = request.dataframe_split;
          expect(columns).not.toContain(dropped);
          const [row = []] = data;
          expect(row[columns.indexOf(masked)]).toBeNull();
          return row[columns.indexOf(hashed)];
        });
        expect(new Set(hashes).size).toBe(1);
        expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
        expect(mine.some((line) => line.role === 'compare')).toBe(true);
        expect(good.some((line) => /^[0-9a-f]{64}$/.test(line.split_key_hash ?? ''))).toBe(true);
      }
    });

    it('keep refused bodies out that could not be read', () => {
      const refused = linesOf(running.data).filter(({ status_code: code }) =>
        [400, 415].includes(code),
      );
      expect(refused.length).toBeGreaterThan(20);
      expect(refused.filter(({ request }) => request !== null)).toEqual([]);
      const failed = linesOf(running.data).filter(({ status_code: code }) => code === 502);
      expect(failed.length).toBeGreaterThan(3);
      for (const { request } of failed) {
        expect(request.dataframe_split.columns).toEqual(['a', 'b', 'hashed', 'masked']);
      }
    });
  });

  it("has callers' addresses only where a service asks for them", () => {
    const lines = linesOf(running.data);
    const withAddress = lines.filter(({ client_ip: address }) => address !== null);
    expect(new Set(withAddress.map(({ service }) => service))).toEqual(new Set(['gamma']));
    const others = lines.filter(({ service }) => service !== 'gamma');
    expect(JSON.stringify(others)).not.toContain('127.0.0.1');
  });
});

interface Captured {
  readonly service: string;
  readonly status_code: number;
  readonly request_format: string | null;
  readonly role: string;
  readonly client_ip: string | null;
  readonly split_key_hash: string | null;
  readonly request: {
    readonly dataframe_split: { readonly columns: string[]; readonly data: unknown[][] };
  };
}

const linesOf = (data: string): Captured[] =>
  filesOf(join(data, 'capture'))
    .filter((file) => file.endsWith('.ndjson'))
    .flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(0, -1))
    .map((line) => JSON.parse(line) as Captured);
