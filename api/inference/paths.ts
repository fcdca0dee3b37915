/** What a path under `/services/{service}` means. */
export type ServicePath =
  | { readonly kind: 'predict' | 'compare' | 'labels' }
  | { readonly kind: 'infer'; readonly model: string; readonly version: string | undefined }
  | { readonly kind: 'server' | 'live' | 'ready' }
  | {
      readonly kind: 'model' | 'model-ready';
      readonly model: string;
      readonly version: string | undefined;
    };

const MODEL = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(\/infer|\/ready)?$/;

/** Reads what follows the service's name; null when there is no such route. */
export const servicePath = (rest: string): ServicePath | null => {
  switch (rest) {
    case '/predict':
    case '/invocations':
      return { kind: 'predict' };
    case '/compare':
      return { kind: 'compare' };
    case '/labels':
      return { kind: 'labels' };
    case '/v2':
      return { kind: 'server' };
    case '/v2/health/live':
      return { kind: 'live' };
    case '/v2/health/ready':
      return { kind: 'ready' };
    default: {
      const match = MODEL.exec(rest);
      if (!match?.[1]) return null;
      const [, model, version, action] = match;
      const kind = action === '/infer' ? 'infer' : action === '/ready' ? 'model-ready' : 'model';
      return { kind, model, version };
    }
  }
};

/** The method that a path takes. */
const TAKING_A_BODY: ReadonlySet<ServicePath['kind']> = new Set([
  'predict',
  'compare',
  'infer',
  'labels',
]);

export const methodOf = ({ kind }: ServicePath): 'GET' | 'POST' =>
  TAKING_A_BODY.has(kind) ? 'POST' : 'GET';
