const TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d):(\d\d)(\.\d{1,9})?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?$/;

/**
 * Milliseconds since the epoch of an RFC 3339 time, or null when the text is none (30 February).
 * Without a zone it is UTC, and a date is its midnight: so pandas and MLflow write times.
 */
export const millisecondsOf = (text: string): number | null => {
  const match = TIME.exec(text);
  if (!match) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', , zone] = match;
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (!isWithin(month, 1, 12) || !isWithin(day, 1, days)) return null;
  if (!isWithin(hour, 0, 23) || !isWithin(minute, 0, 59) || !isWithin(second, 0, 59)) return null;
  const utc = zone === undefined && text.length > DATE_LENGTH ? 'Z' : '';
  const milliseconds = Date.parse(`${text.replace(' ', 'T').toUpperCase()}${utc}`);
  return Number.isNaN(milliseconds) ? null : milliseconds;
};

const DATE_LENGTH = 'yyyy-mm-dd'.length;

const isWithin = (text: string | undefined, least: number, most: number): boolean =>
  Number(text) >= least && Number(text) <= most;
