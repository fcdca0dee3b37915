import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mlflowProgram } from './mlflow-program';

const COMMAND = ['-m', 'mlflow', 'models', 'serve', '--env-manager', 'local'];

describe('MLflow program', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'python-test-'));
    chmodSync(folder, 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What asks it whether MLflow is there gets this exit code. */
  const python = (place: string, code: number): string => {
    const file = join(folder, place);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, `#!/bin/sh\nexit ${code}\n`, { mode: 0o755 });
    return file;
  };
  const find = (environment: Readonly<Record<string, string>>, uid: number | null = null) =>
    mlflowProgram({ environment: { PATH: '/usr/bin:/bin', ...environment } })({
      folder: '/package',
      uid,
    });

  it('takes the Python it is told to take', async () => {
    const file = python('mine/python3', 0);
    const program = await find({ TIDEGATE_PYTHON: file });
    expect(program.command('/copy', 4321)).toEqual([
      file,
      ...COMMAND,
      ...['-h', '127.0.0.1', '-p', '4321', '-m', '/copy'],
    ]);
    expect(program).toMatchObject({
      uid: null,
      warning: null,
      environment: { PATH: `${join(folder, 'mine')}:/usr/bin:/bin` },
    });
  });

  it('takes the Python of a virtual environment', async () => {
    const file = python('venv/bin/python', 0);
    const program = await find({ TIDEGATE_PYTHON_VENV: join(folder, 'venv') });
    expect(program.command('/copy', 1)[0]).toBe(file);
  });

  it('takes the one on the PATH that has MLflow', async () => {
    python('bin/python3', 3);
    python('bin/python', 0);
    const program = await find({ PATH: `${join(folder, 'bin')}:/bin` });
    expect(program.command('/copy', 1)[0]).toMatch(/python$/);
  });

  it('says how to install MLflow where it is missing', async () => {
    const file = python('bin/python3', 3);
    await expect(find({ TIDEGATE_PYTHON: file })).rejects.toThrow(`${file} -m pip install mlflow`);
  });

  it('says how to get Python where there is none', async () => {
    await expect(find({ TIDEGATE_PYTHON: join(folder, 'none') })).rejects.toThrow(
      'TIDEGATE_PYTHON',
    );
  });

  it('takes another user, and warns when only the platform itself can run it', async () => {
    const file = python('closed/python3', 0);
    const open = python('open/python3', 0);
    chmodSync(join(folder, 'closed'), 0o700);
    // Only root may become somebody else: anybody else has to run it as they are.
    const own = process.getuid?.() === 0 ? { uid: 61_234, warning: null } : { uid: null };
    await expect(find({ TIDEGATE_PYTHON: open }, 61_234)).resolves.toMatchObject(own);
    await expect(find({ TIDEGATE_PYTHON: file }, 61_234)).resolves.toMatchObject({
      uid: null,
      warning: expect.stringMatching('Other users cannot run'),
    });
  });
});
