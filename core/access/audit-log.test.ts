import { openAccess } from './access-fixture';

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
});
