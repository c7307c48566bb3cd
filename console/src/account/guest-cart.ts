/** The cart that the storefront keeps for a guest of this browser, under a name that pages of accounts and storefronts share. */
const key = 'kingpost.cart'

/** Its secret; undefined where there is none. */
export function guestCartToken(): string | undefined {
  try {
    const { token } = JSON.parse(localStorage.getItem(key) ?? '{}') as { token?: unknown }
    return typeof token === 'string' && /^cart_[\w-]{1,200}$/.test(token) ? token : undefined
  } catch {
    // Another thing under this name, or a browser that keeps nothing.
    return undefined
  }
}
