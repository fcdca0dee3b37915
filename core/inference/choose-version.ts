import type { Service } from '../services/service';
import { DomainError, type ErrorKind } from '../shared/domain-error';
import { fnv1a } from '../shared/hash';
import { type CircuitBreaker, circuitBreaker, isVersionFailure } from './circuit-breaker';
import { claim } from './split';

interface Needs {
  /** Whether a version has a replica that can answer. */
  readonly isRunning: (service: string, version: string) => boolean;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

interface Share {
  readonly version: string;
  readonly weight: number;
  /** Of the version's place in the split, so that two services split the same keys differently. */
  readonly hash: number;
  readonly breaker: CircuitBreaker;
}

interface Split {
  readonly traffic: Service['traffic'];
  readonly shares: readonly Share[];
  readonly breakers: ReadonlyMap<string, CircuitBreaker>;
}

/** Which version answers a request, and what became of the requests before. */
export interface VersionChooser {
  /**
   * A pinned version, whatever its weight; else by weight among those that run and do not keep
   * failing: by chance, or always the same for a split key. When all of them keep failing, the one
   * whose break ends first is tried all the same.
   * @throws `version-not-found` the pinned version does not run, `unavailable` no version with
   * weight runs
   */
  choose(
    service: Pick<Service, 'name' | 'traffic'>,
    pinned: string | null,
    splitKey: string | null,
  ): string;

  /** Every outcome of a chosen version: null when it answered, otherwise the kind of its error. */
  report(service: string, version: string, error: ErrorKind | null): void;

  /** Drops what is known of a deleted service. */
  forget(service: string): void;
}

/** For who pins what does not run. */
export const noSuchVersion = (): DomainError =>
  new DomainError('version-not-found', 'no running version has this name');

/** Splits the traffic of all services, with a circuit breaker for each version. */
export const versionChooser = ({ isRunning, random, clock }: Needs): VersionChooser => {
  const splits = new Map<string, Split>();

  const splitOf = ({ name, traffic }: Pick<Service, 'name' | 'traffic'>): Split => {
    const known = splits.get(name);
    if (known?.traffic === traffic) return known;
    const breakers = new Map<string, CircuitBreaker>();
    const shares: Share[] = [];
    for (const [version, weight] of Object.entries(traffic)) {
      const breaker = known?.breakers.get(version) ?? circuitBreaker();
      breakers.set(version, breaker);
      if (weight > 0) {
        shares.push({ version, weight, hash: fnv1a(`${name}/${version}`), breaker });
      }
    }
    const split = { traffic, shares, breakers };
    splits.set(name, split);
    return split;
  };

  const byChance = (service: string, shares: readonly Share[], now: number): Share | null => {
    let total = 0;
    for (const share of shares) {
      if (share.breaker.allows(now) && isRunning(service, share.version)) total += share.weight;
    }
    let left = random() * total;
    let last: Share | null = null;
    for (const share of shares) {
      if (!share.breaker.allows(now) || !isRunning(service, share.version)) continue;
      last = share;
      left -= share.weight;
      if (left < 0) break;
    }
    return last;
  };

  const byKey = (service: string, shares: readonly Share[], key: string, now: number) => {
    const keyHash = fnv1a(key);
    let best: Share | null = null;
    let most = -1;
    for (const share of shares) {
      if (!share.breaker.allows(now) || !isRunning(service, share.version)) continue;
      const claimed = claim(keyHash, share.hash, share.weight);
      if (claimed > most) {
        most = claimed;
        best = share;
      }
    }
    return best;
  };

  const leastBroken = (service: string, shares: readonly Share[]): Share | null => {
    let best: Share | null = null;
    for (const share of shares) {
      if (!isRunning(service, share.version)) continue;
      if (!best || share.breaker.reopensAt() < best.breaker.reopensAt()) best = share;
    }
    return best;
  };

  return {
    choose(service, pinned, splitKey) {
      if (pinned !== null) {
        if (isRunning(service.name, pinned)) return pinned;
        throw noSuchVersion();
      }
      const { shares } = splitOf(service);
      const now = clock();
      const chosen =
        (splitKey === null
          ? byChance(service.name, shares, now)
          : byKey(service.name, shares, splitKey, now)) ?? leastBroken(service.name, shares);
      if (!chosen) {
        throw new DomainError('unavailable', 'no version of this service is ready to answer', {
          retryAfterS: 1,
        });
      }
      chosen.breaker.sent(now);
      return chosen.version;
    },

    report(service, version, error) {
      const breaker = splits.get(service)?.breakers.get(version);
      if (!breaker) return;
      if (error === null) breaker.succeeded();
      else if (isVersionFailure(error)) breaker.failed(clock());
      else breaker.ended();
    },

    forget(service) {
      splits.delete(service);
    },
  };
};
