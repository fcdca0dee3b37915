import { openAccess } from './access-fixture';
import { LONGEST_DETAIL } from './audit-log';

const entry = (status: number) => ({
  operator: 'ann',
  action: 'setTraffic',
  resource: '/api/services/wine/traffic',
  status,
  request_id: `request ${status}`,
});

describe('the audit', () => {
  it('has nothing before anything was done', async () => {
    const { audit } = await openAccess();
    await expect(audit.list({ limit: 9 })).resolves.toEqual({ items: [], next_cursor: null });
  });

  it('lists page by page, newest first, and goes on where it was while more is written', async () => {
    const { audit, clock } = await openAccess();
    for (let i = 0; i < 5; i++) {
      clock.ms += 1000;
      await audit.append(entry(i));
    }
    const statuses = ({ items }: { items: readonly { status: number }[] }) =>
      items.map(({ status }) => status);
    const first = await audit.list({ limit: 2 });
    await audit.append(entry(99));
    const second = await audit.list({ limit: 2, cursor: first.next_cursor ?? '' });
    const third = await audit.list({ limit: 2, cursor: second.next_cursor ?? '' });
    expect([first, second, third].map(statuses)).toEqual([[4, 3], [2, 1], [0]]);
    expect(third.next_cursor).toBeNull();
    expect(first.items[0]).toEqual({
      ...entry(4),
      id: expect.any(String),
      time: '2026-01-14T12:00:05.000Z',
    });
  });

  it('keeps the beginning of a path that is too long to keep', async () => {
    const { audit } = await openAccess();
    await audit.append({ ...entry(404), resource: `/api/${'x'.repeat(10_000)}` });
    const [kept] = (await audit.list({ limit: 1 })).items;
    expect(kept?.resource).toHaveLength(512);
  });

  it.each([
    ['letters', 'a'],
    ['quotes', '"'],
    ['lines', '\n'],
    ['letters of three bytes', '界'],
    ['pairs', '😀'],
    ['halves of pairs', '\ud800'],
    ['control characters', '\u0001'],
  ])(
    'keeps the end of the longest statement behind %s, in a record that DynamoDB takes',
    async (_, filler) => {
      const { audit, records } = await openAccess();
      const end = '*/ SELECT * FROM inference.wine';
      const room = LONGEST_DETAIL - end.length - 2;
      const padding = filler.repeat(Math.floor(room / filler.length));
      await audit.append({ ...entry(200), detail: `/*${padding}${end}` });
      const [kept] = (await audit.list({ limit: 1 })).items;
      expect(kept?.detail?.endsWith(end)).toBe(true);
      expect(kept?.detail).toHaveLength(padding.length + end.length + 2);
      const [record] = (await records.list({ partition: 'audit', limit: 1 })).records;
      // 400 KB are of the whole item, with its keys.
      expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThan(400 * 1024);
    },
  );

  it('keeps a statement as it was asked, control characters as what stands for them', async () => {
    const { audit } = await openAccess();
    await audit.append({ ...entry(200), detail: "SELECT\r\n\t'é\u007f\0\u001b[2J'" });
    const [kept] = (await audit.list({ limit: 1 })).items;
    expect(kept?.detail).toBe("SELECT\r\n\t'é\u007f␀␛[2J'");
  });

  it('has pages of 4 MB at most, however large the statements, and each entry once', async () => {
    const { audit } = await openAccess();
    for (let i = 0; i < 70; i++) {
      await audit.append({ ...entry(i), detail: (i < 60 ? '界' : 'x').repeat(LONGEST_DETAIL) });
    }
    const statuses: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await audit.list({ limit: 65, cursor });
      expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(4_200_000);
      statuses.push(...page.items.map(({ status }) => status));
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    expect(statuses).toEqual(Array.from({ length: 70 }, (_, i) => 69 - i));
  });

  it('fills a page of small entries to its limit', async () => {
    const { audit } = await openAccess();
    for (let i = 0; i < 130; i++) await audit.append(entry(i));
    const page = await audit.list({ limit: 120 });
    expect(page.items.map(({ status }) => status)).toEqual(
      Array.from({ length: 120 }, (_, i) => 129 - i),
    );
    const rest = await audit.list({ limit: 120, cursor: page.next_cursor ?? '' });
    expect([rest.items.length, rest.next_cursor]).toEqual([10, null]);
  });
});
