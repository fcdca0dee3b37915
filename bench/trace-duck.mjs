// Preloaded into a process of the tables: adds up what its statements take, by their first words.
import { writeFileSync } from 'node:fs';
import { DuckDBConnection } from '@duckdb/node-api';

const totals = {};
const kindOf = (sql) =>
  sql
    .replaceAll(/'[^']*'/g, '…')
    .replaceAll(/\[(…(, )?)+\]/g, '[…]')
    .replaceAll(/NULL::[^,]*, /g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 110);

for (const name of ['run', 'runAndReadAll', 'stream']) {
  const plain = DuckDBConnection.prototype[name];
  let depth = 0;
  DuckDBConnection.prototype[name] = async function traced(sql, ...more) {
    const startedAt = performance.now();
    depth += 1;
    try {
      return await plain.call(this, sql, ...more);
    } finally {
      depth -= 1;
      const kind = kindOf(sql);
      totals[kind] ??= { ms: 0, calls: 0 };
      const into = totals[kind];
      if (depth === 0) into.ms += performance.now() - startedAt;
      into.calls += 1;
    }
  };
}
process.on('exit', () => writeFileSync(process.env.TRACE, JSON.stringify(totals)));
