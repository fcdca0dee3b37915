const WAYS: readonly (readonly [RegExp, string])[] = [
  [
    /mlflow is not installed|no python|modulenotfound|no module named/i,
    'install it for the Python that serves models; `tidegate doctor` shows which one',
  ],
  [
    /out of memory|enomem|sigkill|\b137\b|\bheap\b/i,
    'give it less to load, or the machine more memory',
  ],
  [
    /eaddrinuse|address already in use|\bport\b/i,
    'the model must listen on the port in SAGEMAKER_BIND_TO_PORT',
  ],
  [/eacces|eperm|permission/i, 'let the user who runs the platform read the files'],
  [
    /digest|was changed|tamper/i,
    'its files were changed after registration: register the model again',
  ],
  [/not registered/i, 'register the model again, or delete the version'],
  [/enoent|no such file|missing|cannot be read/i, 'register the model again with all its files'],
  [
    /expected|gives other|differs|reproduce/i,
    'the model answers otherwise than it must: check its packages, or register it with the answers that are right',
  ],
  [/quota|limit/i, 'ask for a higher limit, or run less'],
];

/** What to do about a version that does not run, from the reason it gives. */
export const wayOutOf = (reason: string | null, service: string, version: string): string => {
  const logs = `see \`tidegate logs ${service} --version ${version}\``;
  const way = WAYS.find(([pattern]) => reason !== null && pattern.test(reason))?.[1];
  return way ? `${way}; ${logs}` : logs;
};
