import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { create, Header } from 'tar';
import { unpack } from './package-archive';
import { uploads } from './package-upload';

const roots: string[] = [];
const temporary = (): string => {
  const root = mkdtempSync(join(tmpdir(), 'upload-'));
  roots.push(root);
  return root;
};
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true });
});

const start = Date.parse('2026-01-01T12:00:00Z');
const open = (folder = join(temporary(), 'uploads')) => {
  let time = start;
  let id = 0;
  const kept = uploads({
    folder,
    now: () => new Date(time),
    newId: () => `id-${++id}`,
    newToken: () => `token-${id}`,
  });
  return {
    folder,
    ...kept,
    wait: (ms: number) => {
      time += ms;
    },
    /** Sends bytes to a new place. */
    async sent(...chunks: Uint8Array[]) {
      const { upload_id, url } = await kept.create('http://host:1');
      const token = new URL(url).searchParams.get('token') ?? '';
      await kept.receive(upload_id, token, stream(chunks));
      return upload_id;
    },
  };
};

async function* stream(chunks: readonly Uint8Array[], then?: Error) {
  yield* chunks;
  if (then) throw then;
}

/** One entry of a tar, of any type and with any path. */
const entry = (path: string, text = '', more: { type?: string; linkpath?: string } = {}) => {
  const header = new Header({
    path,
    size: text.length,
    mode: 0o644,
    type: 'File',
    mtime: new Date(0),
    ...more,
  } as never);
  const block = Buffer.alloc(512);
  header.encode(block, 0);
  const content = Buffer.alloc(Math.ceil(text.length / 512) * 512);
  content.write(text);
  return Buffer.concat([block, content]);
};
const END = Buffer.alloc(1024);
const archive = (...entries: Buffer[]) => gzipSync(Buffer.concat([...entries, END]));

