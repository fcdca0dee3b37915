import type { Cell } from '../../../core/tables/cell';
import { describeTrino, type Trino } from '../../../infra-tests/trino/describe-trino';
import { answersOf, shuffled } from '../../embedded/tables/golden-answers';
import type { OpenEngine } from '../../embedded/tables/golden-case';
import { REQUESTS_AS_THEY_COME } from '../../embedded/tables/golden-requests';
import { VALUES } from '../../embedded/tables/golden-values';
import { describedOf } from './testing/described';
import { serviceIn, storedLine } from './testing/stored-line';
import { openTrinoTables } from './testing/trino-tables';

const ARRIVED = '2026-11-20';

/** A value as both engines' tests write it. */
const cellOf = (value: unknown, type: string): Cell => {
  if (Array.isArray(value)) {
    return value.map((item) => cellOf(item, type.slice('array('.length, -1)));
  }
  if (type.startsWith('timestamp')) {
    return new Date(`${String(value).replace(' ', 'T').slice(0, 23)}Z`).toISOString();
  }
  if (type !== 'bigint' || value === null) return value as Cell;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
};

/** The builder of AWS, with Trino in Athena's place: the same statements, byte for byte. */
const engineOn =
  (trino: Trino): OpenEngine =>
  async ({ services }) => {
    const tables = await openTrinoTables(trino, await describedOf(services));
    let hour = 0;
    return {
      async build(lines) {
        const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
        const at = String(hour).padStart(2, '0');
        hour += 1;
        const byService = Map.groupBy(texts, (line) => serviceIn(line, 'wine'));
        for (const [service, some] of byService) {
          await tables.arrive('requests', [service, ARRIVED, at], 'a.gz', some.map(storedLine));
          const item = { kind: 'requests', service, date: ARRIVED, hours: [at] } as const;
          await tables.build(item);
        }
      },
      async rows(sql) {
        const { rows, columns } = await tables.run(
          sql.replaceAll('inference.', `${tables.places.database}.`),
        );
        return rows.map((row) => row.map((value, i) => cellOf(value, columns[i]?.type ?? '')));
      },
      close: tables.close,
    };
  };

const ALL = [...VALUES, ...REQUESTS_AS_THEY_COME];
/** All of them on 483, too, by hand: `TIDEGATE_TRINO=483 jest athena/golden`. */
const SOME = ALL.filter((_, i) => i % 3 === 0);

describeTrino('golden results of the statements for Athena', (trino) => {
  const isAll = trino.version === (process.env.TIDEGATE_TRINO ?? '406');
  describe.each(isAll ? ALL : SOME)('$name', (golden) => {
    // They take minutes: one order on one release, the other on the other.
    if (trino.version === '406') {
      it('are these', async () => {
        expect(await answersOf(engineOn(trino), golden)).toEqual(golden.asked);
      }, 120_000);
    } else {
      it('are the same from the same lines in another order, three times', async () => {
        expect(await answersOf(engineOn(trino), shuffled(golden))).toEqual(golden.asked);
      }, 120_000);
    }
  });
});
