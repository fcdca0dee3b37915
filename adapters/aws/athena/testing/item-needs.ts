import type { TabledService } from '../build-arrival';
import type { Places } from '../places';

/** What a piece of work is told, with buckets and an execution that tests name so. */
export const itemNeeds = (places: Places, described: TabledService | undefined, today: string) => ({
  ...{ places, described, today },
  ground: { bucket: 'tables', quietSeconds: 1 },
  ...{ captured: 's3://captured/', capturedDays: 30, execution: 'the-execution' },
});
