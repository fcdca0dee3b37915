import { DomainError } from './domain-error';
import { assertRevision, retryRaces, unlessRaced } from './revisions';

const raced = () => new DomainError('revision-conflict', 'it was changed meanwhile');

describe('what is written again when somebody else wrote in between', () => {
  it('reads and decides anew each time, until it is not raced', async () => {
    let seen = 0;
    const outcome = retryRaces(async (write) => {
      seen += 1;
      await write(seen < 4 ? Promise.reject(raced()) : Promise.resolve());
      return seen;
    });
    await expect(outcome).resolves.toBe(4);
  });

  it('is given up after twenty races, with the way out', async () => {
    let tries = 0;
    const outcome = retryRaces((write) => {
      tries += 1;
      return write(Promise.reject(raced()));
    });
    await expect(outcome).rejects.toMatchObject({
      kind: 'revision-conflict',
      message: 'too many others write at once: try again',
    });
    expect(tries).toBe(20);
  });

  it('is tried once when the caller looked at another revision, or something else failed', async () => {
    let tries = 0;
    const stale = retryRaces(async () => {
      tries += 1;
      assertRevision({ name: 'wine', revision: 3 }, 2);
    });
    await expect(stale).rejects.toMatchObject({
      kind: 'revision-conflict',
      message: 'wine is at revision 3: look again',
    });
    const broken = retryRaces((write) => {
      tries += 1;
      return write(Promise.reject(new Error('disk full')));
    });
    await expect(broken).rejects.toThrow('disk full');
    expect(tries).toBe(2);
  });
});

describe('a write that may be raced', () => {
  it('gives nothing then, and fails for any other reason', async () => {
    await expect(unlessRaced(Promise.resolve(1))).resolves.toBe(1);
    await expect(unlessRaced(Promise.reject(raced()))).resolves.toBeUndefined();
    await expect(unlessRaced(Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
  });
});
