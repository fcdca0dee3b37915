import type { Erasure } from '../../../core/tables/erasure';
import { requestsStatements } from '../../../core/tables/requests-statement';
import { describeTrino } from '../../../infra-tests/trino/describe-trino';
import { asked, idOf, lineOf } from '../../embedded/tables/tables-fixture';
import type { TabledService } from './build-arrival';
import { type BuildItem, buildItem } from './build-item';
import { dayFrom } from './day-from';
import { lookAtLabels } from './label-rows';
import { literal, name } from './quoting';
import { removeBefore } from './remove';
import { describedOf } from './testing/described';
import { explainReads, type TableRead } from './testing/explain-reads';
import { itemNeeds } from './testing/item-needs';
import { runStatement, runSteps } from './testing/run-steps';
import { storedLine } from './testing/stored-line';
import { openTrinoTables } from './testing/trino-tables';
import { ALL_SERVICES } from './upkeep';

const DAY_BEFORE = '2026-11-19T23:59:00.000Z';
const DAY = '2026-11-20T10:00:00.000Z';
const ARRIVED = '2026-11-20';
const TAUGHT = { model: 'wine', version: 1, inputs: { pH: 'double', alcohol: 'double' } } as const;
const body = (n: number) => asked(['pH', 'alcohol'], [[n, 9]], [5]);

/** The columns by which tables are parted; a read has to name values of each, or both ends of a range. */
const PARTED: Readonly<Record<string, readonly string[]>> = {
  requests: ['service', 'request_date'],
  labels: ['service', 'received_date'],
  wine: ['request_date'],
  wine_errors: ['request_date'],
  'raw.requests': ['service', 'dt', 'hour'],
  'raw.labels': ['service', 'dt', 'hour'],
  'raw.spill': ['service', 'dt', 'hour'],
  'raw.erased': ['service'],
  'information_schema.tables': [],
};

type Whole = Readonly<Record<string, readonly string[]>>;

/** Of what has to be read whole, by the step that does, and why. */
const ALWAYS_WHOLE: Whole = {
  // A label by a client's id may mean a request of any day before it; it is asked if there are such labels.
  'look-for-clients': ['requests: request_date'],
  // A request is written down an hour or a day after it was asked; a label of it comes whenever it does.
  'find-lines': ['raw.labels: hour', 'raw.requests: hour'],
  'look-at-erased-labels': ['labels: received_date'],
  // Which days there are: partitions alone, of which no column is read.
  'look-for-erased': ['requests: request_date', 'wine: request_date', 'wine_errors: request_date'],
};

/**
 * Another service, day and hour of which something lies there. Of what has arrived, plans name the
 * partitions that are there and are read, not the condition.
 */
const OTHERS = ['other', '2026-01-05', '05'] as const;

/** A range without an end, or one of the others. */
const isOpen = (bound: string): boolean =>
  bound.startsWith('..') || bound.endsWith('..') || OTHERS.some((other) => other === bound);

interface Plan {
  readonly step: string;
  readonly reads: readonly TableRead[];
}

const labelLine = (position: number, over: object): string =>
  JSON.stringify({
    ...{ service: 'wine', example_id: null, request_id: null, client_request_id: null },
    ...{ row_index: null, label: '6', labelled_at: DAY, received_at: `${ARRIVED}T12:30:00.000Z` },
    ...{ batch_id: 'b', position, ...over },
  });

