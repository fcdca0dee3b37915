import { DomainError } from '../shared/domain-error';
import { assertRevision } from '../shared/revisions';
import type { Stored } from '../shared/stored';
import { type ChangeNeeds, changeService } from './change-service';
import { versionOf } from './find-service';
import { type ServiceVersion, weightOf } from './service';
import type { ServiceDocument } from './service-document';

interface Input {
  readonly service: string;
  readonly version: string;
  readonly revision?: number | undefined;
}

type Rule = (document: ServiceDocument, version: Stored<ServiceVersion>) => void;

const want = (wanted: ServiceVersion['wanted'], rule: Rule) => (needs: ChangeNeeds) => {
  const change = changeService(needs);
  return ({ service, version: name, revision }: Input): Promise<ServiceDocument> =>
    change(service, (document) => {
      const version = versionOf(document, name);
      assertRevision(version, revision);
      rule(document, version);
      const versions = document.versions.map((other) =>
        other === version ? { ...version, wanted } : other,
      );
      return { ...document, versions };
    });
};

/** @throws `in-use` */
export const assertNoTraffic: Rule = ({ service }, { name }) => {
  const weight = weightOf(service, name);
  if (weight === undefined) return;
  const message = `${name} gets ${weight} % of the traffic: give it to another version first`;
  throw new DomainError('in-use', message);
};

/** Starts a version. @throws `version-not-found`, `not-running` its service, `revision-conflict` */
export const startVersion = want('running', ({ service }) => {
  if (service.wanted === 'running') return;
  throw new DomainError('not-running', `${service.name} is stopped: start the service first`);
});

/** Stops a version that gets no traffic. @throws `version-not-found`, `in-use`, `revision-conflict` */
export const stopVersion = want('stopped', assertNoTraffic);
