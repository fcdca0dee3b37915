import { createHash } from 'node:crypto';
import type { ServicePlan, VersionPlan } from '../inference/model-host';
import { serviceTemplate } from './service-template';
import { templateBeside } from './service-template-beside';
import { changedValues, platformText } from './service-template-platform';
import { modelVersion } from './services-fixture';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const made = serviceTemplate({ stage: 'dev', digest, registries: [] });
const beside = templateBeside(digest);

const version = (name: string, model: number, type = 'ml.m5.large'): VersionPlan => ({
  ...{ name, model: modelVersion('wine', model), started: true, replicas: 1 },
  compute: { instances: { type, count: 1 } },
});
const plan = (...versions: readonly VersionPlan[]): ServicePlan => ({
  ...{ service: 'wine', maxQueue: 100, stopped: false, versions },
  throttle: { rate: 100, burst: 200, quota: null },
});

describe('a template beside the one in force', () => {
  const old = made(plan(version('v1', 1, 'ml.g5.xlarge'), version('v2', 1)));
  const next = made(plan(version('v1', 2), version('v2', 1)));
  const [first] = old.versions;
  const kept = old.versions.filter((one) => one === first);
  const both = beside(next, { current: old.template, kept, logged: [] });

  it('has all of its own, and what is kept to the letter', () => {
    expect(both.template.Resources).toMatchObject(next.template.Resources);
    expect(both.template.Resources).toMatchObject(old.template.Resources);
    expect(both.versions.map(({ name }) => name)).toEqual(['v1', 'v2', 'v1']);
    const said = JSON.parse(JSON.stringify(both.template.Metadata))['tidegate:plan'].versions;
    expect(said.map(({ name }: { name: string }) => name)).toEqual(['v1', 'v1', 'v2']);
    expect(said).toContainEqual(expect.objectContaining({ endpoint: first?.endpoint }));
  });

  it('has every parameter that is referred to, and leaves those that are kept as they are', () => {
    const refs = [...JSON.stringify(both.template).matchAll(/\{"Ref":"(\w+)"\}/g)];
    const known = [both.template.Parameters, both.template.Resources].flatMap(Object.keys);
    expect(refs.map(([, name]) => name).filter((name = '') => !known.includes(name))).toEqual([]);
    // The image for GPUs is the old one's alone.
    expect(both.previous).toEqual([expect.stringMatching(/^CountV1/), 'ServerImageGpu']);
    for (const name of both.previous) expect(both.parameters).not.toHaveProperty(name);
  });

  it('has the network that a version is kept in', () => {
    const container = { image: 'open.example.com/own@sha256:0', environment: {}, data: false };
    const of = version('v1', 1);
    const inNetwork = made(plan({ ...of, model: { ...of.model, container } }));
    const { template, previous } = beside(next, {
      ...{ current: inNetwork.template, kept: inNetwork.versions, logged: [] },
    });
    expect(Object.keys(template.Parameters)).toEqual(
      expect.arrayContaining(['ModelSubnets', 'ModelSecurityGroup']),
    );
    expect(previous).toEqual(expect.arrayContaining(['ModelSubnets', 'ModelSecurityGroup']));
  });

  it('has a digest of its own, the same for the same', () => {
    const again = beside(next, { current: both.template, kept, logged: [] });
    expect(again.digest).toBe(both.digest);
    expect(both.template.Outputs.Plan).toEqual({ Value: both.digest });
    expect(new Set([old, next, both].map((one) => one.digest)).size).toBe(3);
  });

  it('is the one in force, in whatever order that lies there, when all that it adds goes', () => {
    const [kept] = old.versions;
    const shuffled = JSON.parse(JSON.stringify(old.template), (_, value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    );
    const left = beside(made(plan(version('v2', 1))), {
      ...{ current: shuffled, kept: kept ? [kept] : [], logged: [] },
    });
    expect(left.digest).toBe(old.digest);
    expect(left.template.Resources).toEqual(old.template.Resources);
  });

  it('keeps of what is refused the log group alone', () => {
    const own = made(plan(version('v2', 1)));
    const logged = next.versions.filter(({ name }) => name === 'v1');
    const left = beside(own, { current: both.template, kept, logged });
    const ids = Object.keys(left.template.Resources);
    const [refused] = logged;
    const digits = refused?.endpoint.slice(-8) ?? '';
    expect(ids.filter((id) => id.endsWith(digits))).toEqual([`LogsV1${digits}`]);
    expect(ids.filter((id) => id.endsWith(first?.endpoint.slice(-8) ?? ''))).toHaveLength(6);
  });
});

describe('values of the platform', () => {
  it('are told apart by name, and those that are not in both do not count', () => {
    const inForce = 'ServerImage=a:1 AlarmTopic=arn:topic=x';
    expect(changedValues(inForce, platformText({ ServerImage: 'a:1' }))).toBeNull();
    expect(changedValues(inForce, platformText({ ServerImage: 'a:2' }))).toBe('ServerImage=a:2');
    expect(changedValues(inForce, platformText({ AlarmTopic: 'arn:topic=x' }))).toBeNull();
    expect(changedValues('', platformText({ ServerImage: 'a:2' }))).toBeNull();
    expect(changedValues(inForce, platformText({ ServerImageGpu: 'g' }))).toBeNull();
  });
});
