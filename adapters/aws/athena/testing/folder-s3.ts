import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname, join, relative } from 'node:path';
import { buffer } from 'node:stream/consumers';

const etagOf = (bytes: Buffer): string => `"${createHash('md5').update(bytes).digest('hex')}"`;

/** Names of all files under a folder, in order. */
export const filesUnder = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
        .toSorted((one, other) => (one < other ? -1 : 1))
    : [];

/**
 * The few calls of S3 that `sweep` makes, over folders: a stand-in, for Trino reads objects as files here.
 * `sweep` itself is held to the emulator's S3.
 */
export const startFolderS3 = async (buckets: Readonly<Record<string, string>>) => {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://s3');
    const [bucket = '', ...rest] = decodeURIComponent(url.pathname).slice(1).split('/');
    const folder = buckets[bucket] ?? '';
    const file = join(folder, ...rest);
    const body = await buffer(request);
    const send = (status: number, text: string | Buffer, headers = {}): void => {
      response.writeHead(status, headers).end(text);
    };
    const refuse = (status: number, code: string): void =>
      send(status, `<Error><Code>${code}</Code></Error>`, { 'content-type': 'application/xml' });
    if (url.searchParams.has('delete')) {
      for (const [, key = ''] of body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)) {
        rmSync(join(folder, key), { force: true });
      }
      return send(200, '<DeleteResult/>');
    }
    if (url.searchParams.has('list-type')) {
      const prefix = url.searchParams.get('prefix') ?? '';
      const found = filesUnder(folder).filter((key) => key.startsWith(prefix));
      const contents = found.map((key) => {
        const time = statSync(join(folder, key)).mtime.toISOString();
        return `<Contents><Key>${key}</Key><LastModified>${time}</LastModified></Contents>`;
      });
      return send(200, `<ListBucketResult>${contents.join('')}</ListBucketResult>`);
    }
    const there = existsSync(file) ? readFileSync(file) : null;
    if (request.method === 'GET') {
      return there ? send(200, there, { etag: etagOf(there) }) : refuse(404, 'NoSuchKey');
    }
    const wanted = request.headers['if-match'];
    if (wanted && (!there || wanted !== etagOf(there))) return refuse(412, 'PreconditionFailed');
    if (there && request.headers['if-none-match']) return refuse(412, 'PreconditionFailed');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, body);
    send(200, '', { etag: etagOf(body) });
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(Object(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
