/** `v1 90 %, v2 10 %`. */
export const trafficText = (traffic: Readonly<Record<string, number>>): string =>
  Object.entries(traffic)
    .map(([version, share]) => `${version} ${share} %`)
    .join(', ');