describe('sending a package', () => {
  it('gives an absolute address that is its own permission', async () => {
    const place = await open().create('http://127.0.0.1:8080');
    expect(place).toEqual({
      upload_id: 'id-1',
      url: 'http://127.0.0.1:8080/api/uploads/id-1?token=token-1',
      method: 'PUT',
    });
  });

  it('takes an .onnx file as it is', async () => {
    const { sent, take } = open();
    const { folder, release } = await take(await sent(Buffer.from('o'), Buffer.from('nnx')));
    expect(readdirSync(folder)).toEqual(['model.onnx']);
    expect(readFileSync(join(folder, 'model.onnx'), 'utf8')).toBe('onnx');
    await release();
    expect(existsSync(folder)).toBe(false);
  });

  it.each([
    ['at its root', ['MLmodel', 'data/model.onnx']],
    ['in one folder', ['model/MLmodel', 'model/data/model.onnx']],
    [
      'in one folder, with what macOS adds',
      ['model/MLmodel', 'model/data/model.onnx', '._model', '__MACOSX/x'],
    ],
  ])('unpacks an archive with the package %s', async (_, paths) => {
    const source = temporary();
    for (const path of paths) {
      mkdirSync(dirname(join(source, path)), { recursive: true });
      writeFileSync(join(source, path), path.padEnd(100_000));
    }
    const file = join(temporary(), 'model.tar.gz');
    await create({ gzip: true, cwd: source, file }, readdirSync(source));
    const { sent, take } = open();
    const { folder, release } = await take(await sent(readFileSync(file)));
    expect(readdirSync(folder).sort()).toEqual(['MLmodel', 'data']);
    expect(readFileSync(join(folder, 'data/model.onnx'))).toHaveLength(100_000);
    await release();
  });

  it('works once: for sending, and for registering', async () => {
    const { create: make, receive, take } = open();
    const { upload_id } = await make('');
    await receive(upload_id, 'token-1', stream([Buffer.from('x')]));
    const again = receive(upload_id, 'token-1', stream([Buffer.from('y')]));
    await expect(again).rejects.toMatchObject({ kind: 'forbidden' });
    await (await take(upload_id)).release();
    await expect(take(upload_id)).rejects.toMatchObject({ kind: 'bad-request' });
  });

  it('refuses another token, an unknown upload, and two at once', async () => {
    const { create: make, receive, take } = open();
    const { upload_id } = await make('');
    const refused = { kind: 'forbidden', message: expect.not.stringContaining('token') };
    await expect(receive(upload_id, 'token-2', stream([]))).rejects.toMatchObject(refused);
    await expect(receive(upload_id, '', stream([]))).rejects.toMatchObject(refused);
    await expect(receive('id-9', 'token-1', stream([]))).rejects.toMatchObject(refused);
    await expect(take(upload_id)).rejects.toMatchObject({ kind: 'bad-request' });
    const both = await Promise.allSettled(
      [1, 2].map(() => receive(upload_id, 'token-1', stream([Buffer.from('x')]))),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('ends after 15 minutes, and takes its bytes along', async () => {
    const { create: make, receive, sent, take, wait, folder } = open();
    const { upload_id } = await make('');
    const received = await sent(Buffer.from('x'));
    wait(15 * 60_000);
    await expect(receive(upload_id, 'token-1', stream([]))).rejects.toMatchObject({
      kind: 'forbidden',
    });
    await expect(take(received)).rejects.toMatchObject({ kind: 'bad-request' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('gives the room of what nobody registered back, and not of what is being registered', async () => {
    const { sent, take, sweep, wait, folder } = open();
    await sent(Buffer.from('forgotten'));
    const taken = await take(await sent(Buffer.from('wanted')));
    wait(15 * 60_000);
    await sweep();
    expect(readdirSync(folder)).toEqual(['id-2']);
    expect(readFileSync(join(taken.folder, 'model.onnx'), 'utf8')).toBe('wanted');
  });

  it('may be sent again after it broke off', async () => {
    const { create: make, receive, take, folder } = open();
    const { upload_id } = await make('');
    const broken = Object.assign(new Error('gone'), { code: 'ECONNRESET' });
    await expect(
      receive(upload_id, 'token-1', stream([Buffer.from('half')], broken)),
    ).rejects.toMatchObject({ kind: 'bad-request' });
    expect(readdirSync(folder)).toEqual([]);
    await receive(upload_id, 'token-1', stream([Buffer.from('whole')]));
    const taken = await take(upload_id);
    expect(readFileSync(join(taken.folder, 'model.onnx'), 'utf8')).toBe('whole');
  });

  it('refuses more than 2 GiB while it comes, and keeps nothing of it', async () => {
    const { create: make, receive, folder } = open();
    const { upload_id } = await make('');
    // A stream's chunk may be any size; this one is never written.
    const huge = { length: 2 ** 31 + 1 } as Uint8Array;
    await expect(
      receive(upload_id, 'token-1', stream([Buffer.from('x'), huge])),
    ).rejects.toMatchObject({ kind: 'body-too-large' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses to wait for more than a hundred packages', async () => {
    const { create: make, wait } = open();
    for (let i = 0; i < 100; i++) await make('');
    await expect(make('')).rejects.toMatchObject({ kind: 'overloaded' });
    wait(15 * 60_000);
    await expect(make('')).resolves.toBeTruthy();
  });

  it('empties its folder at the start: what waited there is no longer known', async () => {
    const before = open();
    const upload = await before.sent(Buffer.from('left over'));
    const { sent, take } = open(before.folder);
    await expect(take(upload)).rejects.toMatchObject({
      kind: 'bad-request',
      message: expect.stringMatching(/create another \(POST \/api\/uploads\)/),
    });
    await sent(Buffer.from('next'));
    expect(readFileSync(join(before.folder, upload, 'sent'), 'utf8')).toBe('next');
  });

  it('tells whoever uploads why its folder cannot be emptied', async () => {
    const file = join(temporary(), 'file');
    writeFileSync(file, '');
    const { sent } = open(join(file, 'uploads'));
    await expect(sent(Buffer.from('x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});

describe('unpacking what a stranger packed', () => {
  const taken = async (...bytes: Buffer[]) => {
    const { sent, take, folder } = open();
    const id = await sent(...bytes);
    const outcome = await take(id).catch((error: unknown) => error);
    return { outcome, left: readdirSync(folder), folder };
  };

  it.each<[string, Buffer]>([
    ['a path that leads outside', archive(entry('MLmodel', 'x'), entry('../../escaped', 'x'))],
    ['a path that goes down and out', archive(entry('a/../../escaped', 'x'))],
    ['an absolute path', archive(entry('/tmp/escaped', 'x'))],
    ['a Windows path that leads outside', archive(entry('..\\escaped', 'x'))],
    ['a symbolic link', archive(entry('link', '', { type: 'SymbolicLink', linkpath: '/etc' }))],
    ['a hard link', archive(entry('link', '', { type: 'Link', linkpath: '/etc/hostname' }))],
    ['a device', archive(entry('null', '', { type: 'CharacterDevice' }))],
    ['a pipe', archive(entry('pipe', '', { type: 'FIFO' }))],
    [
      'a broken gzip',
      Buffer.concat([archive(entry('a', 'x')).subarray(0, 40), Buffer.from('broken')]),
    ],
    ['a cut archive', gzipSync(entry('a', 'x'.repeat(2000)).subarray(0, 900))],
    ['a zip', Buffer.from('PK\u0003\u0004')],
    ['nothing', Buffer.alloc(0)],
  ])('refuses %s and leaves nothing behind', async (_, bytes) => {
    const { outcome, left, folder } = await taken(bytes);
    expect(outcome).toMatchObject({ kind: 'bad-request' });
    expect(left).toEqual([]);
    for (const above of [folder, dirname(folder), tmpdir()]) {
      expect(existsSync(join(above, 'escaped'))).toBe(false);
    }
  });

  it('does not write through a link that it made itself', async () => {
    const link = entry('out', '', { type: 'SymbolicLink', linkpath: tmpdir() });
    const { outcome } = await taken(archive(link, entry('out/escaped', 'x')));
    expect(outcome).toMatchObject({ kind: 'bad-request' });
    expect(existsSync(join(tmpdir(), 'escaped'))).toBe(false);
  });

  it.each([
    ['one large file', archive(entry('model.onnx', ' '.repeat(300_000)))],
    ['nothing but zeros', gzipSync(Buffer.concat([entry('a', 'x'), Buffer.alloc(300_000)]))],
  ])('stops a bomb of %s before anything is written', async (_, bytes) => {
    const root = temporary();
    writeFileSync(join(root, 'sent'), bytes);
    const into = join(root, 'package');
    expect(bytes.length).toBeLessThan(2_000);
    await expect(unpack(join(root, 'sent'), into, 100_000)).rejects.toMatchObject({
      kind: 'bad-request',
      message: expect.stringMatching(/unpacks to more than 100000 bytes/),
    });
    expect(readdirSync(into)).toEqual([]);
  });

  it('does not take a full disk for a broken archive', async () => {
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const { sent, take } = open();
    const id = await sent(archive(entry('model.onnx', 'x'.repeat(3000))));
    const write = jest
      .spyOn(fs, 'write')
      .mockImplementation(((...given: unknown[]) =>
        (given.at(-1) as (error: Error) => void)(full)) as never);
    const refused = take(id).finally(() => write.mockRestore());
    await expect(refused).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('unpacks files that the archive lets nobody read', async () => {
    const shut = Buffer.from(entry('model.onnx', 'x'));
    shut.write('0000000', 100);
    shut.write('        ', 148);
    shut.write(
      `${shut
        .subarray(0, 512)
        .reduce((a, b) => a + b, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    const { outcome } = await taken(archive(shut));
    const { folder } = outcome as { folder: string };
    expect(statSync(join(folder, 'model.onnx')).mode & 0o400).toBe(0o400);
  });

  it('refuses ten thousand files and one', async () => {
    const many = Array.from({ length: 10_001 }, (_, i) => entry(`f${i}`));
    const { outcome, left } = await taken(archive(...many));
    expect(outcome).toMatchObject({ message: expect.stringMatching(/more than 10000 files/) });
    expect(left).toEqual([]);
  });

  it('unpacks, or refuses, whatever became of an archive on its way', async () => {
    const good = archive(entry('MLmodel', 'flavors: {}'), entry('model.onnx', 'x'.repeat(3000)));
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(flips, fc.boolean(), async (changes, plain) => {
        const bytes = Buffer.concat([plain ? Buffer.concat([entry('MLmodel', 'x'), END]) : good]);
        for (const [place, value] of changes) bytes[place % bytes.length] = value;
        const { outcome } = await taken(bytes);
        if (outcome instanceof Error) expect(outcome).toMatchObject({ kind: 'bad-request' });
      }),
      { numRuns: 60 },
    );
  });
});
