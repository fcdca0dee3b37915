import type { Cell } from '../../../core/tables/cell';

const TIME = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?(?: UTC)?$/;
const PLAIN_ITEM = /^(?:null|true|false|NaN|[+-]?(?:\d|Infinity)[^,[\]{}]*)$/;

/** `2026-11-20 10:00:00.500000` as `2026-11-20T10:00:00.500Z`; what has no such form stays as it is. */
const timeText = (text: string): string => {
  const [, day, time, fraction = ''] = TIME.exec(text) ?? [];
  return day === undefined ? text : `${day}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
};

const numberOf = (text: string): Cell => {
  const number = Number(text);
  if (Number.isNaN(number)) return null;
  return Number.isFinite(number) ? number : text;
};

const wholeOf = (text: string): Cell => {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
};

/** Items of an array of numbers or truths; null where an array holds texts, which Athena does not tell apart. */
const itemsOf = (text: string): readonly Cell[] | null => {
  const items = text === '[]' ? [] : text.slice(1, -1).split(', ');
  if (!text.startsWith('[') || !items.every((item) => PLAIN_ITEM.test(item))) return null;
  return items.map((item) => {
    if (item === 'null') return null;
    if (item === 'true' || item === 'false') return item === 'true';
    return /^[+-]?\d+$/.test(item) ? wholeOf(item) : numberOf(item);
  });
};

/**
 * A value of a result, which Athena gives as text, in JSON: whole numbers beyond ±2^53−1 and decimals as
 * text, times in RFC 3339, NaN as null, infinities as text. Maps, rows and arrays of texts stay as Athena
 * writes them.
 */
export const queryCell = (text: string | undefined, type: string): Cell => {
  if (text === undefined) return null;
  switch (type) {
    case 'boolean':
      return text === 'true';
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return wholeOf(text);
    case 'float':
    case 'real':
    case 'double':
      return numberOf(text);
    case 'timestamp':
    case 'timestamp with time zone':
      return timeText(text);
    case 'array':
      return itemsOf(text) ?? text;
    default:
      return text;
  }
};
