/** Names of services, versions, models and pools. */
export const NAME_PATTERN = /^[a-z][a-z0-9-]{0,30}[a-z0-9]$/;

/** Their tables would collide with the platform's own. */
export const isReservedServiceName = (name: string): boolean =>
  name === 'requests' ||
  name === 'labels' ||
  name.startsWith('tidegate-') ||
  name.endsWith('-errors');
