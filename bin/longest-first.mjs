import Sequencer from '@jest/test-sequencer';

/**
 * Test files that take minutes: one that is left to the end keeps a core idle. Those that keep Trino
 * busy run beside those that wait for an emulated account most of the time.
 */
const LONG = [
  'infra-tests/aws/manifest.test.ts',
  'adapters/aws/athena/golden.test.ts',
  'adapters/aws/athena/removal.test.ts',
  'infra-tests/aws/faults/faults.test.ts',
  'infra-tests/aws/deployed.test.ts',
  'adapters/aws/athena/whole.test.ts',
  'adapters/aws/athena/pruning.test.ts',
  'infra-tests/aws/tables.test.ts',
  'infra-tests/clients/schemathesis.test.ts',
  'infra-tests/aws/images.test.ts',
];
const placeOf = ({ path }) => {
  const at = LONG.findIndex((file) => path.endsWith(file));
  return at < 0 ? LONG.length : at;
};

/** The order of a run: without times of a former one jest would go by the sizes of files. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((one, other) => placeOf(one) - placeOf(other));
  }
}
