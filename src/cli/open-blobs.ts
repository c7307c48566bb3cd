// Where the bytes of files are, by the settings: a folder beside the database, or a bucket.
import { join, resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import type { BlobStore } from '../blobs/blob-store.ts'
import { createLocalBlobs } from '../blobs/local-blobs.ts'
import { createS3Blobs } from '../blobs/s3-blobs.ts'
import type { S3Place } from '../blobs/s3-client.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

export function openBlobs({ dataFolder, filesUrl }: Pick<ProcessSettings, 'dataFolder' | 'filesUrl'>): BlobStore {
  return filesUrl === null ? createLocalBlobs(join(resolve(dataFolder), 'files')) : createS3Blobs(s3PlaceOf(filesUrl), systemClock)
}

/** `s3://KEY:SECRET@HOST/BUCKET?region=REGION`; `s3+http:` for a store of the own network. @throws UsageError */
export function s3PlaceOf(text: string): S3Place {
  const url = /^s3(?:\+http)?:\/\//.test(text) && URL.canParse(text) ? new URL(text) : null
  const bucket = url?.pathname.slice(1).replace(/\/$/, '') ?? ''
  if (url === null || url.username === '' || url.password === '' || !/^[a-z0-9][a-z0-9.-]{2,62}$/.test(bucket))
    throw new UsageError('KINGPOST_FILES_URL must be s3://KEY:SECRET@HOST/BUCKET?region=REGION, with KEY and SECRET percent-encoded.')
  return {
    url: `${url.protocol === 's3:' ? 'https' : 'http'}://${url.host}/${bucket}`,
    accessKey: decodeURIComponent(url.username),
    secretKey: decodeURIComponent(url.password),
    region: url.searchParams.get('region') ?? 'us-east-1',
  }
}
