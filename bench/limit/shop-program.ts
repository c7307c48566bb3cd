/** Owns how the shop written by hand is started and looked at. It comes with something on sale, and has no staff. */
import assert from 'node:assert/strict'
import type { Json } from '../json-client.ts'
import { SANDBOX_SECRET } from '../kingpost/sandbox.ts'
import type { ShopProgram } from '../order-turns.ts'

export const handShop: ShopProgram = {
  name: 'limit',
  command: ({ port, dataDir, sandboxUrl }) => ({
    args: ['bench/limit/shop-server.ts', '--port', String(port), '--data-dir', dataDir, '--sandbox-url', sandboxUrl!],
    env: { SANDBOX_SECRET },
  }),
  open: async ({ port }) => ({ shop: await ask(port, '/bench/shop'), staff: {} }),

  /** A fast run that lost something would be no limit. */
  async check({ port }) {
    const { paid, receipts, ledgerSum, held } = await ask(port, '/bench/check')
    assert.ok(paid > 0)
    assert.deepEqual({ receipts, ledgerSum, held }, { receipts: paid, ledgerSum: 0, held: 0 })
  },
}

async function ask(port: number, path: string): Promise<Json> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  assert.equal(response.status, 200)
  return await response.json()
}
