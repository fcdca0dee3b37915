import * as z from 'zod';
import { MAX_VERSIONS } from '../../core/services/service';
import { isReservedServiceName } from '../../core/shared/names';
import { Name } from '../contract';
import { Kind, settings, versionSettings } from './fields';

const Version = z.strictObject({
  model: z
    .string()
    .max(4096)
    .regex(
      /^(\.{1,2}(\/.*)?|\/.*|models:\/[^/@]+(\/[1-9]\d{0,8}|@[^/@]+)|[a-z][a-z0-9-]{0,30}[a-z0-9]\/[1-9]\d{0,8})$/,
      'a path that starts with ./, ../ or /, models:/name/3, models:/name@alias, or name/3',
    )
    .meta({
      description:
        'A path relative to this file, models:/name/3 or models:/name@alias of an MLflow server, or name/3 of a registered version',
    }),
  weight: z.int().min(0).max(100).optional().meta({
    description: 'Percent of the traffic; of none given the first version gets all',
  }),
  ...versionSettings,
});

const Versions = z
  .record(Name, Version)
  .refine((versions) => Object.keys(versions).length <= MAX_VERSIONS, {
    error: `at most ${MAX_VERSIONS} versions`,
  })
  .refine(
    (versions) => {
      const weights = Object.values(versions).map(({ weight }) => weight);
      const sum = weights.reduce<number>((total, weight) => total + (weight ?? 0), 0);
      return weights.every((weight) => weight === undefined) || sum === 100;
    },
    { error: 'weights must sum to 100' },
  )
  .meta({ maxProperties: MAX_VERSIONS });

const Service = z.strictObject({
  kind: Kind.default('ml'),
  ...settings,
  versions: Versions.default({}),
  keys: z
    .array(Name)
    .max(100)
    .refine((keys) => new Set(keys).size === keys.length, { error: 'a key is named twice' })
    .default([])
    .meta({ description: 'Names of keys that are made once, printed and kept' }),
});

/** `tidegate.yaml`: what a file may say, every field; an unknown one is a fault. */
export const ManifestSchema = z
  .strictObject({
    services: z
      .record(Name, Service)
      .superRefine((services, context) => {
        for (const name of Object.keys(services).filter(isReservedServiceName)) {
          const message = "a name of the platform's own tables: choose another";
          context.addIssue({ code: 'custom', path: [name], message });
        }
      })
      .default({}),
  })
  .meta({ title: 'Tidegate manifest' });
