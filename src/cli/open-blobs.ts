// Where the bytes of files are, by the settings.
import { join, resolve } from 'node:path'
import type { BlobStore } from '../blobs/blob-store.ts'
import { createLocalBlobs } from '../blobs/local-blobs.ts'
import type { ProcessSettings } from './settings.ts'

export function openBlobs({ dataFolder }: Pick<ProcessSettings, 'dataFolder'>): BlobStore {
  return createLocalBlobs(join(resolve(dataFolder), 'files'))
}
