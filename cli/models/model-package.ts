import { lstat, mkdtemp, readdir, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { CliError } from '../cli-error';
import { size } from '../terminal/numbers';
import type { Progress } from '../terminal/progress';

/** A model as one file, ready to be sent. */
export interface PackedModel {
  /** What is sent: the user's own file, or an archive made of the folder. */
  readonly file: string;
  readonly bytes: number;
  /** Deletes what was made. */
  readonly discard: () => Promise<void>;
}

/**
 * A model as one file: an MLflow directory, or any folder for a container, is packed as tar.gz, an
 * .onnx or an archive is taken as it is.
 * @throws CliError when it is none of these
 */
export const packModel = async (
  path: string,
  progress: Progress,
  forContainer = false,
): Promise<PackedModel> => {
  const found = await stat(path).catch(() => {
    throw new CliError(`${path}: there is no such file or folder`);
  });
  if (found.isDirectory()) {
    if (!forContainer) await assertModel(path);
    return packFolder(path, progress);
  }
  if (!/\.(onnx|tar\.gz|tgz)$/i.test(path)) {
    throw new CliError(`${path}: give an MLflow model directory, its .tar.gz, or an .onnx file`);
  }
  return { file: path, bytes: found.size, discard: async () => {} };
};

/** Files that make a folder a model by themselves. */
const TELLING = ['MLmodel', 'tidegate-image.json'];

const assertModel = async (folder: string): Promise<void> => {
  const names = await readdir(folder);
  const graphs = names.filter((name) => name.endsWith('.onnx'));
  if (graphs.length === 1 || TELLING.some((name) => names.includes(name))) return;
  throw new CliError(`${folder}: there is neither an MLmodel file nor one .onnx file`, {
    hint: 'give the folder that mlflow.<flavor>.save_model wrote, or an .onnx file',
  });
};

const packFolder = async (folder: string, progress: Progress): Promise<PackedModel> => {
  await refuseLinksOut(folder);
  const { create } = await import('tar');
  const place = await mkdtemp(join(tmpdir(), 'tidegate-'));
  const discard = () => rm(place, { recursive: true, force: true });
  const file = join(place, 'model.tar.gz');
  let read = 0;
  try {
    await create(
      {
        ...{ file, cwd: folder, gzip: true, portable: true, follow: true },
        onWriteEntry: (entry) => {
          read += entry.stat?.size ?? 0;
          progress.update(`packing ${folder}: ${size(read)}`);
        },
      },
      ['.'],
    );
    return { file, bytes: (await stat(file)).size, discard };
  } catch (error) {
    await discard();
    throw error;
  }
};

/** A link could bring any of the user's files into a package somebody else made. */
const refuseLinksOut = async (folder: string): Promise<void> => {
  const root = await realpath(folder);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const link = join(entry.parentPath, entry.name);
    const target = await realpath(link).catch(() => null);
    if (target?.startsWith(root + sep) && !(await lstat(target)).isDirectory()) continue;
    throw new CliError(`${link}: a link to a folder or out of the model is not packed`, {
      hint: `make a copy without links: cp -rL ${folder} model-to-register`,
    });
  }
};
