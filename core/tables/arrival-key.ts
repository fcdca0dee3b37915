import type { DirtyHour } from './dirty-hours';

const KEY =
  /^(?<kind>requests|labels)\/service=(?<service>[a-z0-9-]{2,32})\/dt=(?<date>\d{4}-\d{2}-\d{2})\/hour=(?<hour>[01]\d|2[0-3])\/(?<name>[^/]+)$/;
const REWRITTEN = /\.rewritten(?:\.[a-z]+)?$/;

/**
 * The hour in which an object of captured requests or labels arrived; null for any other object, and for
 * one that was written anew: nothing has arrived with it.
 * @param prefix what stands before the keys of all that is captured
 */
export const hourOfKey = (key: string, prefix: string): DirtyHour | null => {
  if (!key.startsWith(prefix)) return null;
  const {
    kind,
    service = '',
    date = '',
    hour = '',
    name = '',
  } = KEY.exec(key.slice(prefix.length))?.groups ?? {};
  if (kind === 'requests') return REWRITTEN.test(name) ? null : { service, kind, date, hour };
  return kind === 'labels' ? { service, kind, date, hour } : null;
};

/**
 * The key under which an object is written anew without some of its lines. Requests get another: S3 tells
 * of every object that is put, and this one is no arrival. It comes behind the former in S3's lists, so
 * that who lists both pages sees one of them; and it ends as before, which says how it is packed. Labels
 * keep theirs, which keeps out a batch that is sent again.
 */
export const rewrittenKey = (key: string, prefix: string): string =>
  hourOfKey(key, prefix)?.kind === 'requests' ? key.replace(/(?:\.[a-z]+)?$/, '.rewritten$&') : key;
