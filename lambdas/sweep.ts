import { S3Client } from '@aws-sdk/client-s3';
import middy from '@middy/core';
import type { Chore } from '../adapters/aws/athena/chore';
import type { StatementResult } from '../adapters/aws/athena/statement';
import { sweep } from '../adapters/aws/athena/sweep';
import { capturedPrefix, variable } from './support/environment';
import { observed } from './support/observability';
import { patience } from './support/patience';

/** Objects are large: what of one is on its way moves, or it is asked for again. */
const ANSWER_MS = 60_000;

const work = sweep({
  s3: new S3Client(patience(ANSWER_MS, 4)),
  capturedBucket: variable('CAPTURED_BUCKET'),
  capturedPrefix,
  resultsBucket: variable('RESULTS_BUCKET'),
});

/** Does what statements cannot: takes objects out, or lines of them, in S3. */
export const handler = middy<Chore, StatementResult>().use(observed()).handler(work);
