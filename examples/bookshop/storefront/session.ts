/**
 * Owns who is signed in. The session itself is an HttpOnly cookie no script can read; a mark in localStorage only
 * remembers that there should be one, so that guests never ask (and never see a 401 in their console).
 */
import { ApiError, type User } from 'kingpost/client'
import { words } from './account-words.ts'
import { isActing, showActing } from './acting.ts'
import { letGo, takeAlong } from './cart-store.ts'
import { byId } from './dom.ts'
import { client } from './shop.ts'
import { forgetTyped } from './typed.ts'

const MARK = 'kingpost.signedIn'
let user: User | null = null
let asking: Promise<User | null> | null = null
let hasExpired = false

/** Page and header both want to know at the start: one question answers them. */
export function findUser(): Promise<User | null> {
  if (user !== null || localStorage.getItem(MARK) === null) return Promise.resolve(user)
  asking ??= ask().finally(() => {
    asking = null
  })
  return asking
}

async function ask(): Promise<User | null> {
  try {
    user = await client.auth.me()
    showActing(user)
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 401)) throw error
    loseSession()
  }
  showName()
  return user
}

/** Whether a session ended by itself; true once, for the page that says so. */
export function takeExpiry(): boolean {
  const had = hasExpired
  hasExpired = false
  return had
}

/** What stood in the cart comes along: whoever signs in on the way to checkout goes on with it. */
export async function signIn(email: string, password: string): Promise<void> {
  const { user } = await client.auth.login({ email, password })
  keep(user)
  await takeAlong(user.id)
}

export async function register(email: string, password: string, name: string): Promise<void> {
  await client.auth.register({ email, password, ...(name ? { name } : {}) })
  // Registering opens no session: its answer is the same for an address that has an account already.
  await signIn(email, password)
}

export async function signOut(): Promise<void> {
  await client.auth.logout()
  // The next one at this browser has a cart of their own.
  letGo()
  forgetTyped()
  const wasActing = isActing()
  forgetUser()
  // Whoever acted as a customer is still signed in, as themselves.
  if (wasActing) localStorage.setItem(MARK, 'yes')
}

/** The server said 401: whatever we believed, there is no session. */
export function loseSession(): void {
  hasExpired = true
  forgetUser()
}

function forgetUser(): void {
  user = null
  localStorage.removeItem(MARK)
  showActing(null)
  showName()
}

function keep(signedIn: User): void {
  user = signedIn
  hasExpired = false
  localStorage.setItem(MARK, 'yes')
  showName()
}

/** In the header, where it leads to the account. */
export function showName(): void {
  const text = byId('account-link').querySelector<HTMLElement>('.link-text')
  if (!text) return
  text.lang = words.lang
  text.textContent = user === null ? words.account : (user.name ?? words.myAccount)
}
