import { countsOf } from './run-counts';

const output = (...reports: readonly object[]): string => JSON.stringify({ reports });
const nothing = { requests: 0, rows: 0, errors: 0, labels: 0, labelled: 0, malformed: 0 };

describe('what an execution came to', () => {
  it('is, of a refresh, what came into the tables, and each label once', () => {
    const reports = output(
      { kind: 'requests', service: 'wine', done: { ...nothing, requests: 2, rows: 7, errors: 1 } },
      { kind: 'labels', service: 'wine', done: { ...nothing, labels: 3, labelled: 2 } },
      { kind: 'labels-again', service: 'wine', done: { ...nothing, labelled: 4 } },
    );
    expect(countsOf('refresh', reports)).toEqual({ requests: 0, rows: 7, errors: 1, labels: 7 });
  });

  it('is, of an erasure, what went, not what was built before', () => {
    const gone = { requests: 1, rows: 3, errors: 0, labels: 2 };
    const reports = output(
      { kind: 'requests', service: 'wine', done: { ...nothing, requests: 9, rows: 9 } },
      { kind: 'erase', service: 'wine', done: { ...nothing, ...gone } },
    );
    expect(countsOf('erasure', reports)).toEqual(gone);
  });

  it.each(['{}', '{"reports":[]}'])('is nothing where there was nothing to do: %s', (text) => {
    expect(countsOf('refresh', text)).toEqual({ requests: 0, rows: 0, errors: 0, labels: 0 });
  });
});
