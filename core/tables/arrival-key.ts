import type { DirtyHour } from './dirty-hours';

const KEY =
  /^(?<kind>requests|labels)\/service=(?<service>[a-z0-9-]{2,32})\/dt=(?<date>\d{4}-\d{2}-\d{2})\/hour=(?<hour>[01]\d|2[0-3])\/[^/]+$/;

/**
 * The hour that an object of captured requests or labels belongs to; null for any other object.
 * @param prefix what stands before the keys of all that is captured
 */
export const hourOfKey = (key: string, prefix: string): DirtyHour | null => {
  if (!key.startsWith(prefix)) return null;
  const {
    kind,
    service = '',
    date = '',
    hour = '',
  } = KEY.exec(key.slice(prefix.length))?.groups ?? {};
  return kind === 'requests' || kind === 'labels' ? { service, kind, date, hour } : null;
};
