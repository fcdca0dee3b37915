import { completeSql } from './complete-sql';

const column = (name: string) => ({ name, type: 'double' });
const TABLES = [
  { name: 'inference.wine', service: 'wine', columns: [column('alcohol'), column('ash')] },
  { name: 'inference.wine_errors', service: 'wine', columns: [column('reason')] },
  { name: 'inference.loans', service: 'loans', columns: [column('amount'), column('ash')] },
];

describe('completing SQL', () => {
  it.each([
    ['', 'SELECT * FROM inf', ['inference.wine', 'inference.wine_errors', 'inference.loans']],
    ['', 'SELECT * FROM inference.w', ['inference.wine', 'inference.wine_errors']],
    ['', 'SELECT a', ['alcohol', 'ash', 'amount']],
    ['', 'select A', ['alcohol', 'ash', 'amount']],
    ['SELECT * FROM inference.wine\n', 'WHERE a', ['alcohol', 'ash']],
    ['SELECT * FROM Inference.Wine_errors\n', 'WHERE r', ['reason']],
    ['', 'SELECT reason', ['reason']],
    ['', 'SELECT ', []],
    ['', '\\', ['\\d', '\\q', '\\?']],
    ['', '\\d inference.l', ['inference.loans']],
    ['', '\\d a', []],
    ['', 'SELECT (((', []],
  ])('%j %j', (before, line, words) => {
    expect(completeSql(TABLES, before, line)[0]).toEqual(words);
  });

  it('replaces the last word only', () => {
    expect(completeSql(TABLES, '', 'SELECT sum(alc')[1]).toBe('alc');
  });
});
