import { PassThrough } from 'node:stream';
import { confirm } from './confirm';
import { count, size } from './numbers';
import { progressOn } from './progress';
import { localTime } from './times';

const screen = (columns = 40) => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns });
  return { stream, text: () => String(stream.read() ?? '') };
};

const environmentOf = (stdin: PassThrough, isTTY: boolean) => {
  const { stream, text } = screen();
  const environment = {
    stdin: Object.assign(stdin, { isTTY }),
    stderr: Object.assign(stream, { isTTY }),
  };
  return { environment, text };
};

describe('times and sizes for people', () => {
  it('are local and short', () => {
    const at = new Date(2026, 10, 20, 14, 3, 7);
    expect(localTime(at.toISOString())).toBe('2026-11-20 14:03:07');
    expect(localTime(null)).toBe('-');
    expect(localTime('soon')).toBe('soon');
  });

  it('are rounded', () => {
    expect([0, 999, 1000, 1_400_000, 2e9].map(size)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '1.4 MB',
      '2.0 GB',
    ]);
    expect(count(1234567)).toBe('1,234,567');
  });
});

describe('progress', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());
  const now = () => new Date();

  it('says nothing about what takes less than a second', () => {
    const { stream, text } = screen();
    const progress = progressOn(stream, now);
    progress.update('sending');
    jest.advanceTimersByTime(900);
    progress.done();
    expect(text()).toBe('');
  });

  it('shows one line that fits, keeps counting while nothing new comes, and removes it', () => {
    const { stream, text } = screen(20);
    const progress = progressOn(stream, now);
    progress.update('checking the model of somebody');
    jest.advanceTimersByTime(1000);
    expect(text()).toBe('\r\x1b[Kchecking the model ');
    progress.update('packing');
    jest.advanceTimersByTime(1000);
    expect(text()).toMatch(/packing \(2 s\)$/);
    progress.done();
    expect(text()).toBe('\r\x1b[K');
    jest.advanceTimersByTime(5000);
    expect(text()).toBe('');
  });

  it('is silent where nobody looks', () => {
    const stream = new PassThrough();
    const progress = progressOn(stream, now);
    progress.update('sending');
    jest.advanceTimersByTime(5000);
    expect(stream.read()).toBeNull();
  });
});

describe('asking before what cannot be undone', () => {
  it.each(['y\n', 'Yes\n'])('goes on after %j', async (answer) => {
    const stdin = new PassThrough();
    const { environment, text } = environmentOf(stdin, true);
    stdin.write(answer);
    await confirm(environment, 'Delete wine?', false);
    expect(text()).toContain('Delete wine? [y/N]');
  });

  it.each(['n\n', '\n', 'yeah no\n'])('leaves it after %j', async (answer) => {
    const stdin = new PassThrough();
    stdin.write(answer);
    const asking = confirm(environmentOf(stdin, true).environment, 'Delete wine?', false);
    await expect(asking).rejects.toThrow('Left as it is.');
  });

  it('takes the end of input for no', async () => {
    const stdin = new PassThrough();
    stdin.end();
    const asking = confirm(environmentOf(stdin, true).environment, 'Delete wine?', false);
    await expect(asking).rejects.toThrow('Left as it is.');
  });

  it('needs --yes where nobody can be asked', async () => {
    const { environment } = environmentOf(new PassThrough(), false);
    await expect(confirm(environment, 'Delete wine?', false)).rejects.toMatchObject({
      exitCode: 2,
    });
    await expect(confirm(environment, 'Delete wine?', true)).resolves.toBeUndefined();
  });
});
