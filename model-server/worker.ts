import { parentPort, workerData } from 'node:worker_threads';
import { answerPackageTasks } from './package-task';
import { serveReplica } from './serve-replica';

// One bundle, two uses: a thread that answers predictions, and a process that tries a package out.
if (parentPort) serveReplica(parentPort, workerData);
else answerPackageTasks(process);
