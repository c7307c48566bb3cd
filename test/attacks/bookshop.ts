// The bookshop with its 387 books, without sockets: what the requests of this folder are sent to.
import { join } from 'node:path'
import { backend as bookshop } from '../../examples/bookshop/kingpost.config.ts'
import { createMemoryBlobs } from '../../src/blobs/memory-blobs.ts'
import { seedDatabase } from '../../src/cli/seed.ts'
import type { Backend } from '../../src/engine/backend.ts'
import { type ApiHarness, openApi } from '../support/api-harness.ts'

export async function openBookshop(): Promise<ApiHarness> {
  const api = await openApi({ config: bookshop as never })
  const folder = join(import.meta.dirname, '../../examples/bookshop')
  const backend = { config: bookshop, model: api.engine.parts.model } as unknown as Backend
  await seedDatabase(api.engine, backend, { blobs: createMemoryBlobs(), folder })
  return api
}
