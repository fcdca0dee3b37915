/** Runs somebody else's function: its mistake is thrown to nobody here and ends no work of ours. */
export const runApart = (run: () => void): void => {
  try {
    run();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
};
