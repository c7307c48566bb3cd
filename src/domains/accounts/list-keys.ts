import { signedIn } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type Operation, query } from '../../operation/define.ts'
import { apiKeys, keyOutput, keyView } from './api-keys.ts'

/** `GET /api/auth/keys`: those of the account, the newest first, and what a new one could be given. */
export function listKeys(scopes: readonly string[]): Operation {
  return query({
    name: 'accounts.listKeys',
    route: 'GET /api/auth/keys',
    summary: 'The API keys of the account',
    tag: 'Accounts',
    input: Type.Object({}, { additionalProperties: false }),
    output: Type.Object({
      items: Type.Array(keyOutput),
      scopes: Type.Array(Type.String(), { description: 'Every scope that there is.' }),
    }),
    access: signedIn,
    async run({ read, actor }) {
      // Beyond the limit: an account has fewer.
      const found = await read.find(apiKeys, {
        where: eq('user', actor.id!),
        sort: [{ path: 'createdAt', descending: true }],
        limit: limits.apiKeysMax,
      })
      return { output: { items: found.map(keyView), scopes } }
    },
  })
}
