import { DeleteObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { AskedSource } from '../../core/models/model-version';
import { DomainError } from '../../core/shared/domain-error';

interface Needs {
  readonly client: S3Client;
  /** Where uploads lie, under `uploads/`. */
  readonly bucket: string;
  readonly newId: () => string;
}

/** Where to send a package to. The address is its own permission. */
export interface UploadPlace {
  readonly upload_id: string;
  readonly url: string;
  readonly method: 'PUT';
}

const UPLOAD_LASTS_S = 15 * 60;

/** Where an upload lies in its bucket. @throws `bad-request` for what names none */
export const uploadKey = (upload: string): string => {
  if (/^[0-9a-f-]{36}$/.test(upload)) return `uploads/${upload}`;
  throw noSuchUpload();
};

/** What is said of an upload that is not there. */
export const noSuchUpload = (): DomainError =>
  new DomainError('bad-request', 'there is no such upload, or it was registered: send it again');

/** Uploads, which go to S3 directly. */
export const s3Uploads = ({ client, bucket, newId }: Needs) => ({
  /** Makes a place to upload to, for 15 minutes. */
  async create(): Promise<UploadPlace> {
    const upload_id = newId();
    const put = new PutObjectCommand({ Bucket: bucket, Key: uploadKey(upload_id) });
    const url = await getSignedUrl(client, put, { expiresIn: UPLOAD_LASTS_S });
    return { upload_id, url, method: 'PUT' };
  },

  /** Removes what was uploaded for a registration; other sources are left alone. */
  async forget(source: AskedSource): Promise<void> {
    const files = 'image' in source ? source.image.data : source;
    if (!files || !('upload' in files)) return;
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: uploadKey(files.upload) }));
  },
});
