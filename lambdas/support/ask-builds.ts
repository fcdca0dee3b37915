import { SFNClient } from '@aws-sdk/client-sfn';
import { startExecution } from '../../adapters/aws/athena/start-execution';
import { tableRuns } from '../../adapters/aws/athena/table-runs';
import { newId, now } from '../../adapters/primitives';
import { variable } from './environment';
import { patience } from './patience';

/** Has the state machine of the tables do something, soon, and says whether it is still at it. */
export const openAskBuilds = () => {
  const machine = {
    sfn: new SFNClient(patience(1_000, 2)),
    ...{ machine: variable('TABLES_MACHINE'), newId },
  };
  return {
    askBuilds: startExecution(machine),
    isRunning: tableRuns({ ...machine, now }).isRunning,
  };
};
