import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assertSecretName, type Secrets } from '../../core/access/secrets';
import { oneAfterTheOther, readIfThere, writePrivateFile } from './private-file';

/** Secrets as files of one folder, one each, that only their owner can read. */
export const fileSecrets = (folder: string): Secrets => {
  const inTurn = oneAfterTheOther();
  const fileOf = (name: string): string => {
    assertSecretName(name);
    return join(folder, name);
  };
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writePrivateFile(file, text);
  };

  return {
    ensure: async (name, make) => {
      const file = fileOf(name);
      return inTurn(async () => {
        const found = await readIfThere(file);
        if (found !== undefined) return found;
        const text = make();
        await write(file, text);
        return text;
      });
    },
    get: async (name) => readIfThere(fileOf(name)),
    put: async (name, text) => {
      const file = fileOf(name);
      await inTurn(() => write(file, text));
    },
    remove: async (name) => {
      const file = fileOf(name);
      await inTurn(() => rm(file, { force: true }));
    },
  };
};
