import { randomUUID } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describePython } from '../../infra-tests/support/python';
import { secretsContract } from '../contracts/secrets.contract';
import { secretsManager } from './secrets-manager';
import { clientOf, type MiniStack, startMiniStack } from './testing/ministack';

describePython('secrets in AWS Secrets Manager', (python) => {
  let emulator: MiniStack;
  let client: SecretsManagerClient;
  beforeAll(async () => {
    emulator = await startMiniStack(python);
    client = new SecretsManagerClient(clientOf(emulator.endpoint));
  }, 60_000);
  afterAll(async () => {
    client.destroy();
    await emulator.stop();
  });

  secretsContract(async () => {
    const prefix = `tidegate-${randomUUID()}/`;
    return [secretsManager({ client, prefix }), secretsManager({ client, prefix })];
  });

  it('gives all processes the same text when several make one at once', async () => {
    const prefix = `tidegate-${randomUUID()}/`;
    const made = Array.from({ length: 8 }, (_, i) =>
      secretsManager({ client, prefix }).ensure('key', () => `of process ${i}`),
    );
    expect(new Set(await Promise.all(made)).size).toBe(1);
  });
});
