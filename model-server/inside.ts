import { isAbsolute, normalize, sep } from 'node:path';

/** Whether a relative path stays within the folder it starts from. */
export const isInside = (path: string): boolean => {
  const plain = normalize(path);
  return path !== '' && !isAbsolute(plain) && plain !== '..' && !plain.startsWith(`..${sep}`);
};
