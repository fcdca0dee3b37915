import fc from 'fast-check';
import type { CaptureRecord } from '../../core/capture/capture-record';
import type { CapturedRequests, RequestFilter } from '../../core/capture/captured-requests';
import { aRecord, asRead, idAt, NOON } from './capture-sink.contract';

/** Everything of these records can be found when it resolves. */
type Open = (records: readonly CaptureRecord[]) => Promise<CapturedRequests>;

const MINUTE = 60_000;
/** How often a property is tried, with how many requests at most. */
const OFTEN = { numRuns: 25, most: 40 };
const all = { service: 'wine', from: NOON - MINUTE, to: NOON + MINUTE, limit: 100 };

/** Follows the pages to the end; fails when they never end. */
const everyPage = async (requests: CapturedRequests, filter: RequestFilter) => {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const { items, next_cursor } = await requests.find({ ...filter, cursor });
    pages.push(items.map(({ request_id }) => request_id));
    cursor = next_cursor ?? undefined;
    if (pages.length > 1_000) throw new Error('the pages do not end');
  } while (cursor !== undefined);
  return pages;
};

/** What every CapturedRequests promises; of those that are slow properties are tried less. */
export const capturedRequestsContract = (open: Open, { numRuns, most } = OFTEN): void => {
  it('has nothing where nothing was captured', async () => {
    const requests = await open([]);
    await expect(requests.get('wine', idAt(NOON))).resolves.toBeUndefined();
    await expect(requests.find(all)).resolves.toEqual({ items: [], next_cursor: null });
  });

  it('finds a request by its id, in its own service only', async () => {
    const requests = await open([aRecord(), aRecord({ request_id: idAt(NOON, 1) })]);
    await expect(requests.get('wine', idAt(NOON))).resolves.toEqual(asRead(aRecord()));
    await expect(requests.get('beer', idAt(NOON))).resolves.toBeUndefined();
    await expect(requests.get('wine', idAt(NOON, 2))).resolves.toBeUndefined();
  });

  it.each(['', 'x', '../../etc/passwd', `${idAt(NOON)} `, idAt(NOON).toUpperCase(), '%'])(
    'knows no request of the id %j',
    async (id) => {
      const requests = await open([aRecord()]);
      await expect(requests.get('wine', id)).resolves.toBeUndefined();
    },
  );

  it('finds the requests of one service from one time to before another, newest first', async () => {
    const at = (ms: number, n: number, service = 'wine') =>
      aRecord({ request_id: idAt(NOON + ms, n), service });
    const requests = await open([
      at(5, 1),
      at(0, 2),
      at(9, 3),
      at(10, 4),
      at(-1, 5),
      at(5, 6),
      at(5, 7, 'beer'),
    ]);
    const pages = await everyPage(requests, { ...all, from: NOON, to: NOON + 10 });
    const expected = [idAt(NOON + 9, 3), idAt(NOON + 5, 6), idAt(NOON + 5, 1), idAt(NOON, 2)];
    expect(pages.flat()).toEqual(expected);
  });

  it.each([
    [{ client_request_id: 'a "b" \\' }, [1]],
    [{ client_request_id: 'a' }, []],
    [{ requester: 'key-2' }, [2]],
    [{ requester: 'key-2","role":"primary' }, []],
    [{ service_version: 'v2' }, [3]],
    [{ status_code: 502 }, [4]],
    [{ role: 'shadow' }, [5]],
    [{ primary_request_id: idAt(NOON) }, [5]],
    [{ requester: 'key-1', role: 'primary', status_code: 200 }, [3, 1, 0]],
    [{ requester: 'key-2', status_code: 502 }, []],
  ])('finds by %j', async (filter, expected) => {
    const others: Partial<CaptureRecord>[] = [
      {},
      { client_request_id: 'a "b" \\' },
      { requester: 'key-2' },
      { service_version: 'v2' },
      { status_code: 502 },
      { role: 'shadow', primary_request_id: idAt(NOON) },
      // A body that looks like columns must not be taken for them.
      {
        requester: 'key-3',
        role: 'replay',
        request: { json: '{"a":0,"role":"shadow","status_code":502,"service_version":"v2","z":0}' },
      },
      { service: 'beer', requester: 'key-2', role: 'shadow' },
    ];
    const requests = await open(
      others.map((own, n) => aRecord({ request_id: idAt(NOON + n, n), ...own })),
    );
    const pages = await everyPage(requests, { ...all, ...filter });
    expect(pages.flat()).toEqual(expected.map((n) => idAt(NOON + n, n)));
  });

  it('pages through everything once, whatever the order it came in', async () => {
    const times = fc.array(fc.nat({ max: 20 }), { maxLength: most });
    await fc.assert(
      fc.asyncProperty(times, fc.integer({ min: 1, max: 9 }), async (offsets, limit) => {
        const ids = offsets.map((ms, n) => idAt(NOON + ms, n));
        const requests = await open(ids.map((request_id) => aRecord({ request_id })));
        const pages = await everyPage(requests, { ...all, limit });
        expect(pages.flat()).toEqual(ids.sort().reverse());
        expect(Math.max(0, ...pages.map((page) => page.length))).toBeLessThanOrEqual(limit);
      }),
      { numRuns },
    );
  });
};
