import { type Counted, captureCounts } from './capture-counts';

const open = () => {
  const told: Counted[] = [];
  let time = Date.parse('2026-11-21T10:00:05.000Z');
  const counts = captureCounts({ now: () => new Date(time), publish: (one) => told.push(one) });
  return {
    ...{ counts, told },
    passes: (seconds: number) => {
      time += seconds * 1000;
    },
  };
};

describe('counts of what was captured', () => {
  it('tell a minute once it is over, by service', () => {
    const { counts, told, passes } = open();
    counts.answered('wine');
    counts.answered('wine');
    counts.answered('beer');
    counts.tell();
    expect(told).toEqual([]);
    passes(55);
    counts.answered('wine');
    counts.tell();
    const minute = new Date('2026-11-21T10:00:00.000Z');
    expect(told).toEqual([
      { service: 'wine', minute, answered: 2, lost: 0 },
      { service: 'beer', minute, answered: 1, lost: 0 },
    ]);
    passes(3_600);
    counts.tell();
    counts.tell();
    expect(told).toHaveLength(3);
  });

  it('tell a loss at once, and nothing twice', () => {
    const { counts, told, passes } = open();
    counts.answered('wine');
    counts.answered('wine');
    counts.lost('wine', 1);
    counts.tell();
    expect(told).toMatchObject([{ answered: 2, lost: 1 }]);
    counts.answered('wine');
    passes(60);
    counts.tell();
    expect(told.slice(1)).toMatchObject([{ answered: 1, lost: 0 }]);
  });

  it('lose no count to a clock that is set back', () => {
    const { counts, told, passes } = open();
    counts.answered('wine');
    passes(-600);
    counts.tell();
    expect(told).toMatchObject([{ answered: 1 }]);
  });
});
