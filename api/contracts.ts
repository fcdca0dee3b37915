import { aboutContracts } from './about/contracts';
import { accessContracts } from './access/contracts';
import { captureContracts } from './capture/contracts';
import type { Contract } from './contract';
import { modelContracts } from './models/contracts';
import type { RouteName } from './routes';
import { serviceContracts } from './services/contracts';
import { tableContracts } from './tables/contracts';

/** The contract of every route of the control API. A route without one does not compile. */
export const contracts = {
  ...aboutContracts,
  ...modelContracts,
  ...serviceContracts,
  ...accessContracts,
  ...captureContracts,
  ...tableContracts,
} as const satisfies Record<RouteName, Contract>;
