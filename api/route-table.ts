import { DomainError } from '../core/shared/domain-error';
import { type Route, type RouteName, routeEntries } from './routes';

/** A route that a request asks for, with what its path says. */
export interface Matched {
  readonly name: RouteName;
  readonly route: Route;
  /** Parameters of the path, decoded. */
  readonly path: Readonly<Record<string, string>>;
}

interface Row {
  readonly name: RouteName;
  readonly route: Route;
  readonly segments: readonly string[];
}

const byLength = Map.groupBy(
  routeEntries.map(([name, route]): Row => ({ name, route, segments: route.path.split('/') })),
  ({ segments }) => segments.length,
);

/**
 * The route for a method and a path, as they were sent, without the query.
 * @throws `not-found`; `method-not-allowed` with what is allowed
 */
export const matchRoute = (method: string, pathname: string): Matched => {
  const given = pathname.split('/');
  const fitting = (byLength.get(given.length) ?? []).flatMap(({ name, route, segments }) => {
    const path = parametersOf(segments, given);
    return path ? [{ name, route, path }] : [];
  });
  const matched = fitting.find(({ route }) => route.method === method);
  if (matched) return matched;
  if (fitting.length === 0) {
    throw new DomainError('not-found', 'there is nothing here: /openapi.json lists what there is');
  }
  const allow = [...new Set(fitting.map(({ route }) => route.method))];
  const message = `this path takes ${allow.join(', ')}`;
  throw new DomainError('method-not-allowed', message, { allow });
};

const parametersOf = (
  segments: readonly string[],
  given: readonly string[],
): Record<string, string> | undefined => {
  const path: Record<string, string> = {};
  for (const [i, segment] of segments.entries()) {
    const text = given[i] ?? '';
    if (!segment.startsWith('{')) {
      if (segment !== text) return undefined;
      continue;
    }
    const value = decoded(text);
    if (value === undefined || value === '') return undefined;
    path[segment.slice(1, -1)] = value;
  }
  return path;
};

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};
