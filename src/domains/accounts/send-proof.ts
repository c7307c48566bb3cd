// What anybody may ask for by typing an address. The request only owes this effect, whoever's address it is, so neither its
// answer nor its time tells whether there is an account. The effect looks, and lets the mail be written.
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type EffectHandler, effectHandler, effectKind, enqueue } from '../../effects/effect.ts'
import type { Work } from '../../operation/work.ts'
import { findUnique } from '../../storage/find-all.ts'
import { sessions, type User, users } from './collections.ts'
import { type AskedProof, accountClaimedAgain, accountProofDue } from './events.ts'

/** Looks who has an address, and has them written to. */
export const proofSend = effectKind(
  'accounts.sendProof',
  Type.Object({
    purpose: Type.String(),
    email: Type.String(),
    language: Type.String(),
    network: Type.String(),
    user: Type.Optional(Type.String()),
    session: Type.Optional(Type.String()),
  }),
)

export async function oweProof(work: Work, { purpose, email, language, network, user, session }: AskedProof): Promise<void> {
  const payload = { purpose, email, language, network, ...(user === undefined || session === undefined ? {} : { user, session }) }
  await enqueue(work, proofSend, { key: `accounts.sendProof:${work.newId('key')}`, payload, isNew: true, isUnrecognised: true })
}

export function sendProof(): EffectHandler {
  return effectHandler(proofSend, {
    perform: async () => ({ end: 'done', result: null }),
    async settle(work) {
      const asked = work.payload as AskedProof
      const { email, language, network } = asked
      const purpose = asked.purpose === 'register' ? 'verify' : asked.purpose
      const holder = await findUnique(work.tx, users, eq('email', email))
      const isTaken = holder !== null && (purpose === 'changeEmail' || (asked.purpose === 'register' && holder.emailVerified))
      if (isTaken) return [accountClaimedAgain({ email, language })]
      const user = purpose === 'changeEmail' ? await moverOf(work, asked) : holder
      if (user === null || user.disabled || (purpose === 'verify' && user.emailVerified)) return
      return [accountProofDue({ user, purpose, email, language, network })]
    },
  })
}

/** The account that wants another address: none where whoever asked was signed out meanwhile. */
async function moverOf({ tx }: Pick<Work, 'tx'>, { user = '', session = '' }: AskedProof): Promise<User | null> {
  const mover = await tx.lock(users, user, 'shared')
  return (await tx.get(sessions, session)) === null ? null : mover
}
