/** Owns how the limit is started. It knows no callers, so nobody signs in. */
import type { Contender } from '../contender.ts'

export const limit: Contender = {
  name: 'limit',
  needs: ['bench/limit/server.ts'],
  command: ({ port, dataDir }) => ({
    args: ['bench/limit/server.ts', '--port', String(port), '--data-dir', dataDir],
    env: {},
  }),
  signIn: async () => ({}),
}
