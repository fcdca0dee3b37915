/** Says in one line what is not run here, and why; with `CI=true` that is a failure. */
export const notRun = (what: string, why: string): void => {
  process.stderr.write(`not run: ${what} (${why})\n`);
  expect(process.env.CI).not.toBe('true');
};
