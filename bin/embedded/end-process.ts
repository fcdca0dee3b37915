/**
 * Ends the process at once. `process.exit` waits for threads, and one that is busy in a model's native
 * code may never end: so what has to be done at an exit is done, and a program that only exits takes
 * this one's place.
 */
export const endProcess = (code: number): void => {
  process.emit('exit', code);
  // Execve is young, and says so.
  process.removeAllListeners('warning');
  const node = process.execPath;
  if (process.platform === 'win32' || !process.execve) process.exit(code);
  process.execve(node, [node, '--eval', `process.exit(${code})`], {});
};
