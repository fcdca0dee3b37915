import { assertImage } from './container';

const OURS = '111122223333.dkr.ecr.eu-west-1.amazonaws.com';
const OTHER = '763104351884.dkr.ecr.eu-west-1.amazonaws.com';
const PRIVATE = 'registry.example.com:5000';
const DIGEST = `sha256:${'0a'.repeat(32)}`;

describe('an image that a version may run', () => {
  const check = assertImage({ ecr: [OURS], others: [PRIVATE] });

  it.each([
    `${OURS}/mlflow@${DIGEST}`,
    `${OURS}/team-a/llm_v2.gpu@${DIGEST}`,
    `${PRIVATE}/team-a/score@${DIGEST}`,
  ])('is %s', (image) => {
    expect(() => check(image)).not.toThrow();
  });

  it.each([
    ['a registry that the stage does not name', `ghcr.io/a@${DIGEST}`, /push.*privateRegistries/],
    ['another port', `registry.example.com/a@${DIGEST}`, /privateRegistries/],
    ['a host that only begins alike', `${PRIVATE}.evil.example/a@${DIGEST}`, /privateRegistries/],
    [
      'a tag of a registry outside ECR',
      `${PRIVATE}/a:3`,
      /no tag is looked up.*imagetools inspect/,
    ],
    ['a tag of it beside a digest', `${PRIVATE}/a:3@${DIGEST}`, /imagetools inspect/],
    ['a name to log in there with', `me:secret@${PRIVATE}/a@${DIGEST}`, /privateRegistries/],
    ['none', 'mlflow', /push it to ECR/],
    ['one that begins like ECR', `${OURS}.example.com/mlflow@${DIGEST}`, /push it to ECR/],
    ['a name to log in with', `user:secret@${OURS}/mlflow@${DIGEST}`, /push it to ECR/],
    ['another account', `${OTHER}/vllm@${DIGEST}`, /imageRegistries/],
    ['another Region', `${OURS.replace('eu-west', 'us-east')}/a@${DIGEST}`, /imageRegistries/],
    ['a tag', `${OURS}/mlflow:3`, /describe-images/],
    ['no tag', `${OURS}/mlflow`, /describe-images/],
    ['a tag beside its digest', `${OURS}/mlflow:3@${DIGEST}`, /describe-images/],
    ['half a digest', `${OURS}/mlflow@sha256:0a`, /describe-images/],
    ['no repository', `${OURS}/@${DIGEST}`, /describe-images/],
    ['a line end', `${OURS}/mlflow@${DIGEST}\n`, /describe-images/],
  ])('is none of %s', (_, image, way) => {
    expect(() => check(image)).toThrow(way);
    expect(() => check(image)).not.toThrow(/secret/);
  });

  it('may be of any registry of ECR where nobody knows whose the account is', () => {
    const unknown = assertImage({ ecr: null, others: [PRIVATE] });
    expect(() => unknown(`${OTHER}/vllm@${DIGEST}`)).not.toThrow();
    expect(() => unknown(`${PRIVATE}/vllm@${DIGEST}`)).not.toThrow();
    expect(() => unknown(`registry.example.com/vllm@${DIGEST}`)).toThrow(/ECR/);
  });
});
