// A passkey as its owner sees it: not the key itself, which is of use to nobody else either.
import { toIso } from '../../base/clock.ts'
import { Type } from '../../contract/type.ts'
import type { Passkey } from './passkeys.ts'

const time = (description: string) => Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time', description })

export const passkeyOutput = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    device: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'The browser that it was added in: `Chrome 142, Windows`.',
    }),
    isSynced: Type.Boolean({ description: 'An account of its maker keeps it, so it outlives its device.' }),
    createdAt: Type.String({ format: 'date-time' }),
    usedAt: time('The last use. Null: none since it was added.'),
    copySeenAt: time('When somebody last used it whose count of uses was behind: a copy of it may exist. Remove it.'),
  },
  { title: 'Passkey' },
)

export function passkeyView({ id, name, device, isSynced, createdAt, usedAt, copySeenAt }: Passkey) {
  const iso = (at: number | null) => (at === null ? null : toIso(at))
  return { id, name, device, isSynced, createdAt: toIso(createdAt), usedAt: iso(usedAt), copySeenAt: iso(copySeenAt) }
}
