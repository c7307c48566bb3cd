/** Owns the storefront's table of contents: which address shows which page, and what happens at the start. */
import { findCart } from './cart-store.ts'
import { byId } from './dom.ts'
import { openAccount } from './pages/account.ts'
import { openBook } from './pages/book.ts'
import { openCart } from './pages/cart.ts'
import { openCatalogue } from './pages/catalogue.ts'
import { openCheckout, openReturn } from './pages/checkout.ts'
import { openOrder } from './pages/order.ts'
import { navigate, startRouter } from './router.ts'
import { findUser, showName } from './session.ts'

byId<HTMLFormElement>('search').addEventListener('submit', (event) => {
  event.preventDefault()
  const words = byId<HTMLInputElement>('search-words').value.trim()
  navigate(words === '' ? '/' : `/?q=${encodeURIComponent(words)}`, { stay: true })
})

startRouter([
  { path: '/', open: openCatalogue },
  { path: '/books/:slug', open: openBook },
  { path: '/cart', open: openCart },
  { path: '/checkout', open: openCheckout },
  { path: '/checkout/return', open: openReturn },
  { path: '/orders/:id', open: openOrder },
  { path: '/account', open: openAccount },
])

// Cart badge and name in the header. Pages ask for themselves and show their own errors.
showName()
void findCart().catch(() => {})
void findUser().catch(() => {})
