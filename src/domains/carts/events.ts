// What happens to carts.
import { event } from '../../contract/events.ts'
import type { Cart } from './collections.ts'

export type Account = { readonly id: string; readonly email: string | null }

/** A cart that has become an order is an account's now. */
export const cartTakenOver = event('cart.taken_over').with<{ readonly order: string; readonly account: Account }>()

/** An open cart that nobody has touched for as long as the config says, with somebody's address and something in it. Once for a cart. */
export const cartAbandoned = event('cart.abandoned').with<{ readonly cart: Cart }>()
