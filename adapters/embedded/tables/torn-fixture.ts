import { writeFileSync } from 'node:fs';

/** The bytes of a Parquet file's footer. */
export const footerIn = (file: Buffer): Buffer => {
  const length = file.readUInt32LE(file.length - 8);
  return file.subarray(file.length - 8 - length, file.length - 8);
};

/** Writes what there is for who has read the footer of one file, and reads the data of another. */
export const writeTorn = (path: string, footerOf: Buffer, dataOf: Buffer): void =>
  writeFileSync(path, Buffer.concat([dataOf, footerOf.subarray(-8 - footerIn(footerOf).length)]));
