// These packages are ES modules only, and jest runs CommonJS.
const esm = ['p-retry', 'is-network-error', 'commander', '@middy'].join('|');
const base = {
  setupFiles: ['<rootDir>/bin/seed-properties.mjs'],
  transform: { '\\.m?[jt]sx?$': '@swc/jest' },
  moduleNameMapper: { '^@middy/(\\w+)$': '<rootDir>/node_modules/@middy/$1/index.js' },
  transformIgnorePatterns: [`/node_modules/(?!(${esm})/)`],
  modulePathIgnorePatterns: ['<rootDir>/.build', '<rootDir>/.cache'],
};
// Servers that test files share end with this process, which evaluates this file and no worker does.
process.env.TIDEGATE_TEST_RUN = String(process.pid);
const unit = ['core', 'api', 'adapters', 'lambdas', 'model-server', 'cli'];

export default {
  globalSetup: '<rootDir>/bin/build.mjs',
  testSequencer: '<rootDir>/bin/longest-first.mjs',
  // A machine may be busy with other things, too.
  testTimeout: 60_000,
  projects: [
    { ...base, displayName: 'unit', roots: unit.map((floor) => `<rootDir>/${floor}`) },
    { ...base, displayName: 'journeys', roots: ['<rootDir>/infra-tests'] },
  ],
};
