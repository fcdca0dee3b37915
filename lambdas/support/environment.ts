/**
 * A variable that the stack gives its functions.
 * @throws when it is missing: the function was deployed without it
 */
export const variable = (name: string): string => {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set: deploy the function by its stack`);
};

/** What stands before the keys of all that is captured: nothing, unless the stage says so. */
export const capturedPrefix = process.env.CAPTURED_PREFIX ?? '';
