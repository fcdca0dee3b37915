import { currency, priced_at, region } from '../../docs/aws-prices.json';
import type { ItemOf } from '../control-api';
import { itemsOf } from '../list';
import { Unreached } from '../refusals';
import type { Session } from '../session';
import { count } from '../terminal/numbers';
import type { Column } from '../terminal/table';
import { type CostLine, totalOf } from './cost-lines';
import { alarmCost, endpointCost } from './endpoint-cost';
import { idleCost } from './idle-cost';
import { assumptions, predictionCost } from './prediction-cost';
import { stagesLike } from './stage-like';
import { tablesAssumptions, tablesCost } from './tables-cost';

interface CostOptions {
  readonly service?: string;
  readonly predictions: number;
  readonly perSecond: number;
  readonly like: keyof typeof stagesLike;
}

type Version = ItemOf<'GET /api/services/{service}/versions'>;

const MANY = 1000;

/** Estimates what the AWS home costs a month: predictions, tables, an idle account, the endpoints of services. */
export const showCost = async (session: Session, options: CostOptions): Promise<void> => {
  const { predictions, perSecond, like } = options;
  const versions = await versionsOf(session, options.service);
  const perPrediction = predictionCost({ predictions, perSecond, stage: stagesLike[like] });
  const tables = tablesCost({ predictions, perSecond });
  const idle = idleCost(stagesLike[like]);
  const endpoints = [...Map.groupBy(versions ?? [], ({ service }) => service)].flatMap(
    ([service, own]) => [...endpointCost(own), alarmCost(service, own)],
  );
  const part = (lines: readonly CostLine[]) => ({ lines, total: cents(totalOf(lines)) });
  const home = homeOf(session, versions);
  const assumed = [...assumptions(perSecond), ...tablesAssumptions];
  const estimate = {
    ...{ currency, region, priced_at, home },
    predictions: { count: predictions, per_second: perSecond, ...part(perPrediction) },
    tables: part(tables),
    idle: { like, ...part(idle) },
    endpoints: versions && part(endpoints),
    assumptions: assumed,
  };
  await session.answer(estimate, async () => {
    if (home === 'embedded') {
      await session.print('This platform runs on a machine of yours and AWS bills nothing for it.');
      await session.print('In the AWS home it would cost:\n');
    }
    const million = `${count(predictions)} predictions, outside their endpoints`;
    await tell(session, million, perPrediction);
    await tell(session, 'The same in tables, with labels', tables);
    await tell(session, `A month of a stage like ${like}, without services`, idle);
    if (versions === null) session.say('No platform was reached: its endpoints are not counted.');
    else if (endpoints.length > 0) await tell(session, 'A month of the services', endpoints);
    await session.print(`An estimate, in ${currency}, by the prices of ${region}, ${priced_at}:`);
    for (const line of assumed) await session.print(`- ${line}`);
  });
};

/** Versions of a service, or of all; null when no platform is there to be asked. */
const versionsOf = async (
  session: Session,
  wanted: string | undefined,
): Promise<readonly Version[] | null> => {
  try {
    const names =
      wanted === undefined
        ? (await itemsOf(session, 'GET /api/services', { path: {} }, MANY)).items.map(
            ({ name }) => name,
          )
        : [wanted];
    const route = 'GET /api/services/{service}/versions';
    const found: Version[] = [];
    for (const service of names) {
      found.push(...(await itemsOf(session, route, { path: { service } }, MANY)).items);
    }
    return found;
  } catch (error) {
    // Who asks what it would cost may have none yet; who names a service has one.
    if (error instanceof Unreached && wanted === undefined) return null;
    throw error;
  }
};

/** Only the AWS home is signed in to for a time, or has API Gateway's address. */
const homeOf = (
  { endpoint, credentials }: Session,
  versions: readonly Version[] | null,
): 'aws' | 'embedded' | null => {
  if (versions === null) return null;
  const isAws =
    credentials?.expiresAt !== undefined ||
    /\.execute-api\./.test(endpoint) ||
    versions.some(({ cost }) => cost.billing_mode !== 'none');
  return isAws ? 'aws' : 'embedded';
};

const cents = (usd: number): number => Math.round(usd * 100) / 100;

const COLUMNS: readonly Column<CostLine>[] = [
  { title: 'ITEM', cell: ({ item }) => item },
  { title: 'QUANTITY', cell: ({ quantity }) => quantity, wraps: true },
  { title: 'USD', cell: ({ usd }) => usd?.toFixed(2), right: true },
];

const tell = async (
  { print, printTable, paint }: Session,
  title: string,
  lines: readonly CostLine[],
): Promise<void> => {
  await print(paint.bold(title));
  const sum = { item: 'In all', quantity: '', usd: totalOf(lines) };
  await printTable([...lines, sum], COLUMNS);
  await print('');
};
