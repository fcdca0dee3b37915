import { assertImage } from './container';

const OURS = '111122223333.dkr.ecr.eu-west-1.amazonaws.com';
const OTHER = '763104351884.dkr.ecr.eu-west-1.amazonaws.com';
const DIGEST = `sha256:${'0a'.repeat(32)}`;

describe('an image that a version may run', () => {
  const check = assertImage([OURS]);

  it.each([`${OURS}/mlflow@${DIGEST}`, `${OURS}/team-a/llm_v2.gpu@${DIGEST}`])('is %s', (image) => {
    expect(() => check(image)).not.toThrow();
  });

  it.each([
    ['a registry of its own', `registry.example.com/mlflow@${DIGEST}`, /push it to ECR/],
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
    expect(() => assertImage(null)(`${OTHER}/vllm@${DIGEST}`)).not.toThrow();
    expect(() => assertImage(null)(`registry.example.com/vllm@${DIGEST}`)).toThrow(/ECR/);
  });
});
