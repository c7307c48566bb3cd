// What happens to accounts.
import { event } from '../../contract/events.ts'
import type { User } from './collections.ts'

type Told = { readonly user: User }

export const accountRegistered = event('account.registered').with<Told>()
/** Somebody wanted an account for an address that has one. */
export const accountClaimedAgain = event('account.claimed_again').with<{ readonly email: string }>()
/** `cartTokenHash`: of the cart that came with the request. */
export const accountSignedIn = event('account.signed_in').with<Told & { readonly cartTokenHash: string | null }>()
export const accountPasswordChanged = event('account.password_changed').with<Told>()
