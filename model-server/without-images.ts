import type { PackageChecks } from '../core/models/package-source';
import { unservable } from './unservable';

/** For a home without containers: what somebody registers must be able to run there. */
export const withoutImages = (checks: PackageChecks): PackageChecks => ({
  ...checks,
  async inspect(folder) {
    const described = await checks.inspect(folder);
    if (!described.container) return described;
    throw unservable(
      'the package names a container image, and this home runs none',
      'register the model itself here, or the image in the AWS home',
    );
  },
});
