import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const text = readFileSync(join(__dirname, '../../docs/tables.md'), 'utf8');

/** What stands below a heading of the second level, up to the next heading. */
export const sectionOf = (heading: string): string => {
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  return section.split(/^##/m)[0] ?? '';
};

/** Blocks of code in `docs/tables.md`, with what stands behind their first fence. */
export const blocks = [...text.matchAll(/^```([^\n]+)\n([\s\S]*?)^```$/gm)].map(
  ([, info = '', code = '']) => ({ info, code }),
);

/** Cells of the table that begins behind a sentence. */
export const tableBehind = (sentence: string): readonly (readonly string[])[] => {
  const [, rest = ''] = text.split(`${sentence}\n\n`);
  const [lines = ''] = rest.split('\n\n');
  return lines
    .split('\n')
    .slice(2)
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')));
};
