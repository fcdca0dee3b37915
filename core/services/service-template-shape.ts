/** What JSON can say. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json };

/** A resource of a CloudFormation template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Condition?: string;
  readonly DependsOn?: readonly string[];
  readonly Properties: { readonly [name: string]: Json };
}

export type TemplateResources = Readonly<Record<string, TemplateResource>>;

/** A CloudFormation template. */
export interface Template {
  readonly Metadata: { readonly [name: string]: Json };
  readonly Parameters: { readonly [name: string]: Json };
  readonly Conditions: { readonly [name: string]: Json };
  readonly Resources: TemplateResources;
  readonly Outputs: { readonly [name: string]: { readonly Value: Json } };
}

/** Refers to a parameter or a resource. */
export const ref = (name: string): Json => ({ Ref: name });

/** What exists only while the service is not held back. */
export const RUNNING = 'Running';

/** What a template says of one version, and what is in force once its stack is complete. */
export interface PlannedVersion {
  readonly name: string;
  /** By its files: its number is the records' alone, and whoever makes a template need not know it. */
  readonly model: { readonly name: string; readonly digest: string };
  /** Its own: another model, kind of compute or environment has another endpoint, to be tried anew. */
  readonly endpoint: string;
  /** Null for serverless. */
  readonly instanceType: string | null;
}