describeTrino(
  'plans of the statements for Athena',
  (trino) => {
    let services: ReadonlyMap<string, TabledService>;
    let tables: Awaited<ReturnType<typeof openTrinoTables>>;
    beforeAll(async () => {
      services = await describedOf({ wine: [TAUGHT] });
      tables = await openTrinoTables(trino, services);
      const [service, date, hour] = OTHERS;
      for (const other of [
        [service, ARRIVED, '10'],
        ['wine', date, '10'],
        ['wine', ARRIVED, hour],
      ]) {
        await tables.arrive('requests', other, 'other', ['{}']);
        await tables.arrive('labels', other, 'other', ['{}']);
        await tables.arrive('spill', other, 'other.json', ['{}']);
      }
    }, 60_000);
    afterAll(() => tables.close());

    const arrive = (hour: string, lines: readonly object[]) =>
      tables.arrive(
        ...(['requests', ['wine', ARRIVED, hour], 'a.gz'] as const),
        lines.map((line) => storedLine(JSON.stringify(line))),
      );
    /** A table as `PARTED` has it. */
    const shortName = (table: string): string =>
      table
        .replace(`${tables.places.rawDatabase}.`, 'raw.')
        .replace(`${tables.places.database}.`, '');
    const readsOf = async (sql: string): Promise<readonly TableRead[]> => {
      const reads = await explainReads(tables.run, sql);
      return reads.map(({ table, bounds }) => ({ table: shortName(table), bounds }));
    };
    /** Of which tables all partitions are touched, as `table: column`. */
    const wholeOf = (reads: readonly TableRead[]): ReadonlySet<string> => {
      const whole = reads.flatMap(({ table, bounds }) => {
        const columns = PARTED[table] ?? ['a table that is not known'];
        const open = columns.filter((column) => bounds[column]?.some(isOpen) ?? true);
        return open.map((column) => `${table}: ${column}`);
      });
      return new Set(whole);
    };
    /** What the statements of a piece of work touch; they are run, for later ones have results of the former. */
    const plansOf = async (item: BuildItem): Promise<readonly Plan[]> => {
      const needs = itemNeeds(tables.places, services.get('wine'), '2026-11-21');
      const plans: Plan[] = [];
      await runSteps(buildItem(needs, item), async (statement) => {
        // Athena's own, of which Trino knows no plan: their days are literals, of partitions alone.
        if (/^(?:OPTIMIZE|VACUUM) /.test(statement.sql)) return { rows: [], written: null };
        // Definitions, in the dialect of Hive, read nothing.
        if (/^(?:CREATE|DROP) /.test(statement.sql)) return { rows: [], written: null };
        plans.push({ step: statement.step, reads: await readsOf(statement.sql) });
        return runStatement(tables.run, statement);
      });
      return plans;
    };
    const expectPruned = (plans: readonly Plan[], whole: Whole = {}): void => {
      for (const { step, reads } of plans) {
        const allowed = new Set(whole[step] ?? ALWAYS_WHOLE[step]);
        expect([step, wholeOf(reads)]).toEqual([step, allowed]);
      }
    };
    const stepsIn = (plans: readonly Plan[]) => [...new Set(plans.map(({ step }) => step))];

    it('name the hours that arrived and the days that were asked', async () => {
      const { request, response, ...line } = lineOf(DAY, 4, body(4));
      const key = `dt=${ARRIVED}/hour=10/${idOf(DAY, 4)}.json`;
      const bodies = { request: JSON.stringify(request), response: JSON.stringify(response) };
      await tables.arrive('spill', ['wine', ARRIVED, '10'], `${idOf(DAY, 4)}.json`, [
        JSON.stringify(bodies),
      ]);
      const spilled = { ...line, spill_uri: `s3://captured/spill/service=wine/${key}` };
      const named = lineOf(DAY, 1, { ...body(1), client_request_id: 'theirs' });
      await arrive('10', [named, lineOf(DAY_BEFORE, 2, body(2))]);
      await arrive('11', [spilled, lineOf(DAY, 3, { ...body(3), row_count: 2 })]);
      const apart = await plansOf({
        kind: 'requests',
        service: 'wine',
        date: ARRIVED,
        hours: ['10', '11'],
      });
      expectPruned(apart);
      expect(stepsIn(apart)).toEqual([
        ...['look-at-arrival', 'take-requests', 'answering-models', 'unpack-rows', 'check-window'],
        'keep-errors',
      ]);
      // Which they are, of one that writes: what arrived, bodies, and the table itself.
      const { reads } = apart.find(({ step }) => step === 'take-requests') ?? { reads: [] };
      // 483 tells of days that follow each other as of a range.
      const [first, last] = [DAY_BEFORE, DAY].map((time) => time.slice(0, 10));
      const days = trino.version === '483' ? [`${first}..${last}`] : [first, last];
      expect(reads.map(({ table, bounds }) => [table, bounds])).toEqual(
        expect.arrayContaining([
          ['raw.requests', { service: ['wine'], dt: [ARRIVED], hour: ['10', '11'] }],
          ['raw.spill', { service: ['wine'], dt: [ARRIVED], hour: ['10'] }],
          ['requests', expect.objectContaining({ service: ['wine'], request_date: days })],
        ]),
      );
    });

    it('name the days of labels, and of the rows that they mean', async () => {
      await tables.arrive('labels', ['wine', ARRIVED, '12'], 'b.ndjson', [
        labelLine(0, { example_id: `${idOf(DAY, 1)}-0` }),
        labelLine(1, { client_request_id: 'mine', row_index: 0 }),
        labelLine(2, { client_request_id: 'theirs', row_index: 0 }),
      ]);
      const came = await plansOf({ kind: 'labels', service: 'wine', date: ARRIVED, hours: ['12'] });
      const again = await plansOf({
        kind: 'labels-again',
        service: 'wine',
        from: ARRIVED,
        to: ARRIVED,
      });
      expectPruned([...came, ...again]);
      const found = ['look-at-labels', 'look-for-clients', 'look-at-client-labels', 'label-rows'];
      expect(stepsIn(came)).toEqual(['take-labels', ...found]);
      expect(stepsIn(again)).toEqual(['days-with-labels', ...found]);
      // Rows that come after their labels.
      await arrive('13', [lineOf(DAY, 5, body(5))]);
      const late = { kind: 'requests', service: 'wine', date: ARRIVED, hours: ['13'] } as const;
      const plans = await plansOf(late);
      expectPruned(plans);
      expect(stepsIn(plans)).toEqual(
        expect.arrayContaining(['label-rows', 'look-for-client-labels']),
      );
    });

    it('name the days of rows alone, whichever days labels name', async () => {
      const from = { service: 'wine', dates: [ARRIVED] };
      await arrive('14', [lineOf(DAY, 6, body(6))]);
      await plansOf({ kind: 'requests', service: 'wine', date: ARRIVED, hours: ['14'] });
      const on = (first: string, count: number) =>
        Array.from({ length: count }, (_, n) => `${idOf(dayFrom(first, n), 1)}-0`);
      const named = [...on('1999-01-01', 100), ...on('2026-06-01', 100), `${idOf(DAY, 6)}-0`];
      await tables.arrive(
        ...(['labels', ['wine', ARRIVED, '15'], 'c.ndjson'] as const),
        named.map((example_id, n) =>
          labelLine(n, { example_id, batch_id: 'c', received_at: `${ARRIVED}T15:30:00.000Z` }),
        ),
      );
      const plans = await plansOf({
        kind: 'labels',
        service: 'wine',
        date: ARRIVED,
        hours: ['15'],
      });
      expectPruned(plans);
      expect(plans.map(({ step }) => step).filter((step) => step !== 'take-labels')).toEqual([
        ...['look-at-labels', 'look-for-rows', 'label-rows'],
      ]);
      const { rows } = await tables.run(
        `SELECT label FROM ${tables.places.database}.wine WHERE request_id = '${idOf(DAY, 6)}'`,
      );
      expect(rows).toEqual([[6]]);
      // No request is as old as the others say.
      const looked = await runStatement(tables.run, lookAtLabels(tables.places, from));
      expect(looked.rows.map(([date]) => date ?? '').filter((date) => date < '2026')).toEqual(['']);
    });

    it.each<[string, Erasure, Whole]>([
      ['by their ids', { request_ids: [idOf(DAY, 1)] }, {}],
      [
        'by a client’s id, which may be of any day',
        { client_request_ids: ['mine'] },
        { 'find-erased': ['requests: request_date', 'wine: request_date'] },
      ],
      [
        'by a value, for which all rows are looked through',
        { column: 'ph', value: 2 },
        { 'tell-erased': ['wine: request_date'] },
      ],
    ])('name the days of what is erased %s', async (_, what, whole) => {
      await tables.run(
        `DELETE FROM "${tables.places.rawDatabase}"."erased" WHERE service = 'wine'`,
      );
      const at = '2026-11-21T10:00:00.000Z';
      const plans = await plansOf({ kind: 'erase', service: 'wine', what, at });
      expectPruned(plans, whole);
      expect(stepsIn(plans)).toEqual(expect.arrayContaining(['find-erased', 'find-lines']));
    });

    it('delete whole days without reading any', async () => {
      for (const table of ['requests', 'rows', 'errors', 'labels'] as const) {
        const { sql } = removeBefore(tables.places, 'wine', table, '2026-11-20');
        const reads = await readsOf(sql);
        expect([table, reads.length, wholeOf(reads)]).toEqual([table, 1, new Set()]);
      }
    });

    it('name the days of labels that are counted, and of requests that are looked up', async () => {
      const counted = await plansOf({
        ...{ kind: 'upkeep', service: 'wine', keep: {}, late: [ARRIVED] },
        days: { requests: [], rows: [], labels: [] },
      });
      expectPruned(counted);
      expect(stepsIn(counted)).toEqual(expect.arrayContaining(['count-labels', 'count-matched']));
      const table = `${name(tables.places.database)}.${name('requests')}`;
      const { byId, page } = requestsStatements({ table, name, literal });
      const [from, to] = [DAY_BEFORE, DAY].map((time) => Date.parse(time)) as [number, number];
      const looks = [
        byId('wine', idOf(DAY, 1)),
        page({ service: 'wine', from, to, limit: 10, client_request_id: 'theirs' }),
      ];
      for (const sql of looks) {
        expect([sql, wholeOf(await readsOf(sql ?? ''))]).toEqual([sql, new Set()]);
      }
    });

    it.each([
      [
        'SELECT 1 FROM "raw.labels" WHERE service = \'wine\'',
        ['raw.labels: dt', 'raw.labels: hour'],
      ],
      [
        `SELECT 1 FROM "raw.requests" WHERE dt = '${ARRIVED}' AND hour = '10'`,
        ['raw.requests: service'],
      ],
      ['SELECT count(*) FROM "requests" WHERE service = \'wine\'', ['requests: request_date']],
      ['SELECT 1 FROM "wine" WHERE request_date >= DATE \'2026-01-01\'', ['wine: request_date']],
      [
        'SELECT 1 FROM "wine" WHERE CAST(request_date AS varchar) = \'2026-11-20\'',
        ['wine: request_date'],
      ],
      ['DELETE FROM "labels" WHERE service = \'wine\'', ['labels: received_date']],
      ['DELETE FROM "wine" WHERE request_id = \'x\'', ['wine: request_date']],
      [
        'MERGE INTO "wine" t USING (SELECT \'x\' AS id) s ON t.example_id = s.id WHEN MATCHED THEN DELETE',
        ['wine: request_date'],
      ],
    ])('are found to read all where they do: %s', async (sql, whole) => {
      const { database, rawDatabase } = tables.places;
      const placed = sql.replace('"raw.', `${rawDatabase}."`).replace(/ "/, ` ${database}."`);
      expect(wholeOf(await readsOf(placed))).toEqual(new Set(whole));
    });

    it('read all of what goes with a service, and which requests were ever erased', async () => {
      const at = '2026-11-21T10:00:00.000Z';
      const upkeep = { kind: 'shared-upkeep', service: ALL_SERVICES, erasedSince: at } as const;
      // A row for each request that was erased, of whatever service.
      expectPruned(await plansOf(upkeep), { 'forget-erased': ['raw.erased: service'] });
      const plans = await plansOf({ kind: 'purge', service: 'wine', at });
      expectPruned(plans, {
        'count-rows': [
          ...['requests: request_date', 'labels: received_date'],
          ...['wine: request_date', 'wine_errors: request_date'],
        ],
        'remove-all-requests': ['requests: request_date'],
        'remove-all-labels': ['labels: received_date'],
      });
      expect(stepsIn(plans)).toEqual(expect.arrayContaining(['tell-purged', 'count-rows']));
    });
    // The other release plans the same reads; it takes a third of a minute to say so.
  },
  ['406'],
);
