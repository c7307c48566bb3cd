/** Who is there, and what they see: sign-in, a word to people who are not staff, or the page of the address. */

import { ApiError } from '/client/index.ts'
import { html, useEffect, useErrorBoundary, useMemo, useState, type VNode } from '../vendor/htm-preact.js'
import { loadMe, type Me } from './account/acting.ts'
import { consoleWords } from './account/form.ts'
import { askForProof } from './account/proof-dialog.ts'
import { client, onProofNeeded, onSessionEnd } from './client.ts'
import { tellAll, watch } from './live.ts'
import { AuditPage } from './pages/audit.ts'
import { CollectionPage, CollectionsPage } from './pages/collection.ts'
import { EffectsPage } from './pages/effects.ts'
import { FiguresPage } from './pages/figures.ts'
import { HomePage } from './pages/home.ts'
import { InboxPage } from './pages/inbox.ts'
import { IncomingPage } from './pages/incoming.ts'
import { KeysPage } from './pages/keys.ts'
import { LedgerPage } from './pages/ledger.ts'
import { MailPage } from './pages/mail.ts'
import { MailTemplatesPage } from './pages/mail-templates.ts'
import { OrderPage } from './pages/order.ts'
import { OrdersPage } from './pages/orders.ts'
import { OrdersTransferPage } from './pages/orders-transfer.ts'
import { PeoplePage } from './pages/people.ts'
import { PriceListPage } from './pages/price-list.ts'
import { NewPriceListPage, PriceListsPage } from './pages/price-lists.ts'
import { QuarantinePage } from './pages/quarantine.ts'
import { CreatePage, RecordPage } from './pages/record.ts'
import { SettlementPage } from './pages/settlement.ts'
import { Acting, FactorFirst, NotStaff, SetupPage, SignInAgain, SignInPage, Waiting } from './pages/sign-in.ts'
import { ThreadPage } from './pages/thread.ts'
import { TransferPage } from './pages/transfer.ts'
import { TrashPage } from './pages/trash.ts'
import { WebhookPage } from './pages/webhook.ts'
import { NewWebhookPage, WebhooksPage } from './pages/webhooks.ts'
import { usePlace } from './router.ts'
import { base, parseRoute, type Route } from './routes.ts'
import { WorkspaceContext } from './schema.ts'
import { markSession, mayHaveSession } from './session-mark.ts'
import type { CollectionInfo, User } from './shapes.ts'
import { Empty, ErrorNote, PageHead } from './ui/parts.ts'
import { Shell } from './ui/shell.ts'

const liveCollections = [
  'orders',
  'payments',
  'invoices',
  'giftCards',
  'discounts',
  'emails',
  'emailThreads',
  'threadNotes',
  'inboundMails',
  'effects',
  'webhooks',
  'users',
  'invitations',
]

/** `null` is nobody. */
async function loadUser(): Promise<Me | null> {
  if (!mayHaveSession()) return null
  try {
    return await loadMe()
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null
    throw error
  }
}

export function App(): VNode {
  const [user, setUser] = useState<Me | null | undefined>(undefined)
  const [error, setError] = useState<unknown>(undefined)
  const [setupToken, setSetupToken] = useState(() => new URLSearchParams(location.hash.slice(1)).get('setup') ?? '')
  const [hasEnded, setEnded] = useState(false)
  const start = () => {
    setError(undefined)
    loadUser().then((me) => {
      setUser(me)
      setEnded(false)
    }, setError)
  }
  const loseSession = () => {
    markSession(false)
    watch([])
    setEnded(true)
  }
  const leave = () => {
    loseSession()
    setUser(null)
  }
  useEffect(() => {
    onSessionEnd(loseSession)
    onProofNeeded((ways) => askForProof(consoleWords, ways))
    if (setupToken === '') start()
  }, [])
  const enter = () => {
    markSession(true)
    // The token is used up; it must not stay in the address.
    if (setupToken !== '') history.replaceState(null, '', base)
    setSetupToken('')
    if (!user) setUser(undefined)
    start()
  }
  const signOut = async () => {
    await client.auth.logout().catch(() => {})
    leave()
  }
  if (setupToken !== '') return html`<${SetupPage} token=${setupToken} onEnter=${enter} />`
  if (user) {
    // A session that ended by itself takes nothing away that was typed: it waits behind the question who is there.
    return html`${hasEnded && html`<${SignInAgain} email=${user.email} error=${error} onEnter=${enter} />`}
      <${Entered} key=${user.id} user=${user} signOut=${signOut} />`
  }
  if (error) return html`<${Waiting}><${ErrorNote} error=${error} retry=${start} /><//>`
  if (user === undefined) return html`<${Waiting} />`
  return html`<${SignInPage} onEnter=${enter} />`
}

