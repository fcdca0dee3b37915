import { hourOfKey, rewrittenKey } from './arrival-key';

const KEY = 'requests/service=red-wine/dt=2026-11-20/hour=09/a-1.gz';
const hour = { kind: 'requests', service: 'red-wine', date: '2026-11-20', hour: '09' };

describe('the hour of an object that arrived', () => {
  it('is that of its key, of requests and of labels', () => {
    expect(hourOfKey(KEY, '')).toEqual(hour);
    const labels = KEY.replace('requests', 'labels');
    expect(hourOfKey(labels, '')).toEqual({ ...hour, kind: 'labels' });
  });

  it('is none of what is no arrival', () => {
    const others = [
      ...['', 'requests/', `x${KEY}`, `/${KEY}`, KEY.replace('requests', 'spill')],
      ...[KEY.replace('requests', 'requests-errors'), KEY.replace('hour=09', 'hour=24')],
      ...[KEY.replace('red-wine', 'red/wine'), `${KEY}/deeper`, KEY.slice(0, -'a-1.gz'.length)],
    ];
    for (const key of others) expect([key, hourOfKey(key, '')]).toEqual([key, null]);
  });

  it('is that of what lies under the prefix of the stage alone', () => {
    expect(hourOfKey(`ml/live/${KEY}`, 'ml/live/')).toEqual(hour);
    for (const key of [
      KEY,
      `ml/live-2/${KEY}`,
      `ml/gone/${KEY}`,
      `ml/live/ml/live/${KEY}`,
      `ml/live/requests/${KEY}`,
    ]) {
      expect([key, hourOfKey(key, 'ml/live/')]).toEqual([key, null]);
    }
    expect(hourOfKey(`ml/live/${KEY}`, '')).toBeNull();
  });
});

describe('the key of an object that is written anew', () => {
  it('is no arrival, comes behind the former, and ends as it did', () => {
    for (const name of ['a-1.gz', 'direct-a.ndjson', 'a.b.gz', 'a']) {
      const key = `ml/live/${KEY.replace('a-1.gz', name)}`;
      const anew = rewrittenKey(key, 'ml/live/');
      expect(hourOfKey(key, 'ml/live/')).toEqual(hour);
      expect([anew, hourOfKey(anew, 'ml/live/')]).toEqual([anew, null]);
      expect([anew, anew > key]).toEqual([anew, true]);
      const end = /\.[a-z]+$/.exec(name)?.[0] ?? '';
      expect([anew, anew.endsWith(end)]).toEqual([anew, true]);
      expect(rewrittenKey(anew, 'ml/live/')).toBe(anew);
    }
  });

  it('is the former of labels, whatever their batch is called', () => {
    for (const name of ['b1.ndjson', 'b1.rewritten.ndjson']) {
      const key = KEY.replace('requests', 'labels').replace('a-1.gz', name);
      expect(rewrittenKey(key, '')).toBe(key);
      expect(hourOfKey(key, '')).toEqual({ ...hour, kind: 'labels' });
    }
  });
});
