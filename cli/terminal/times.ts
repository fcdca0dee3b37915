const two = (value: number): string => String(value).padStart(2, '0');

/** A time for people: local, `2026-11-20 14:03:07`. What is no time stays as it is. */
export const localTime = (time: string | null | undefined): string => {
  if (!time) return '-';
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
};
