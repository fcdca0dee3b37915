import type { Happening } from '../services/service-events';
import { tellFindings } from './tell-findings';

const told = (findings: Parameters<ReturnType<typeof tellFindings>>[1]) => {
  const [happened, warned]: [Happening[], string[]] = [[], []];
  const events = { happened: (one: Happening) => void happened.push(one) };
  tellFindings({ events, warn: (line) => void warned.push(line) })('wine', findings);
  return { happened, warned };
};

describe('what was found wrong while tables were built', () => {
  it.each([
    ['malformed', 'lines-malformed'],
    ['errors', 'rows-not-unpacked'],
    ['ambiguous', 'labels-ambiguous'],
    ['unmatched', 'labels-unmatched'],
  ])('is an event of the service and a line of the log: %s', (kind, type) => {
    const { happened, warned } = told({ [kind]: 3 });
    expect(happened).toMatchObject([{ service: 'wine', level: 'warning', type, count: 3 }]);
    expect(warned).toEqual([expect.stringMatching(`^wine: ${type}: 3 `)]);
  });

  it('is nothing where nothing is wrong', () => {
    expect(told({ malformed: 0, errors: 0 })).toEqual({ happened: [], warned: [] });
    expect(told({})).toEqual({ happened: [], warned: [] });
  });
});
