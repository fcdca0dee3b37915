import { once } from './once';

describe('what is made once', () => {
  it('is made at the first asking, also when it is asked for twice at the same time', async () => {
    let made = 0;
    const get = once(async () => {
      made += 1;
      return made;
    });
    expect(made).toBe(0);
    expect(await Promise.all([get(), get()])).toEqual([1, 1]);
  });

  it('is tried again after it failed', async () => {
    let tries = 0;
    const get = once(async () => {
      tries += 1;
      if (tries === 1) throw new Error('not yet');
      return tries;
    });
    await expect(get()).rejects.toThrow('not yet');
    await expect(get()).resolves.toBe(2);
  });
});
