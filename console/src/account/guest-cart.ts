/** The cart that the storefront keeps for a guest of this browser, under a name that pages of accounts and storefronts share. */
const key = 'kingpost.cart'

/** Its secret; undefined where there is none. */
export function guestCartToken(): string | undefined {
  return guestCart()?.token
}

/** Null where there is none. */
export function guestCart(): { readonly id: string; readonly token: string } | null {
  try {
    const { id, token } = JSON.parse(localStorage.getItem(key) ?? '{}') as { id?: unknown; token?: unknown }
    return typeof token === 'string' && /^cart_[\w-]{1,200}$/.test(token) ? { id: String(id), token } : null
  } catch {
    // Another thing under this name, or a browser that keeps nothing.
    return null
  }
}
