import fc from 'fast-check';
import { openManifest, said, saidVersion } from './manifest-fixture';

const SERVICES = ['wine', 'beer'] as const;
const VERSIONS = ['v1', 'v2', 'v3'] as const;

interface Said {
  readonly version: string;
  readonly weight: number;
  readonly count: number;
}

type Step =
  | { readonly does: 'apply'; readonly manifest: readonly { service: string; said: Said[] }[] }
  | { readonly does: 'start' | 'stop'; readonly service: string }
  | { readonly does: 'startVersion' | 'stopVersion'; service: string; version: string }
  | { readonly does: 'count'; service: string; version: string; count: number }
  | { readonly does: 'traffic'; service: string; weights: Record<string, number> };

interface NaiveVersion {
  wanted: boolean;
  count: number;
}

interface Naive {
  managed: boolean;
  wanted: boolean;
  versions: Record<string, NaiveVersion>;
  traffic: Record<string, number>;
  said: { weights: Record<string, number>; counts: Record<string, number> };
}

const compute = (count: number) => ({ instances: { type: 'ml.m5.large', count } });

const positive = (weights: Record<string, number>) =>
  Object.fromEntries(
    VERSIONS.flatMap((name) => ((weights[name] ?? 0) > 0 ? [[name, weights[name]]] : [])),
  ) as Record<string, number>;

/** The rules of wire.md, word by word. */
const applied = (before: Naive | undefined, lines: readonly Said[]): Naive => {
  const weights = positive(Object.fromEntries(lines.map((line) => [line.version, line.weight])));
  const counts = Object.fromEntries(lines.map((line) => [line.version, line.count]));
  const versions: Naive['versions'] = {};
  for (const { version, count } of lines) {
    const known = before?.versions[version];
    const saidBefore = before?.said.counts[version];
    versions[version] = {
      wanted: known?.wanted ?? true,
      count: known && saidBefore === count ? known.count : count,
    };
  }
  const differs = JSON.stringify(before?.said.weights) !== JSON.stringify(weights);
  const lost = Object.keys(before?.traffic ?? {}).some((name) => !(name in versions));
  const takesOver = !before || differs || lost;
  for (const name of takesOver ? Object.keys(weights) : []) {
    const given = versions[name];
    if (given) given.wanted = true;
  }
  return {
    managed: true,
    wanted: before?.wanted ?? true,
    versions,
    traffic: takesOver ? weights : before.traffic,
    said: { weights, counts },
  };
};

const naively = (state: Map<string, Naive>, step: Step): void => {
  if (step.does === 'apply') {
    for (const [name, service] of state) {
      service.managed = step.manifest.some((entry) => entry.service === name);
    }
    for (const { service, said: lines } of step.manifest) {
      state.set(service, applied(state.get(service), lines));
    }
    return;
  }
  const service = state.get(step.service);
  if (!service) return;
  if (step.does === 'start' || step.does === 'stop') service.wanted = step.does === 'start';
  if (step.does === 'traffic') {
    const weights = positive(step.weights);
    const known = Object.keys(step.weights).every((name) => name in service.versions);
    const run = Object.keys(weights).every((name) => service.versions[name]?.wanted);
    if (known && run && service.wanted) service.traffic = weights;
  }
  if (!('version' in step)) return;
  const version = service.versions[step.version];
  if (!version) return;
  if (step.does === 'count') version.count = step.count;
  if (step.does === 'startVersion' && service.wanted) version.wanted = true;
  if (step.does === 'stopVersion' && !(step.version in service.traffic)) version.wanted = false;
};

const weightsFor = (names: readonly string[]) =>
  fc.nat({ max: 100 }).map((first) => {
    const [one, two] = names;
    if (one === undefined) return {};
    return two === undefined ? { [one]: 100 } : { [one]: first, [two]: 100 - first };
  });

