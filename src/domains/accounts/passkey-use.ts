// The use of a passkey, for whatever it opens: checked before the transaction, since that computes, and used up in it.
import { compare, eq } from '../../contract/filter.ts'
import type { PrepareContext } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import { findPasskey, isBehind, isChallengeOpen, type Passkey, type PasskeyPurpose, passkeys, redeemChallenge } from './passkeys.ts'
import { type Assertion, challengeIn, passkeyOfNobody, readAssertion, type Used } from './webauthn.ts'

export type CheckedPasskey = {
  readonly challenge: string
  readonly purpose: PasskeyPurpose
  readonly passkey: Passkey
  readonly used: Used
}

/** `user`: whose it must be, where that is known. Null when it is not right, for whatever reason: nobody is told which. */
export async function checkPasskey(
  { read, now, project, writeFirst }: PrepareContext<unknown>,
  assertion: Assertion,
  { purpose, user }: { readonly purpose: PasskeyPurpose; readonly user: string | null },
): Promise<CheckedPasskey | null> {
  const challenge = challengeIn(assertion)
  if (challenge === null || !(await isChallengeOpen(read, now, challenge, purpose))) return null
  const passkey = await findPasskey(read, assertion.id)
  const used = await readAssertion(project, assertion, passkey ?? passkeyOfNobody(assertion.id))
  if (passkey === null || (user !== null && passkey.user !== user) || used === null) return null
  if (!isBehind(used.signCount, passkey)) return { challenge, purpose, passkey, used }
  // Kept, though this use of it is refused: its owner sees it in the list.
  await writeFirst(async ({ tx, now: at }) => {
    const known = await tx.get(passkeys, passkey.id)
    if (known !== null) await tx.update(passkeys, known, { set: { copySeenAt: at } })
  })
  return null
}

/** Uses it up. False when it was not right; or its challenge was answered, it was removed, or it was used meanwhile. */
export async function redeemPasskey(work: Pick<Work, 'tx' | 'now'>, checked: CheckedPasskey | null): Promise<boolean> {
  if (checked === null || !(await redeemChallenge(work, checked.challenge, checked.purpose))) return false
  const { signCount, isSynced } = checked.used
  const isAhead = signCount === 0 ? eq('signCount', 0) : compare('signCount', 'lt', signCount)
  const guard = checked.passkey.isSynced ? eq('isSynced', true) : isAhead
  return await work.tx.touch(passkeys, checked.passkey.id, { set: { signCount, isSynced, usedAt: work.now } }, guard)
}
