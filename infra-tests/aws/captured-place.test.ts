import { capturedPlace } from '../../lib/captured-place';
import { stageConfig } from '../../lib/config';

describe('where a stage captures into', () => {
  const of = (bucket: string, prefix: string) =>
    capturedPlace(stageConfig({ capture: { bucket, prefix } }));

  it('is its own bucket unless it names one, and then its prefix there', () => {
    expect(capturedPlace(stageConfig({}))).toEqual({ bucket: null, prefix: '' });
    const longest = `${'x'.repeat(199)}/`;
    for (const prefix of ['', 'ml/', 'ml/live_2/A-b/', longest]) {
      expect(of('my.bucket-1', prefix)).toEqual({ bucket: 'my.bucket-1', prefix });
    }
  });

  it('is no prefix that anything would read as more than folders', () => {
    for (const prefix of [
      'ml',
      '/',
      '/ml/',
      'ml//',
      'a b/',
      '!{timestamp:yyyy}/',
      '*/',
      'ü/',
      '../',
    ]) {
      expect(() => of('bucket', prefix)).toThrow(/capture\.prefix is empty, or folders/);
    }
    expect(() => of('bucket', 'ml/\n')).toThrow(/capture\.prefix is empty, or folders/);
    expect(() => of('bucket', `${'x'.repeat(200)}/`)).toThrow(/up to 200 letters: not 201/);
  });

  it('is no address of a bucket, and no name that S3 could not have', () => {
    for (const bucket of ['', 's3://bucket', 'bucket/ml', 'Bucket', 'ab', 'x'.repeat(64), 'b*']) {
      expect(() => of(bucket, '')).toThrow(/capture\.bucket is the name of a bucket/);
    }
  });
});
