import { type Check, note, ok } from '../about/checks';
import { look } from './account-checks';
import type { AwsAccount } from './aws-account';
import { awsFailure, isDenied } from './sdk';

/** What an account has in a Region unless it was given more. */
const USUAL = 300;
const TIGHT = 0.8;
const RIGHT = 'servicequotas:ListServiceQuotas';

/** Whether the Region has room for more services: each has a usage plan, and so has each platform. */
export const checkUsagePlans = (
  aws: Pick<AwsAccount, 'ask' | 'read'>,
  name = 'usage plans',
): Promise<readonly Check[]> =>
  look(name, 'apigateway:GET on /usageplans', async () => {
    const [plans, { most, from }] = await Promise.all([countPlans(aws), quotaOf(aws)]);
    const detail = `${plans} of ${most} in this Region, ${from}`;
    const way = 'ask Service Quotas for more: Amazon API Gateway, "Usage plans per Region"';
    return [plans >= most * TIGHT ? note(name, detail, way) : ok(name, detail)];
  });

interface Page {
  readonly item?: readonly unknown[];
  readonly position?: string;
}

/** Of all that is in the Region, not of this stage alone: the quota holds for them together. */
const countPlans = async ({ read }: Pick<AwsAccount, 'read'>): Promise<number> => {
  let plans = 0;
  let position: string | undefined;
  do {
    const query = { limit: '500', ...(position !== undefined && { position }) };
    const page = (await read('/usageplans', query)) as Page;
    plans += page.item?.length ?? 0;
    ({ position } = page);
  } while (position);
  return plans;
};

interface Quotas {
  readonly Quotas?: readonly { readonly QuotaName?: string; readonly Value?: number }[];
  readonly NextToken?: string;
}

/** By its name, for AWS lists it with those of all of API Gateway; there is one of plans per key, too. */
const isOfPlans = (name: string): boolean => /^usage plans\b(?!.*\bkey\b)/i.test(name);

const findQuota = async ({ ask }: Pick<AwsAccount, 'ask'>): Promise<number | undefined> => {
  const asked = { ServiceCode: 'apigateway', MaxResults: 100 };
  let NextToken: string | undefined;
  do {
    const page = (await ask('servicequotas', 'ServiceQuotasV20190624.ListServiceQuotas', {
      ...asked,
      ...(NextToken !== undefined && { NextToken }),
    })) as Quotas;
    const found = page.Quotas?.find(({ QuotaName = '' }) => isOfPlans(QuotaName));
    if (found?.Value !== undefined) return found.Value;
    ({ NextToken } = page);
  } while (NextToken);
  return undefined;
};

/** Without it the check is worth something still: it says where its number is from. */
const quotaOf = async (aws: Pick<AwsAccount, 'ask'>) => {
  try {
    const most = await findQuota(aws);
    if (most !== undefined) return { most, from: 'as Service Quotas says' };
    return { most: USUAL, from: 'unless it was given more: Service Quotas names none' };
  } catch (error) {
    const why = isDenied(error) ? `allow ${RIGHT}` : awsFailure(error).message;
    return { most: USUAL, from: `unless it was given more, which was not read: ${why}` };
  }
};
