import { ensureStored } from '../../core/models/ensure-stored';
import type { ModelRecords } from '../../core/models/model-records';
import { manifestSteps } from '../../core/services/apply-manifest';
import type { DeployedManifest, DeployedService } from '../../core/services/deployed-manifest';
import type { FindModel } from '../../core/services/new-versions';
import type { ServiceRecords } from '../../core/services/service-records';

interface Needs {
  /** The manifest that was deployed last; null where none ever was. */
  readonly deployed: () => Promise<DeployedManifest | null>;
  /** Digest of the template that a service's stack has, unless it is changing. */
  readonly planInForce: (service: string) => Promise<string | null>;
  /** Does what no other function does meanwhile; undefined when another is at it. */
  readonly alone: <T>(name: string, work: () => Promise<T>) => Promise<T | undefined>;
  readonly services: ServiceRecords;
  readonly models: ModelRecords;
  readonly findModel: FindModel;
  readonly ensureKey: (service: string, name: string) => Promise<unknown>;
  readonly now: () => Date;
  readonly newId: () => string;
}

/** Takes over what `cdk deploy` has brought: the records follow the stack, and not the stack the records. */
export const manifestAdoption = (needs: Needs) => {
  const { deployed, planInForce, alone, services, models, now } = needs;
  const ensure = ensureStored({ models, now });
  /** What was taken over, to ask AWS once only: to take it over again would change nothing. */
  const adopted = new Map<string, string>();

  const stepsFor = (packages: DeployedService['packages']) =>
    manifestSteps({
      ...needs,
      ensureVersion: async (model, source) => {
        const found = 'path' in source ? packages[source.path] : undefined;
        if (!found) throw new Error(`a package of ${model} was not deployed`);
        return ensure({ model, source, created_by: 'manifest' }, found);
      },
      ensureKey: async (service, name) => {
        await needs.ensureKey(service, name);
      },
      // Whoever takes over goes on to what has changed.
      changed: async () => undefined,
    });

  return {
    /**
     * Makes the records of a service follow the manifest. A service that is not there yet comes with its
     * first stack; one that is there is changed as operators change theirs, beside what runs.
     * @returns whether the service is there: false while its first stack is on its way
     */
    async prepare(name: string): Promise<boolean> {
      const [manifest, document] = await Promise.all([deployed(), services.read(name)]);
      if (!manifest) return true;
      const isManaged = document?.service.managed_by === 'manifest';
      const wanted = Object.hasOwn(manifest.services, name) ? manifest.services[name] : undefined;
      if (!wanted) {
        if (isManaged) await stepsFor({}).release(name);
        return true;
      }
      const text = JSON.stringify(wanted);
      if (isManaged && adopted.get(name) === text) return true;
      if (!document && (await planInForce(name)) !== wanted.plan) return false;
      // One after the other: keys are made once.
      const taken = await alone('manifest', async () => {
        // Whoever waited may have seen an older one than whoever was before.
        const { services: all = {} } = (await deployed()) ?? {};
        const last = Object.hasOwn(all, name) ? all[name] : undefined;
        if (JSON.stringify(last) !== text) return 'older';
        await stepsFor(wanted.packages).apply(name, wanted.said);
        return 'taken';
      });
      if (taken === 'older') return document !== undefined;
      // Whoever is at it goes on with it.
      if (!taken) return false;
      adopted.set(name, text);
      return true;
    },

    /** Whether this function knows that the records follow what was deployed last of a service. */
    async isTaken(name: string): Promise<boolean> {
      const said = (await deployed())?.services[name];
      return said !== undefined && adopted.get(name) === JSON.stringify(said);
    },

    /** The services that the manifest has. */
    async services(): Promise<readonly string[]> {
      return Object.keys((await deployed())?.services ?? {});
    },
  };
};
