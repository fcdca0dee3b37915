import { setTimeout as sleep } from 'node:timers/promises';
import type { CaptureRecord } from '../../core/capture/capture-record';
import { deferredSink } from './deferred-sink';

const record = (request_id: string, service = 'wine') => ({ request_id, service }) as CaptureRecord;

/** A sink that delivers when it is told to. */
const open = () => {
  const delivered: string[] = [];
  const due: (() => void)[] = [];
  const sink = deferredSink({
    sink: {
      append: ({ request_id }, settled) => {
        due.push(() => {
          delivered.push(request_id);
          settled();
        });
      },
    },
    isBefore: (service) => service === 'sure',
    longestMs: 50,
  });
  const answered: string[] = [];
  const append = (id: string, service?: string) =>
    sink.append(record(id, service), () => answered.push(id));
  return {
    ...{ sink, delivered, answered, append },
    deliver: () => {
      for (const one of due.splice(0)) one();
    },
  };
};

describe('a sink that lets the answer go first', () => {
  it('says at once that it has a record, and delivers it when it is flushed', async () => {
    const { sink, delivered, answered, append, deliver } = open();
    for (const id of ['a', 'b']) append(id);
    deliver();
    expect([answered, delivered]).toEqual([['a', 'b'], []]);
    const flushed = sink.flush();
    deliver();
    await flushed;
    expect(delivered).toEqual(['a', 'b']);
    await sink.flush();
    deliver();
    expect(delivered).toHaveLength(2);
  });

  it('delivers a record before the answer where a service wants it so', async () => {
    const { sink, delivered, answered, append, deliver } = open();
    append('a', 'sure');
    append('b');
    expect(answered).toEqual(['b']);
    deliver();
    await sleep(0);
    expect([delivered, answered]).toEqual([['a'], ['b', 'a']]);
    const flushed = sink.flush();
    deliver();
    await flushed;
    expect(delivered).toEqual(['a', 'b']);
  });

  it('lets the answer go when that takes too long, and is flushed when it is delivered', async () => {
    const { sink, delivered, answered, append, deliver } = open();
    append('a', 'sure');
    while (answered.length === 0) await sleep(5);
    expect(delivered).toEqual([]);
    let isFlushed = false;
    const flushed = sink.flush().then(() => {
      isFlushed = true;
    });
    await sleep(10);
    expect(isFlushed).toBe(false);
    deliver();
    await flushed;
    expect([delivered, answered]).toEqual([['a'], ['a']]);
  });
});
