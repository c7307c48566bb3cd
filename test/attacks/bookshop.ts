// The bookshop with its 387 books, without sockets: what the requests of this folder are sent to.
import { backend as bookshop } from '../../examples/bookshop/kingpost.config.ts'
import { seedDatabase } from '../../src/cli/seed.ts'
import type { Backend } from '../../src/engine/backend.ts'
import { type ApiHarness, openApi } from '../support/api-harness.ts'

export async function openBookshop(): Promise<ApiHarness> {
  const api = await openApi({ config: bookshop as never })
  await seedDatabase(api.engine, { config: bookshop, model: api.engine.parts.model } as unknown as Backend)
  return api
}
