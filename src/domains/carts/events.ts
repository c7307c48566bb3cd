// What happens to carts.
import { event } from '../../contract/events.ts'

export type Account = { readonly id: string; readonly email: string | null }

/** A cart that has become an order is an account's now. */
export const cartTakenOver = event('cart.taken_over').with<{ readonly order: string; readonly account: Account }>()
