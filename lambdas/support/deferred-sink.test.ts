import type { CaptureRecord } from '../../core/capture/capture-record';
import { deferredSink } from './deferred-sink';

const record = (request_id: string) => ({ request_id }) as CaptureRecord;

describe('a sink that lets the answer go first', () => {
  it('says at once that it has a record, and delivers it when it is flushed', async () => {
    const delivered: string[] = [];
    const sink = deferredSink({
      append: ({ request_id }, settled) => {
        setTimeout(() => {
          delivered.push(request_id);
          settled();
        }, 5);
      },
      counts: () => ({ appended: 0, lost: 0 }),
      close: async () => undefined,
    });
    let answered = 0;
    for (const id of ['a', 'b']) sink.append(record(id), () => (answered += 1));
    expect([answered, delivered]).toEqual([2, []]);
    await sink.flush();
    expect(delivered).toEqual(['a', 'b']);
    await sink.flush();
    expect(delivered).toHaveLength(2);
  });
});
