import middy from '@middy/core';
import type { EventBridgeEvent } from 'aws-lambda';
import { now } from '../adapters/primitives';
import { hourOfKey } from '../core/tables/arrival-key';
import { dirtyHours } from '../core/tables/dirty-hours';
import { capturedPrefix } from './support/environment';
import { observed } from './support/observability';
import { openRecords } from './support/stores';

/** An object that was put, as S3 tells EventBridge. */
interface Put {
  readonly object: { readonly key: string };
}

const hours = dirtyHours(openRecords());

/** Remembers the hour in which an object arrived, for the next build to look at. */
export const handler = middy<EventBridgeEvent<'Object Created', Put>, void>()
  .use(observed())
  .handler(async ({ detail }) => {
    const hour = hourOfKey(detail.object.key, capturedPrefix);
    if (hour) await hours.mark(hour, now());
  });
