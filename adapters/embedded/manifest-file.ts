import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { type Flaw, parseManifest, type SaidManifest } from '../../api/services/parse-manifest';
import type { Manifest, ManifestModel } from '../../core/services/manifest';
import { DomainError, type Fault } from '../../core/shared/domain-error';
import { offsetOf } from './yaml-place';

export interface ManifestFile {
  readonly manifest: Manifest;
  /** Faults as lines `file:line:column: path: message`. */
  readonly explain: (faults: readonly Fault[]) => string;
}

/** @throws `bad-request`: every fault of the file with its line and column, one per line */
export const readManifest = (file: string): ManifestFile => {
  const shown = relative(process.cwd(), file) || file;
  const text = readText(file, shown);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${shown}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  const lineOf = ({ path, message }: Flaw): string =>
    [at(offsetOf(document, path)), path.join('.'), message].filter((part) => part).join(': ');

  if (document.errors.length > 0) {
    throw refusal(document.errors.map(({ pos, message }) => `${at(pos[0])}: ${message}`));
  }
  const { manifest, flaws } = parseManifest(plain(document, shown));
  if (flaws) throw refusal(flaws.map(lineOf));
  return {
    manifest: resolved(manifest, dirname(resolve(file))),
    explain: (faults) =>
      faults.map(({ path = '', message }) => lineOf({ path: path.split('.'), message })).join('\n'),
  };
};

const refusal = (lines: readonly string[], cause?: unknown): DomainError =>
  new DomainError('bad-request', lines.join('\n'), { cause });

const readText = (file: string, shown: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw refusal([`${shown}: cannot be read; is there such a file?`], cause);
  }
};

const plain = (document: ReturnType<typeof parseDocument>, shown: string): unknown => {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw refusal([`${shown}: too many aliases`], cause);
  }
};

const modelOf = (text: string, folder: string): ManifestModel => {
  if (text.startsWith('models:/')) return { mlflow: text };
  if (/^[./]/.test(text)) return { path: resolve(folder, text) };
  const [name = '', version] = text.split('/');
  return { name, version: Number(version) };
};

type SaidService = SaidManifest['services'][string];

const resolvedService = ({ versions, ...service }: SaidService, folder: string) => ({
  ...service,
  versions: Object.fromEntries(
    Object.entries(versions).map(([name, version]) => [
      name,
      { ...version, model: modelOf(version.model, folder) },
    ]),
  ),
});

const resolved = ({ services }: SaidManifest, folder: string): Manifest => ({
  services: Object.fromEntries(
    Object.entries(services).map(([name, service]) => [name, resolvedService(service, folder)]),
  ),
});
