/**
 * Takes the place of `semver` in bundles of functions: the tracer asks it once whether Node is at
 * least 8, which `nodejs24.x` is.
 */
export const gte = (): boolean => true;