function Entered({ user, signOut }: { user: Me; signOut: () => void }): VNode {
  if (user.impersonatedBy) return html`<${Acting} me=${user} />`
  if (user.lacksFactor) return html`<${FactorFirst} onSignOut=${signOut} />`
  if (!user.isStaff) return html`<${NotStaff} user=${user} onSignOut=${signOut} />`
  return html`<${Inside} user=${user} signOut=${signOut} />`
}

interface Schema {
  items: CollectionInfo[]
  roles: string[]
  events: string[]
  may: string[]
  timeZone: string
}

function Inside({ user, signOut }: { user: User; signOut: () => void }): VNode {
  const [schema, setSchema] = useState<Schema | undefined>(undefined)
  const [error, setError] = useState<unknown>(undefined)
  const load = () => {
    setError(undefined)
    client.call<Schema>('GET', '/api/schema').then((found) => {
      setSchema(found)
      const names = found.items.map((collection) => collection.name)
      watch(liveCollections.filter((name) => names.includes(name)))
      // Whoever signed in again: what is shown was not followed meanwhile.
      if (schema !== undefined) tellAll()
    }, setError)
  }
  // The account is read again at each sign-in, and may do something else by then.
  useEffect(() => {
    load()
    return undefined
  }, [user])
  useEffect(() => () => watch([]), [])
  const workspace = useMemo(() => {
    const { items: collections = [], roles = [], events = [], may = [], timeZone = 'UTC' } = schema ?? {}
    return { user, signOut, collections, roles, events, may, timeZone }
  }, [user, schema])
  if (schema === undefined) return html`<${Waiting}>${error ? html`<${ErrorNote} error=${error} retry=${load} />` : undefined}<//>`
  return html`<${WorkspaceContext.Provider} value=${workspace}>
    <${Shell}><${CurrentPage} /><//>
  <//>`
}

function CurrentPage(): VNode {
  const { path } = usePlace()
  const route = parseRoute(path)
  // Lists of mails and of their templates stay while their previews change; every other address is a page of its own.
  return html`<${GuardedPage} key=${route.page === 'mail' || route.page === 'mailTemplates' ? route.page : path} route=${route} />`
}

/** An error in one page leaves the navigation standing. */
function GuardedPage({ route }: { route: Route }): VNode {
  const [error, forget] = useErrorBoundary((cause) => console.error(cause))
  if (error) return html`<${ErrorNote} error=${error} retry=${forget} />`
  switch (route.page) {
    case 'home':
      return html`<${HomePage} />`
    case 'orders':
      return html`<${OrdersPage} />`
    case 'order':
      return html`<${OrderPage} id=${route.id} />`
    case 'ordersTransfer':
      return html`<${OrdersTransferPage} />`
    case 'incoming':
      return html`<${IncomingPage} />`
    case 'priceLists':
      return html`<${PriceListsPage} />`
    case 'newPriceList':
      return html`<${NewPriceListPage} />`
    case 'priceList':
      return html`<${PriceListPage} id=${route.id} />`
    case 'mail':
      return html`<${MailPage} id=${route.id} />`
    case 'mailTemplates':
      return html`<${MailTemplatesPage} name=${route.name} />`
    case 'inbox':
      return html`<${InboxPage} />`
    case 'thread':
      return html`<${ThreadPage} id=${route.id} />`
    case 'quarantine':
      return html`<${QuarantinePage} />`
    case 'effects':
      return html`<${EffectsPage} />`
    case 'audit':
      return html`<${AuditPage} />`
    case 'ledger':
      return html`<${LedgerPage} />`
    case 'figures':
      return html`<${FiguresPage} />`
    case 'settlement':
      return html`<${SettlementPage} />`
    case 'keys':
      return html`<${KeysPage} />`
    case 'people':
      return html`<${PeoplePage} />`
    case 'webhooks':
      return html`<${WebhooksPage} />`
    case 'newWebhook':
      return html`<${NewWebhookPage} />`
    case 'webhook':
      return html`<${WebhookPage} id=${route.id} />`
    case 'collections':
      return html`<${CollectionsPage} />`
    case 'collection':
      return html`<${CollectionPage} name=${route.collection} />`
    case 'create':
      return html`<${CreatePage} name=${route.collection} />`
    case 'trash':
      return html`<${TrashPage} name=${route.collection} />`
    case 'transfer':
      return html`<${TransferPage} name=${route.collection} />`
    case 'record':
      return html`<${RecordPage} name=${route.collection} id=${route.id} />`
    default:
      return html`<${PageHead} title="Nothing here" /><${Empty} icon="search" title="There is no page here">
        Go <a href=${base}>home</a>, or press <kbd>g</kbd> and then <kbd>o</kbd> for orders.
      <//>`
  }
}
