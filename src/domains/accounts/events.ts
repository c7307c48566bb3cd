// What happens to accounts.
import type { Language } from '../../base/language.ts'
import { event } from '../../contract/events.ts'
import type { User } from './collections.ts'
import type { Invitation } from './invitations.ts'
import type { MailedPurpose } from './proofs.ts'

type Told = { readonly user: User }
/** `language`: the one that the browser asks for. */
export type AskedProof = {
  /** `register`: an account was wanted, and is to be proven if it is new. */
  readonly purpose: Exclude<MailedPurpose, 'undoEmail'> | 'register'
  readonly email: string
  readonly language: Language
  /** The block of addresses that it was asked from. */
  readonly network: string
  /** Of the account that wants this address, where it is for a change. */
  readonly user?: string
  /** That asked for the change. */
  readonly session?: string
}

export const accountRegistered = event('account.registered').with<Told>()
/** `cartTokenHash`: of the cart that came with the request. */
export const accountSignedIn = event('account.signed_in').with<Told & { readonly cartTokenHash: string | null }>()
export const accountPasswordChanged = event('account.password_changed').with<Told & { readonly language: Language }>()
/** Somebody asked for a mail to this address, whoever's it is. */
export const accountProofAsked = event('account.proof_asked').with<AskedProof>()
/** There is an account for it: a proof is to be made, and to go to this address. */
export const accountProofDue = event('account.proof_due').with<
  Told & {
    readonly purpose: Exclude<MailedPurpose, 'undoEmail'>
    readonly email: string
    readonly language: Language
    readonly network: string
  }
>()
/** `recovery_used`: a code was that lies on paper. */
export const accountFactorChanged = event('account.factor_changed').with<
  Told & { readonly change: 'added' | 'removed' | 'recovery_used' | 'passkey_added' | 'passkey_removed'; readonly language: Language }
>()
/** `title`: of the provider by which it is entered from now on, or no more. */
export const accountIdentityChanged = event('account.identity_changed').with<
  Told & { readonly change: 'added' | 'removed'; readonly title: string; readonly language: Language }
>()
/** A program can act for it from now on. */
export const accountKeyMade = event('account.key_made').with<Told & { readonly language: Language }>()
/** `secret`: for the mail alone. */
export const accountInvited = event('account.invited').with<{
  readonly invitation: Invitation
  readonly by: User
  readonly language: Language
  readonly secret: string
}>()
/** Somebody of support changes things in its name from now on. */
export const accountImpersonated = event('account.impersonated').with<Told & { readonly language: Language }>()
/** An account is wanted for an address that has one. */
export const accountClaimedAgain = event('account.claimed_again').with<{ readonly email: string; readonly language: Language }>()
/** `undoSecret`: for the mail to the address before, where that was proven. */
export const accountEmailChanged = event('account.email_changed').with<
  Told & { readonly before: string; readonly undoSecret: string | null; readonly language: Language }
>()
/** Its owner has taken it back, by the way back to an address before. */
export const accountTakenBack = event('account.taken_back').with<Told & { readonly language: Language }>()
/** An admin has shut it, or opened it again: `disabled` of it says which. */
export const accountShut = event('account.shut').with<Told & { readonly language: Language }>()
/** Its owner or staff want it erased, at this time. `keepSecret`: for the mail, by which its owner keeps it; null where there is no time for that. */
export const accountErasureAsked = event('account.erasure_asked').with<
  Told & { readonly dueAt: number; readonly keepSecret: string | null; readonly language: Language }
>()
/** It was to be erased, and an admin has opened it again: it stays. */
export const accountKept = event('account.kept').with<Told & { readonly language: Language }>()
/** What was their data is gone; the account is left without a name. */
export const accountErased = event('account.erased').with<Told>()
/** What there is of this person was gathered, and can be downloaded by them. */
export const accountExportReady = event('account.export_ready').with<Told & { readonly language: Language }>()
