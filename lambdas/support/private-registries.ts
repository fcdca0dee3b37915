import type { PrivateRegistry } from '../../core/models/container';

/** Registries outside ECR that the stage names (`PRIVATE_REGISTRIES`, as JSON); most name none. */
export const privateRegistries: readonly PrivateRegistry[] = JSON.parse(
  process.env.PRIVATE_REGISTRIES ?? '[]',
);
