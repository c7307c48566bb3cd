// Where the bytes of files are, by the settings: a folder beside the database, or a bucket.
import { join, resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { type AzurePlace, createAzureBlobs } from '../blobs/azure-blobs.ts'
import type { BlobStore } from '../blobs/blob-store.ts'
import { createLocalBlobs } from '../blobs/local-blobs.ts'
import { createS3Blobs, type S3Place } from '../blobs/s3-blobs.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

export function openBlobs({ dataFolder, filesUrl }: Pick<ProcessSettings, 'dataFolder' | 'filesUrl'>): BlobStore {
  if (filesUrl === null) return createLocalBlobs(join(resolve(dataFolder), 'files'))
  return filesUrl.startsWith('azure')
    ? createAzureBlobs(azurePlaceOf(filesUrl), systemClock)
    : createS3Blobs(s3PlaceOf(filesUrl), systemClock)
}

/** Says at once what else the first upload would say: that a bucket is not there, or that a key is wrong. */
export async function lookAtStore(blobs: BlobStore, log: Log): Promise<void> {
  try {
    for await (const _ of blobs.keys()) return
  } catch (error) {
    log.write('warn', 'The store of files cannot be used now: see KINGPOST_FILES_URL. Until it can, files are refused with 503.', { error })
  }
}

/** `s3://KEY:SECRET@HOST/BUCKET?region=REGION`; `s3+http:` for a store of the own network. @throws UsageError */
export function s3PlaceOf(text: string): S3Place {
  const url = addressOf(text, 's3')
  const bucket = url?.pathname.slice(1).replace(/\/$/, '') ?? ''
  if (url === null || !/^[a-z0-9][a-z0-9.-]{2,62}$/.test(bucket)) throw new UsageError(wrongAddress)
  return {
    url: `${url.protocol === 's3:' ? 'https' : 'http'}://${url.host}/${bucket}`,
    accessKey: decodeURIComponent(url.username),
    secretKey: decodeURIComponent(url.password),
    region: url.searchParams.get('region') ?? 'us-east-1',
  }
}

/** `azure://ACCOUNT:KEY@HOST/CONTAINER`; where the host serves several accounts, the account stands before the container. @throws UsageError */
export function azurePlaceOf(text: string): AzurePlace {
  const url = addressOf(text, 'azure')
  const path = url?.pathname.replace(/\/$/, '') ?? ''
  if (url === null || !/^(?:\/[a-z0-9]{3,24})?\/[a-z0-9](?:-?[a-z0-9]){2,62}$/.test(path)) throw new UsageError(wrongAddress)
  return {
    url: `${url.protocol === 'azure:' ? 'https' : 'http'}://${url.host}${path}`,
    account: decodeURIComponent(url.username),
    key: decodeURIComponent(url.password),
  }
}

const wrongAddress =
  'KINGPOST_FILES_URL must be s3://KEY:SECRET@HOST/BUCKET?region=REGION or azure://ACCOUNT:KEY@ACCOUNT.blob.core.windows.net/CONTAINER, ' +
  'with what stands before @ percent-encoded.'

function addressOf(text: string, kind: 's3' | 'azure'): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null
  const isOfKind = url?.protocol === `${kind}:` || url?.protocol === `${kind}+http:`
  return url !== null && isOfKind && url.username !== '' && url.password !== '' ? url : null
}
