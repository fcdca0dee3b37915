import { SFNClient } from '@aws-sdk/client-sfn';
import { startExecution } from '../../adapters/aws/athena/start-execution';
import { newId } from '../../adapters/primitives';
import { variable } from './environment';
import { patience } from './patience';

/** Has the state machine of the tables do something, soon. */
export const openAskBuilds = () =>
  startExecution({
    sfn: new SFNClient(patience(1_000, 2)),
    ...{ machine: variable('TABLES_MACHINE'), newId },
  });
