/** Starts one of the pages below /account: its language, the token of its link, and the page of the address. */

import { html, render, type VNode } from '../../vendor/htm-preact.js'
import { client, onProofNeeded } from '../client.ts'
import { markSession } from '../session-mark.ts'
import { CodePage, MagicPage, RegisterPage, SignInPage } from './enter-pages.ts'
import { Sheet, Surround, type Surroundings } from './form.ts'
import { guestCartToken } from './guest-cart.ts'

import { AccountPage, SecurityPage } from './home.ts'
import { InvitationPage } from './invitation-page.ts'
import { EmailPage, KeepPage, ResetPage, UndoPage, VerifyPage } from './link-pages.ts'
import { PayPage } from './pay-page.ts'
import { askForProof } from './proof-dialog.ts'
import { bringCartAlong, came, type Provider } from './providers.ts'
import { wordsFor } from './words.ts'

type Page = (props: { token: string }) => VNode | null

const pages: Readonly<Record<string, Page>> = {
  '/account': AccountPage,
  '/account/security': SecurityPage,
  '/account/sign-in': SignInPage,
  '/account/register': RegisterPage,
  '/account/verify': VerifyPage,
  '/account/reset': ResetPage,
  '/account/magic': MagicPage,
  '/account/code': CodePage,
  '/account/email': EmailPage,
  '/account/undo': UndoPage,
  '/account/keep': KeepPage,
  '/account/invitation': InvitationPage,
  '/account/pay': PayPage,
}

/** It is kept in this page alone: not in the address, where it would stay in the history and on the screen. */
function takeToken(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? ''
  if (token !== '') history.replaceState(null, '', location.pathname + location.search)
  return token
}

const root = document.getElementById('app')!
const words = wordsFor(navigator.languages)
document.documentElement.lang = words.lang
const { name = '', logo = '', mustVerify = '', passwordMin = '8', providers = '[]' } = root.dataset
const surroundings: Surroundings = {
  words,
  name,
  logo,
  mustVerify: mustVerify === 'yes',
  passwordMin: Number(passwordMin),
  providers: JSON.parse(providers) as readonly Provider[],
}
// What stood in the cart comes along: every sign-in sends it.
client.setCartToken(guestCartToken())
onProofNeeded((ways) => askForProof(surroundings, ways))
if (came.isDone) {
  markSession(true)
  await bringCartAlong()
}
const page = pages[location.pathname.replace(/\/$/, '')]
const view = page ? html`<${page} token=${takeToken()} />` : html`<${Sheet} title=${words.notFound} />`
render(html`<${Surround} value=${surroundings}>${view}<//>`, root)
// The link of another mail, opened in this tab, changes the fragment alone.
addEventListener('hashchange', () => {
  if (location.hash.includes('token=')) location.reload()
})
