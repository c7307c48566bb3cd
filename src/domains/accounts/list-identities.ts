import { signedIn } from '../../access/rule.ts'
import { toIso } from '../../base/clock.ts'
import { Type } from '../../contract/type.ts'
import { type Operation, query } from '../../operation/define.ts'
import { identitiesOf } from './identities.ts'
import type { IdentityProviders } from './identity-provider.ts'

/** `GET /api/auth/identities`: by which providers the account is entered, and by which others it could be. */
export function listIdentities(providers: IdentityProviders): Operation {
  return query({
    name: 'accounts.listIdentities',
    route: 'GET /api/auth/identities',
    summary: 'List the linked providers',
    tag: 'Accounts',
    input: Type.Object({}, { additionalProperties: false }),
    output: Type.Object({
      items: Type.Array(
        Type.Object(
          { id: Type.String(), provider: Type.String(), title: Type.String(), createdAt: Type.String({ format: 'date-time' }) },
          { title: 'Identity' },
        ),
      ),
      others: Type.Array(Type.Object({ provider: Type.String(), title: Type.String() }, { title: 'Provider' }), {
        description: 'That could be linked.',
      }),
    }),
    access: signedIn,
    async run({ read, actor }) {
      const linked = await identitiesOf(read, actor.id!)
      const titleOf = (name: string) => providers.get(name)?.title ?? name
      const items = linked.map(({ id, provider, createdAt }) => ({ id, provider, title: titleOf(provider), createdAt: toIso(createdAt) }))
      const others = [...providers.values()].filter(({ name }) => linked.every(({ provider }) => provider !== name))
      return { output: { items, others: others.map(({ name, title }) => ({ provider: name, title })) } }
    },
  })
}
