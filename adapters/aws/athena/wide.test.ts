import { describeTrino } from '../../../infra-tests/trino/describe-trino';
import { asked, idOf, lineOf } from '../../embedded/tables/tables-fixture';
import { type BuildItem, buildItem } from './build-item';
import { describedOf } from './testing/described';
import { itemNeeds } from './testing/item-needs';
import { runStatement, runSteps } from './testing/run-steps';
import { storedLine } from './testing/stored-line';
import { openTrinoTables } from './testing/trino-tables';

const DAY = '2026-11-20T10:00:00.000Z';
const DATE = DAY.slice(0, 10);
/** The older release compiles no MERGE into some 400 columns; docs/aws.md says so. */
const WIDTHS: Readonly<Record<string, number>> = { '406': 300, '483': 1_000 };

describeTrino(
  'a service with very many features',
  (trino) => {
    const width = WIDTHS[trino.version] ?? 0;
    const features = Array.from({ length: width }, (_, n) => `feature ${n}`);
    const taught = {
      ...{ model: 'wine', version: 1 },
      inputs: Object.fromEntries(features.map((feature) => [feature, 'double' as const])),
      outcomes: { revenue: 'double' },
    } as const;

    it('has rows with a column for each, and labels in them', async () => {
      const services = await describedOf({ wine: [taught] });
      const tables = await openTrinoTables(trino, services);
      const build = (item: BuildItem) => {
        const needs = itemNeeds(tables.places, services.get('wine'), '2026-11-21');
        return runSteps(buildItem(needs, item), (one) => runStatement(tables.run, one));
      };
      // A record is as large as Firehose takes them.
      const row = (n: number) => features.map((_, i) => n + i / 1_000);
      const lines = [1, 2, 3].map((n) =>
        lineOf(DAY, n, asked(features, [row(n), row(-n)], [n, n])),
      );
      await tables.arrive(
        ...(['requests', ['wine', DATE, '10'], 'a.gz'] as const),
        lines.map((line) => storedLine(JSON.stringify(line))),
      );
      await build({ kind: 'requests', service: 'wine', date: DATE, hours: ['10'] });
      const label = { request_id: null, client_request_id: null, row_index: null, label: '6' };
      const times = { labelled_at: DAY, received_at: `${DATE}T12:00:00.000Z`, batch_id: 'b' };
      const told = { service: 'wine', example_id: `${idOf(DAY, 2)}-1`, ...label, ...times };
      await tables.arrive('labels', ['wine', DATE, '12'], 'b.ndjson', [
        JSON.stringify({ ...told, position: 0 }),
        JSON.stringify({ ...told, name: 'revenue', label: '12.5', position: 1 }),
      ]);
      await build({ kind: 'labels', service: 'wine', date: DATE, hours: ['12'] });
      const { rows } = await tables.run(
        `SELECT row_index, feature_0, feature_7, feature_${width - 1}, label, revenue
         FROM "${tables.places.database}"."wine" ORDER BY example_id`,
      );
      expect(rows).toEqual(
        [1, 2, 3].flatMap((n) =>
          [n, -n].map((value, i) => [
            ...[i, value, value + 0.007, value + (width - 1) / 1_000],
            ...(n === 2 && i === 1 ? [6, 12.5] : [null, null]),
          ]),
        ),
      );
      await tables.close();
    }, 240_000);
  },
  ['406', '483'],
);
