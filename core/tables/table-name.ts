/** The table of a service's predictions: SQL knows no hyphen in a plain name. */
export const tableNameOf = (service: string): string => service.replaceAll('-', '_');

/** The table of what a service answered but could not be made into rows. */
export const errorsTableNameOf = (service: string): string => `${tableNameOf(service)}_errors`;