const someVersions = fc.subarray([...VERSIONS], { minLength: 1 });
const service = fc.constantFrom(...SERVICES);
const versionOf = fc.constantFrom(...VERSIONS);
const count = fc.integer({ min: 1, max: 3 });

const lines = someVersions.chain((names) =>
  fc
    .record({
      weights: fc
        .shuffledSubarray(names, { minLength: 1, maxLength: Math.min(2, names.length) })
        .chain(weightsFor),
      counts: fc.array(count, { minLength: names.length, maxLength: names.length }),
    })
    .map(({ weights, counts }) =>
      names.map((name, i) => {
        const weight: number = (weights as Record<string, number>)[name] ?? 0;
        return { version: name, weight, count: counts[i] ?? 1 };
      }),
    ),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    does: fc.constant('apply' as const),
    manifest: fc
      .subarray([...SERVICES])
      .chain((names) =>
        fc.tuple(...names.map((name) => lines.map((of) => ({ service: name, said: of })))),
      ),
  }),
  fc.record({ does: fc.constantFrom('start' as const, 'stop' as const), service }),
  fc.record({
    does: fc.constantFrom('startVersion' as const, 'stopVersion' as const),
    service,
    version: versionOf,
  }),
  fc.record({ does: fc.constant('count' as const), service, version: versionOf, count }),
  fc.record({
    does: fc.constant('traffic' as const),
    service,
    weights: fc
      .shuffledSubarray([...VERSIONS], { minLength: 1, maxLength: 2 })
      .chain(weightsFor) as fc.Arbitrary<Record<string, number>>,
  }),
);

type Opened = ReturnType<typeof openManifest>;

const perform = async (opened: Opened, todo: Step): Promise<void> => {
  switch (todo.does) {
    case 'apply': {
      const entries = todo.manifest.map(({ service: name, said: of }) => {
        const versions = of.map(({ version, weight, count: n }) => {
          return [version, saidVersion({ weight, compute: compute(n) })] as const;
        });
        return [name, said(Object.fromEntries(versions))] as const;
      });
      return opened.apply(Object.fromEntries(entries));
    }
    case 'start':
    case 'stop':
      await opened[todo.does](todo);
      return;
    case 'startVersion':
    case 'stopVersion':
      await opened[todo.does](todo);
      return;
    case 'count':
      await opened.updateVersion({ ...todo, patch: { compute: compute(todo.count) } });
      return;
    case 'traffic':
      await opened.traffic({ service: todo.service, traffic: todo.weights });
      return;
  }
};

const stateOf = async ({ services }: Opened) => {
  const { items } = await services.listDocuments({ limit: 10 });
  return Object.fromEntries(
    items.map(({ service: of, versions }) => [
      of.name,
      {
        managed: of.managed_by === 'manifest',
        wanted: of.wanted === 'running',
        traffic: of.traffic,
        versions: Object.fromEntries(
          versions.map(({ name, wanted, compute: { ...where } }) => [
            name,
            { wanted: wanted === 'running', where },
          ]),
        ),
      },
    ]),
  );
};

const naiveState = (state: Map<string, Naive>) =>
  Object.fromEntries(
    [...state].map(([name, { said: _, versions, ...rest }]) => [
      name,
      {
        ...rest,
        versions: Object.fromEntries(
          Object.entries(versions).map(([v, { wanted, count: n }]) => [
            v,
            { wanted, where: compute(n) },
          ]),
        ),
      },
    ]),
  );

describe('any sequence of manifests and operators’ changes', () => {
  it('ends in the state that the rules say, step by step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const opened = openManifest();
        const naive = new Map<string, Naive>();
        for (const todo of steps) {
          await perform(opened, todo).catch((error) => {
            if (error.name !== 'DomainError') throw error;
          });
          naively(naive, todo);
          expect(await stateOf(opened)).toEqual(naiveState(naive));
        }
      }),
      { numRuns: 150 },
    );
  });
});
