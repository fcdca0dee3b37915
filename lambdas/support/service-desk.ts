import { LambdaClient } from '@aws-sdk/client-lambda';
import { invokeLater } from '../../adapters/aws/invoke-later';
import { hostViews } from '../../adapters/aws/sagemaker-host/host-views';
import { deleteService } from '../../core/services/delete-service';
import { variable } from './environment';
import { report } from './observability';
import { patience } from './patience';
import { openServices } from './services';
import { openUsage } from './usage';

/**
 * Services as operators see and change them. What is wanted is written down; `reconcile`, which alone
 * may touch stacks and endpoints, is told of it and brings it about.
 */
export const openServiceDesk = () => {
  const opened = openServices();
  const { access, services, events, logs } = opened;
  const host = hostViews(opened.records, openUsage());
  const tell = invokeLater({
    client: new LambdaClient(patience(1_000, 2)),
    target: variable('RECONCILE_FUNCTION'),
  });
  // What it was not told of it sees within the minute.
  const changed = (service: string): Promise<void> =>
    tell({ detail: { service } }).catch((error: unknown) => report(error, ''));
  const told = { statesOf: host.states, changed };
  return {
    ...{ access, services, host, events, logs, statesOf: host.states },
    changing: { ...opened.changing, ...told },
    deleteService: deleteService({ ...opened.deleting, ...told }),
  };
};
