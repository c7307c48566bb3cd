/** The frame around every page: navigation at the side (a drawer on phones), bar at the bottom, help. */
import { html, useEffect, useState, type View, type VNode } from '../../vendor/htm-preact.js'
import { useLiveState } from '../live.ts'
import { usePlace } from '../router.ts'
import { base, collectionPath } from '../routes.ts'
import { useMay, useWorkspace } from '../schema.ts'
import type { CollectionInfo } from '../shapes.ts'
import { listenForShortcuts, shortcuts } from '../shortcuts.ts'
import { nextTheme, readTheme, type Theme } from '../theme.ts'
import { Icon, type IconName, Mark } from './icons.ts'
import { Dialog } from './parts.ts'
import { Toasts } from './toast.ts'

interface Entry {
  path: string
  text: string
  icon: IconName
  needs?: string
  /** An operation that they may ask for. */
  asks?: string
}

const entries: Entry[] = [
  { path: base, text: 'Home', icon: 'home' },
  { path: `${base}/orders`, text: 'Orders', icon: 'orders', needs: 'orders' },
  { path: `${base}/inbox`, text: 'Inbox', icon: 'inbox', needs: 'emailThreads' },
  { path: `${base}/mail`, text: 'Mail', icon: 'mail', needs: 'emails' },
  { path: `${base}/effects`, text: 'Effects', icon: 'effects', needs: 'effects' },
  { path: `${base}/figures`, text: 'Figures', icon: 'figures', asks: 'figures.sales' },
  { path: `${base}/ledger`, text: 'Ledger', icon: 'ledger', needs: 'ledgerEntries' },
  { path: `${base}/settlement`, text: 'Settlement', icon: 'settlement', needs: 'settlementLines' },
  { path: `${base}/data/invoices`, text: 'Invoices', icon: 'invoice', needs: 'invoices' },
  { path: `${base}/data/giftCards`, text: 'Gift cards', icon: 'gift', needs: 'giftCards' },
  { path: `${base}/data/discounts`, text: 'Discounts', icon: 'discount', needs: 'discounts' },
  { path: `${base}/priceLists`, text: 'Price lists', icon: 'prices', needs: 'priceLists' },
  { path: `${base}/incoming`, text: 'Incoming stock', icon: 'stock', asks: 'stock.receive' },
  { path: `${base}/webhooks`, text: 'Webhooks', icon: 'webhooks', needs: 'webhooks' },
  { path: `${base}/keys`, text: 'API keys', icon: 'key' },
  { path: `${base}/people`, text: 'People', icon: 'people', asks: 'accounts.invite' },
  { path: `${base}/audit`, text: 'Audit', icon: 'audit', asks: 'audit.read' },
]

