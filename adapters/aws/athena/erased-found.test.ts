import { findLines } from './erased-found';

const places = { database: 'inference', rawDatabase: 'inference_raw' };
const DAYS = { from: '2026-11-19', to: '2026-11-21', outlived: '2026-10-18' };

describe('finding what has arrived of erased requests', () => {
  it('names bodies that may be there where the stage has them put', () => {
    const { sql } = findLines(places, 'wine', 's3://own/ml/live/', DAYS);
    const named = sql.matchAll(/concat\('([^']+)'/g);
    expect([...named].map(([, path]) => path)).toEqual([
      's3://own/ml/live/spill/service=wine/dt=',
      's3://own/ml/live/spill/service=wine/dt=',
    ]);
  });
});
