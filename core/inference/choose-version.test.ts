import fc from 'fast-check';
import { versionChooser } from './choose-version';

const open = (running: readonly string[] = ['v1', 'v2', 'v3']) => {
  const alive = new Set(running);
  let at = 0;
  let drawn = 0;
  const chooser = versionChooser({
    isRunning: (_, version) => alive.has(version),
    random: () => drawn,
    clock: () => at,
  });
  return {
    chooser,
    alive,
    pass: (ms: number) => {
      at += ms;
    },
    draw: (next: number) => {
      drawn = next;
    },
  };
};

const wine = { name: 'wine', traffic: { v1: 90, v2: 10, v3: 0 } };
const users = Array.from({ length: 2_000 }, (_, i) => `user-${i}`);

describe('choosing a version', () => {
  it('follows the weights by chance, and gives nothing to weight 0', () => {
    const { chooser, draw } = open();
    const at = (drawn: number) => {
      draw(drawn);
      return chooser.choose(wine, null, null);
    };
    expect([0, 0.5, 0.8999, 0.9, 0.9999].map(at)).toEqual(['v1', 'v1', 'v1', 'v2', 'v2']);
  });

  it('keeps a split key on its version, whatever chance says', () => {
    const { chooser, draw } = open();
    fc.assert(
      fc.property(fc.string(), fc.double({ min: 0, max: 0.999 }), (key, drawn) => {
        const first = chooser.choose(wine, null, key);
        draw(drawn);
        expect(chooser.choose({ ...wine, traffic: { ...wine.traffic } }, null, key)).toBe(first);
      }),
    );
  });

  it('splits keys of different services independently', () => {
    const { chooser } = open();
    const half = { v1: 50, v2: 50 };
    const same = users.filter(
      (user) =>
        chooser.choose({ name: 'wine', traffic: half }, null, user) ===
        chooser.choose({ name: 'beer', traffic: half }, null, user),
    );
    expect(Math.abs(same.length / users.length - 0.5)).toBeLessThan(0.06);
  });

  it('takes a pinned version whatever its weight and history, if only it runs', () => {
    const { chooser } = open(['v1', 'v3']);
    expect(chooser.choose(wine, 'v3', 'user')).toBe('v3');
    for (let i = 0; i < 9; i += 1) chooser.report('wine', 'v1', 'model-error');
    expect(chooser.choose(wine, 'v1', null)).toBe('v1');
    for (const name of ['v2', '', '__proto__', 'toString']) {
      expect(() => chooser.choose(wine, name, null)).toThrow(
        expect.objectContaining({ kind: 'version-not-found' }),
      );
    }
  });

  it('splits over what runs, and says when nothing with weight does', () => {
    const { chooser, alive } = open(['v2', 'v3']);
    expect(chooser.choose(wine, null, null)).toBe('v2');
    alive.delete('v2');
    const refused = expect.objectContaining({ kind: 'unavailable', retryAfterS: 1 });
    expect(() => chooser.choose(wine, null, null)).toThrow(refused);
    expect(() => chooser.choose({ name: 'new', traffic: {} }, null, 'user')).toThrow(refused);
  });

  it('takes a failing version out of the split, leaves the others alone and tries it again', () => {
    const { chooser, pass, draw } = open();
    const before = users.map((user) => chooser.choose(wine, null, user));
    for (let i = 0; i < 5; i += 1) chooser.report('wine', 'v1', 'model-timeout');
    expect(new Set(users.map((user) => chooser.choose(wine, null, user)))).toEqual(new Set(['v2']));
    draw(0);
    expect(chooser.choose(wine, null, null)).toBe('v2');
    pass(1_000);
    const [first, second] = [0, 0].map(() => chooser.choose(wine, null, null));
    expect([first, second]).toEqual(['v1', 'v2']);
    chooser.report('wine', 'v1', null);
    expect(users.map((user) => chooser.choose(wine, null, user))).toEqual(before);
  });

  it('tries the version whose break ends first when all are out', () => {
    const { chooser, pass } = open();
    for (let i = 0; i < 5; i += 1) chooser.report('wine', 'v1', null);
    chooser.choose(wine, null, null);
    for (let i = 0; i < 5; i += 1) chooser.report('wine', 'v2', 'model-error');
    pass(10);
    for (let i = 0; i < 5; i += 1) chooser.report('wine', 'v1', 'unavailable');
    expect(chooser.choose(wine, null, null)).toBe('v2');
    expect(chooser.choose(wine, null, 'user')).toBe('v2');
  });

  it('does not hold overload or refused input against a version', () => {
    const { chooser, draw } = open();
    chooser.choose(wine, null, null);
    for (let i = 0; i < 50; i += 1) {
      chooser.report('wine', 'v1', i % 2 ? 'overloaded' : 'invalid-input');
    }
    draw(0);
    expect(chooser.choose(wine, null, null)).toBe('v1');
  });

  it('remembers failures over a change of weights, and nothing of a deleted service', () => {
    const { chooser } = open();
    const grown = { ...wine, traffic: { v1: 80, v2: 20 } };
    chooser.choose(wine, null, null);
    for (let i = 0; i < 5; i += 1) chooser.report('wine', 'v1', 'model-error');
    expect(chooser.choose(grown, null, null)).toBe('v2');
    chooser.forget('wine');
    chooser.report('wine', 'v1', 'model-error');
    expect(chooser.choose(grown, null, null)).toBe('v1');
  });
});
