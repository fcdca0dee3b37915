import { pauseAfter, REPLICA_TIMES } from './back-off';

const pauses = (everRan: boolean, random: number) =>
  [1, 2, 3, 4, 5, 6, 7, 8, 50, 2_000].map((failures) =>
    pauseAfter(failures, everRan, REPLICA_TIMES, () => random),
  );

describe('back-off', () => {
  it('doubles from half a second to half a minute, for a replica that ran before', () => {
    expect(pauses(true, 1)).toEqual(
      [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30].map((seconds) => seconds * 1_000),
    );
  });

  it('is rare after three failures of one that never ran', () => {
    expect(pauses(false, 1).slice(0, 4)).toEqual([500, 1_000, 300_000, 300_000]);
  });

  it('leaves half of it to chance', () => {
    expect(pauses(true, 0).slice(0, 3)).toEqual([250, 500, 1_000]);
  });
});
