import type { AwsAccount } from './aws-account';
import { checkUsagePlans } from './usage-plans';

const refused = Object.assign(new Error('is not authorized'), { name: 'AccessDeniedException' });
const plans = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `p${i}` }));

/** What AWS answers to each question, page by page. */
const accountOf = (given: { readonly plans: readonly object[]; readonly quotas: unknown }) => {
  const asked: unknown[] = [];
  const aws: Pick<AwsAccount, 'ask' | 'read'> = {
    read: async (path, query) => {
      asked.push([path, query]);
      const at = Number(query.position ?? 0);
      const isLast = at === given.plans.length - 1;
      return { ...given.plans[at], ...(!isLast && { position: String(at + 1) }) };
    },
    ask: async (service, target, body) => {
      asked.push([service, target, body]);
      if (given.quotas instanceof Error) throw given.quotas;
      const pages = given.quotas as readonly (readonly object[])[];
      const at = Number((body as { NextToken?: string }).NextToken ?? 0);
      return { Quotas: pages[at], ...(at < pages.length - 1 && { NextToken: String(at + 1) }) };
    },
  };
  return { aws, asked };
};
const QUOTAS = [
  [
    { QuotaName: 'API keys per Region', Value: 10_000 },
    { QuotaName: 'Usage plans per API key', Value: 10 },
  ],
  [{ QuotaName: 'Usage plans per Region', Value: 1_000 }],
];

describe('the check of usage plans', () => {
  it('counts all of the Region, and reads how many it may have', async () => {
    const { aws, asked } = accountOf({
      plans: [{ item: plans(500) }, { item: plans(20) }],
      quotas: QUOTAS,
    });
    expect(await checkUsagePlans(aws)).toEqual([
      {
        ...{ name: 'usage plans', status: 'ok', way_out: null },
        detail: '520 of 1000 in this Region, as Service Quotas says',
      },
    ]);
    const target = 'ServiceQuotasV20190624.ListServiceQuotas';
    const about = { ServiceCode: 'apigateway', MaxResults: 100 };
    expect(asked).toEqual(
      expect.arrayContaining([
        ['/usageplans', { limit: '500' }],
        ['/usageplans', { limit: '500', position: '1' }],
        ['servicequotas', target, about],
        ['servicequotas', target, { ...about, NextToken: '1' }],
      ]),
    );
  });

  it.each([
    ['these credentials may not read it', refused, /not read: allow servicequotas:ListServiceQ/],
    ['AWS does not answer', new Error('a fault'), /not read: AWS says: a fault$/],
    ['Service Quotas has none', [[]], /Service Quotas names none$/],
  ])('takes the usual 300, and says so, where %s', async (_, quotas, from) => {
    const { aws } = accountOf({ plans: [{ item: plans(2) }], quotas });
    const [check] = await checkUsagePlans(aws);
    expect(check).toMatchObject({ status: 'ok', way_out: null });
    expect(check?.detail).toMatch(/^2 of 300 in this Region, unless it was given more/);
    expect(check?.detail).toMatch(from);
  });

  it('says how to get more before there are none left', async () => {
    const { aws } = accountOf({ plans: [{ item: plans(800) }], quotas: QUOTAS });
    expect(await checkUsagePlans(aws)).toMatchObject([
      { status: 'note', way_out: expect.stringContaining('Usage plans per Region') },
    ]);
  });

  it('says which right it takes to count', async () => {
    const { aws } = accountOf({ plans: [{ item: [] }], quotas: QUOTAS });
    expect(await checkUsagePlans({ ...aws, read: () => Promise.reject(refused) })).toMatchObject([
      { status: 'note', way_out: 'allow apigateway:GET on /usageplans' },
    ]);
  });
});
