import { openAccess } from './access-fixture';

const ANN = 'arn:aws:sts::123456789012:assumed-role/Deployer/ann';
const asked = (token: string) => ({ authorization: `Bearer ${token}` });

describe('somebody whom AWS knows', () => {
  it('gets a token of the role that IAM granted, under the name AWS has', async () => {
    const { admitCaller, authenticateOperator } = await openAccess();
    const { token, operator } = await admitCaller(ANN, 'editor');
    expect(token).toMatch(/^tgo-[A-Za-z0-9]{40}$/);
    expect(operator).toEqual({
      ...{ id: 'iam/Deployer/ann', name: 'Deployer/ann', role: 'editor', data: false },
    });
    await expect(authenticateOperator(asked(token))).resolves.toEqual({ operator, by: 'token' });
  });

  it('sees bodies as an admin only', async () => {
    const { admitCaller } = await openAccess();
    expect((await admitCaller(ANN, 'viewer')).operator.data).toBe(false);
    expect((await admitCaller(ANN, 'admin')).operator.data).toBe(true);
  });

  it('signs in anew after 12 hours', async () => {
    const { admitCaller, authenticateOperator, clock } = await openAccess();
    const { token } = await admitCaller(ANN, 'admin');
    clock.ms += 12 * 3_600_000 - 1;
    await expect(authenticateOperator(asked(token))).resolves.toBeDefined();
    clock.ms += 1;
    await expect(authenticateOperator(asked(token))).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('may be signed in twice', async () => {
    const { admitCaller, authenticateOperator } = await openAccess();
    const tokens = [await admitCaller(ANN, 'viewer'), await admitCaller(ANN, 'admin')];
    for (const { token, operator } of tokens) {
      expect((await authenticateOperator(asked(token))).operator).toEqual(operator);
    }
  });

  it.each([
    ['arn:aws:iam::123456789012:user/bob', 'bob'],
    ['arn:aws:sts::123456789012:federated-user/eve', 'eve'],
    ['arn:aws:iam::123456789012:root', 'root'],
    ['arn:aws-cn:sts::123456789012:assumed-role/A/b@c.de', 'A/b@c.de'],
  ])('is called %s as %s', async (arn, name) => {
    const { admitCaller } = await openAccess();
    expect((await admitCaller(arn, 'viewer')).operator.name).toBe(name);
  });

  it.each(['', 'ann', 'arn:aws:s3:::bucket'])('is nobody as %p', async (arn) => {
    const { admitCaller } = await openAccess();
    await expect(admitCaller(arn, 'admin')).rejects.toMatchObject({ kind: 'forbidden' });
  });
});