export function Shell({ children }: { children?: View }): VNode {
  const [drawer, setDrawer] = useState(false)
  const [help, setHelp] = useState(false)
  const { path } = usePlace()
  const { collections } = useWorkspace()
  const may = useMay()
  useEffect(() => listenForShortcuts(() => setHelp(true)), [])
  useEffect(() => setDrawer(false) as undefined, [path])
  useEffect(() => {
    if (!drawer) return
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && setDrawer(false)
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [drawer])
  // A feature that is switched off has no collection, and so no entry.
  const shown = entries
    .filter(({ needs }) => needs === undefined || collections.some((collection) => collection.name === needs))
    .filter(({ asks }) => asks === undefined || may(asks))
  return html`<div class="shell">
    <a class="skip" href="#main">Skip to the page</a>
    <nav class="side ${drawer ? 'open' : ''}" aria-label="Console">
      <${Side} entries=${shown} path=${path} onHelp=${() => setHelp(true)} />
    </nav>
    ${drawer && html`<div class="scrim" onClick=${() => setDrawer(false)} />`}
    <main id="main" tabindex="-1">${children}</main>
    <nav class="bottom" aria-label="Main pages">
      ${shown.slice(0, 4).map((entry) => html`<${NavLink} key=${entry.path} entry=${entry} path=${path} />`)}
      <button type="button" aria-expanded=${drawer ? 'true' : 'false'} onClick=${() => setDrawer(!drawer)}>
        <${Icon} name=${drawer ? 'close' : 'menu'} size=${20} /><span>Menu</span>
      </button>
    </nav>
    <${Toasts} />
    ${help && html`<${Help} onClose=${() => setHelp(false)} />`}
  </div>`
}

function isCurrent(path: string, target: string): boolean {
  if (target === base) return path === base || path === `${base}/`
  return path === target || path.startsWith(`${target}/`)
}

function NavLink({ entry, path }: { entry: Entry; path: string }): VNode {
  return html`<a href=${entry.path} aria-current=${isCurrent(path, entry.path) ? 'page' : undefined}>
    <${Icon} name=${entry.icon} /><span>${entry.text}</span>
  </a>`
}

function Side(props: { entries: Entry[]; path: string; onHelp: () => void }): VNode {
  const { user, collections, signOut } = useWorkspace()
  // What has a page of its own above is not named twice.
  const others = collections.filter(({ name }) => !props.entries.some(({ path }) => path === collectionPath(name)))
  const own = others.filter((collection) => !collection.system)
  const system = others.filter((collection) => collection.system)
  return html`
    <a class="brand" href=${base}><${Mark} /><span>Kingpost</span><${LiveDot} /></a>
    <div class="side-scroll">
      <div class="nav-group">
        ${props.entries.map((entry) => html`<${NavLink} key=${entry.path} entry=${entry} path=${props.path} />`)}
      </div>
      <${CollectionGroup} title="Data" collections=${own} path=${props.path} open=${true} />
      <${CollectionGroup} title="System" collections=${system} path=${props.path} open=${false} />
    </div>
    <div class="side-foot">
      <div class="who" title=${user.email}>
        <span class="avatar" aria-hidden="true">${(user.name || user.email).slice(0, 1).toUpperCase()}</span>
        <span class="who-text"><b>${user.name || user.email}</b><span class="faint">${user.roles.join(', ')}</span></span>
      </div>
      <div class="side-tools">
        <${ThemeButton} />
        <button type="button" class="icon-button" title="Keyboard shortcuts (?)" aria-label="Keyboard shortcuts" onClick=${props.onHelp}>
          <${Icon} name="key" />
        </button>
        <a class="icon-button" href="/api/docs" title="API reference" aria-label="API reference"><${Icon} name="code" /></a>
        <button type="button" class="icon-button" title="Sign out" aria-label="Sign out" onClick=${signOut}>
          <${Icon} name="out" />
        </button>
      </div>
    </div>
  `
}

function CollectionGroup(props: { title: string; collections: CollectionInfo[]; path: string; open: boolean }): VNode | null {
  if (props.collections.length === 0) return null
  const plain = (name: string) => `${base}/data/${encodeURIComponent(name)}`
  const inside = props.collections.some(({ name }) => isCurrent(props.path, plain(name)))
  return html`<details class="nav-group" open=${props.open || inside}>
    <summary>${props.title}</summary>
    ${props.collections.map(
      ({ name, title }) => html`<a
        key=${name}
        href=${collectionPath(name)}
        aria-current=${isCurrent(props.path, plain(name)) ? 'page' : undefined}
      >${title}</a>`,
    )}
  </details>`
}

function LiveDot(): VNode | null {
  const state = useLiveState()
  if (state === 'off') return null
  const text = state === 'live' ? 'Live: changes appear by themselves' : 'Connecting to live changes'
  return html`<span class="live-dot ${state}" role="img" title=${text} aria-label=${text} />`
}

function ThemeButton(): VNode {
  const [theme, setTheme] = useState<Theme>(readTheme)
  const text = `Colours: ${theme === 'auto' ? 'as the system' : theme}`
  return html`<button type="button" class="icon-button" title=${text} aria-label=${text} onClick=${() => setTheme(nextTheme())}>
    <${Icon} name="sun" />
  </button>`
}

function Help({ onClose }: { onClose: () => void }): VNode {
  return html`<${Dialog} title="Keyboard" onClose=${onClose}>
    <dl class="keys">
      ${shortcuts.map(
        ({ keys, does }) => html`<div key=${keys}>
          <dt>${keys.split(' ').map((key) => html`<kbd key=${key}>${key}</kbd>`)}</dt>
          <dd>${does}</dd>
        </div>`,
      )}
    </dl>
  <//>`
}
