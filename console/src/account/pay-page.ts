/** What a payment link leads to: what is open of an order, and the ways to pay it. Nothing else of the order is known here. */

import { html, useEffect, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { formatMoney } from '../format.ts'
import type { Money } from '../shapes.ts'
import { localeOf, Sheet, useWords, Wrong } from './form.ts'
import { keepLink, NoLink, takeKeptLink } from './link-pages.ts'
import type { Words } from './words.ts'

type Action = {
  readonly type: string
  readonly url?: string
  readonly holder?: string
  readonly iban?: string
  readonly bic?: string | null
  readonly reference?: string
}
type Asked = {
  readonly number: string
  readonly state: 'open' | 'processing' | 'paid' | 'closed'
  readonly due: Money
  readonly expiresAt: string
  readonly action: Action | null
  readonly lastError: string | null
}
type Started = { readonly payment: { readonly action: Action | null } }
type Way = { readonly provider: string; readonly method?: string; readonly title: string }

/** Nothing is paid at once by these: there is nobody here to bring the money to. */
const notHere = /^(invoice|cash-on-delivery)\b/
/** The provider's news comes in a second or two. */
const lookMs = 1_500
const looksMax = 40

export function PayPage({ token }: { token: string }): VNode | null {
  const words = useWords()
  // Kept for this tab: the provider's page leads back here without it.
  const [kept] = useState(() => token || takeKeptLink('pay'))
  const [asked, setAsked] = useState<Asked | null>(null)
  const [ways, setWays] = useState<readonly Way[]>([])
  const [error, setError] = useState<unknown>(undefined)
  const [isBusy, setBusy] = useState(false)
  const [looks, setLooks] = useState(0)
  const look = () => client.call<Asked>('POST', '/api/paymentLinks/open', { body: { token: kept } }).then(setAsked, setError)
  useEffect(() => {
    if (kept === '') return undefined
    keepLink('pay', kept)
    const offered = client.call<{ items: readonly { provider: string; methods: readonly string[] }[] }>('GET', '/api/payments/methods')
    offered.then(({ items }) => setWays(items.flatMap((one) => waysOf(one, words))), setError)
    void look()
    return undefined
  }, [])
  const isWaiting = asked?.state === 'processing' || (asked?.state === 'open' && asked.action?.type === 'redirect')
  useEffect(() => {
    if (!isWaiting || looks >= looksMax) return undefined
    const timer = setTimeout(() => void look().then(() => setLooks(looks + 1)), lookMs)
    return () => clearTimeout(timer)
  }, [isWaiting, looks])
  if (kept === '') return html`<${NoLink} />`
  if (asked === null) return error ? html`<${Sheet} title=${words.pay}><${Wrong} error=${error} /><//>` : null
  const pay = async ({ provider, method }: Way) => {
    if (isBusy) return
    setBusy(true)
    setError(undefined)
    try {
      const returnUrl = `${location.origin}/account/pay`
      const body = { token: kept, provider, returnUrl, ...(method === undefined ? {} : { method }) }
      const { payment } = await client.call<Started>('POST', '/api/paymentLinks/pay', { body })
      if (payment.action?.type === 'redirect' && payment.action.url) return location.assign(payment.action.url)
      setLooks(0)
      await look()
    } catch (cause) {
      setError(cause)
    }
    setBusy(false)
  }
  const amount = formatMoney(asked.due, localeOf(words))
  if (asked.state === 'paid') return html`<${Sheet} title=${words.payDone} text=${words.payDoneText(asked.number)} />`
  if (asked.state === 'closed') return html`<${Sheet} title=${words.payClosed} text=${words.payClosedText(asked.number)} />`
  if (asked.state === 'processing') return html`<${Sheet} title=${words.payUnderWay} text=${words.payUnderWayText} />`
  const { action, lastError } = asked
  return html`<${Sheet} title=${words.payTitle(amount)} text=${words.payText(asked.number)}>
    ${lastError && html`<p class="form-note bad" role="alert">${words.payFailed}</p>`}
    <${Wrong} error=${error} />
    ${action?.type === 'redirect' && html`<a class="button primary wide" href=${action.url}>${words.payGoOn}</a>`}
    ${action?.type === 'transfer' && html`<${Transfer} action=${action} amount=${amount} />`}
    <div class="sheet-ways">
      ${ways.map(
        (way) =>
          html`<button type="button" class="button" key=${way.title} aria-disabled=${isBusy ? 'true' : undefined} onClick=${() => void pay(way)}>
            ${way.title}
          </button>`,
      )}
    </div>
  <//>`
}

function waysOf({ provider, methods }: { provider: string; methods: readonly string[] }, words: Words): Way[] {
  if (notHere.test(provider)) return []
  // The sandbox's methods are stories to try.
  if (provider === 'sandbox') {
    const tried = ['card_success', 'card_challenge', 'card_declined'].filter((method) => methods.includes(method))
    return tried.map((method) => ({ provider, method, title: `Sandbox: ${method.replaceAll('_', ' ')}` }))
  }
  const known = Object.entries(words.payWays).find(([name]) => provider === name || provider.startsWith(`${name}-`))
  return [{ provider, title: known?.[1] ?? provider }]
}

function Transfer({ action, amount }: { action: Action; amount: string }): VNode {
  const words = useWords()
  const line = (name: string, value: string | null | undefined) => value && html`<div><dt>${name}</dt><dd>${value}</dd></div>`
  return html`<dl class="sheet-lines">
    ${line(words.payAmount, amount)} ${line(words.payHolder, action.holder)} ${line('IBAN', action.iban)} ${line('BIC', action.bic)}
    ${line(words.payReference, action.reference)}
  </dl>`
}
