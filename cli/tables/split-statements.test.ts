import fc from 'fast-check';
import { splitStatements } from './split-statements';

describe('statements in what is typed', () => {
  it.each([
    ['SELECT 1', [], 'SELECT 1'],
    ['SELECT 1;', ['SELECT 1'], ''],
    ['SELECT 1; SELECT\n2 ;\nSEL', ['SELECT 1', 'SELECT\n2'], '\nSEL'],
    [' ;; ;', [], ''],
    ["SELECT ';', 'it''s;';", ["SELECT ';', 'it''s;'"], ''],
    ['SELECT 1 AS ";""";', ['SELECT 1 AS ";"""'], ''],
    ['SELECT 1 -- a; b\n+ 1;', ['SELECT 1 -- a; b\n+ 1'], ''],
    ['SELECT /* ; */ 1;', ['SELECT /* ; */ 1'], ''],
    ['SELECT $$;$$, $a$;$$;$a$;', ['SELECT $$;$$, $a$;$$;$a$'], ''],
    ["SELECT 'open;", [], "SELECT 'open;"],
    ['SELECT /* open;', [], 'SELECT /* open;'],
    ['SELECT "open;', [], 'SELECT "open;'],
    ['SELECT 1 -- open;', [], 'SELECT 1 -- open;'],
  ])('%j', (text, statements, rest) => {
    expect(splitStatements(text)).toEqual({ statements, rest });
  });

  it('are the same whether they come at once or line by line', () => {
    const piece = fc.constantFrom('a', "'", '"', ';', '\n', '--', '/*', '*/', '$$', ' ', "''");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        const found: string[] = [];
        let typed = '';
        for (const line of text.split('\n')) {
          const { statements, rest } = splitStatements(`${typed}${line}\n`);
          found.push(...statements);
          typed = rest;
        }
        expect(found).toEqual(splitStatements(`${text}\n`).statements);
      }),
    );
  });
});
