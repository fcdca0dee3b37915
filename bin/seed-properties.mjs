// Property tests draw the same cases in each run, so that a check is red for what a change did.
// New cases by hand: `TIDEGATE_SEED=random jest -w 1 property` (a failure prints its seed).
import fc from 'fast-check';

const asked = process.env.TIDEGATE_SEED ?? '4';
fc.configureGlobal({ seed: asked === 'random' ? Date.now() % 2 ** 31 : Number(asked) });
