import type { Command } from 'commander';
import { itemsOf } from '../list';
import type { GlobalOptions, Session } from '../session';
import { printable } from '../terminal/printable';
import { type Candidate, type Place, placeOf } from './completion-place';

const PATIENCE_MS = 1500;
const MANY = 200;

/** Prints what the last word may be completed to, one `word<TAB>description` a line. */
export const complete = async (
  root: Command,
  words: readonly string[],
  open: (options: GlobalOptions) => Session,
): Promise<void> => {
  const { place, options } = placeOf(root, words);
  const current = words.at(-1) ?? '';
  try {
    const session = open(options);
    const candidates = await candidatesAt(place, session);
    const lines = candidates
      .filter(({ word }) => word.startsWith(current))
      .map(
        ({ word, description }) => printable(word) + (description && `\t${printable(description)}`),
      );
    if (lines.length > 0) await session.print(lines.join('\n'));
  } catch {
    // Somebody pressed Tab: a platform that cannot be asked has no names to offer.
  }
};

const candidatesAt = async (place: Place, session: Session): Promise<readonly Candidate[]> => {
  const described = (items: readonly { name: string; description?: string }[]) =>
    items.map(({ name, description = '' }) => ({ word: name, description }));
  const all = { path: {}, timeoutMs: PATIENCE_MS };
  switch (place.kind) {
    case 'words':
      return place.words;
    case 'service':
      return described((await itemsOf(session, 'GET /api/services', all, MANY)).items);
    case 'model':
      return described((await itemsOf(session, 'GET /api/models', all, MANY)).items);
    case 'table':
      return described((await itemsOf(session, 'GET /api/tables', all, MANY)).items);
    case 'version': {
      const route = 'GET /api/services/{service}/versions';
      const ofService = { ...all, path: { service: place.service } };
      return described((await itemsOf(session, route, ofService, MANY)).items);
    }
    case 'anything':
      return [];
  }
};
