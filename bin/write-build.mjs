// Puts a bundle in place while others may be starting from the one before.
import {
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';

/** What is no longer made stays so long: a process that is starting may import it yet. */
const KEPT_MS = 3_600_000;

/**
 * Writes what a build made, entries (files' names) last, as of when it began: a source that changed
 * since is newer. `before` is when the build in place began, 0 without one.
 */
export const writeBuild = (folder, files, { entries, before, began }) => {
  mkdirSync(folder, { recursive: true });
  const isEntry = ({ path }) => entries.includes(basename(path));
  for (const { path, contents } of files.toSorted((a, b) => isEntry(a) - isEntry(b))) {
    const draft = join(folder, `${basename(path)}.${process.pid}`);
    writeFileSync(draft, contents);
    touch(draft, began);
    renameSync(draft, join(folder, basename(path)));
  }
  const made = new Set(files.map(({ path }) => basename(path)));
  for (const file of readdirSync(folder)) {
    if (!made.has(file)) replaced(join(folder, file), before, began);
  }
};

/** Its time begins with the build that does not make it any more, of whose files it shall not seem. */
const replaced = (path, before, began) => {
  const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? began;
  if (modified === before) touch(path, began - 1);
  else if (began - modified > KEPT_MS) rmSync(path, { recursive: true, force: true });
};

const touch = (path, at) => utimesSync(path, at / 1000, at / 1000);
