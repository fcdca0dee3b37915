import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { until } from '../support/api';
import { startPlatform, temporaryFolder } from '../support/platform';
import { example, wineBody } from '../support/wine';
import { connectTo, requestText } from './raw-socket';

const wine = `
services:
  wine:
    auth: false
    throttle: { rate: 100000, burst: 100000 }
    versions:
      v1: { model: ./examples/wine/model }
`;

describe('TLS', () => {
  const folder = temporaryFolder();
  const cert = join(folder, 'cert.pem');
  const key = join(folder, 'key.pem');

  beforeAll(() => {
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject];
    const { status } = spawnSync('openssl', [...made, '-keyout', key, '-out', cert]);
    expect(status).toBe(0);
  });

  it('lets the platform be reached from elsewhere, and refuses what is no TLS', async () => {
    const args = ['--host', '0.0.0.0', '--tls-cert', cert, '--tls-key', key];
    const running = await startPlatform({ manifest: wine, args });
    const { port } = new URL(running.url);
    expect(running.url).toBe(`https://0.0.0.0:${port}`);
    const body = JSON.stringify(wineBody);
    const answer = await new Promise<{ status?: number; text: string }>((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path: '/services/wine/predict', method: 'POST' };
      const trusted = {
        ...options,
        ca: readFileSync(cert),
        headers: { 'content-length': body.length },
      };
      const sent = request(trusted, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode, text }));
      });
      sent.on('error', reject).end(body);
    });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text).predictions).toHaveLength(example.data.length);
    const plain = await connectTo(`http://127.0.0.1:${port}`);
    plain.write(requestText('GET', '/healthz'));
    expect(await plain.answer()).toBeNull();
    const files = readdirSync(`/proc/${running.process.pid}/fd`).length;
    for (let count = 0; count < 30; count += 1) {
      const line = await connectTo(`http://127.0.0.1:${port}`);
      line.write(Buffer.from('16030100f1010000ed0303', 'hex'));
      line.socket.destroy();
    }
    await until(
      async () => readdirSync(`/proc/${running.process.pid}/fd`).length,
      (now) => now <= files + 2,
    );
    expect(await running.stop()).toBe(0);
  }, 30_000);
});
