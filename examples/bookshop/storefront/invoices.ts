/** The invoices of an order, to be kept as files. A guest shows the secret of the order, which no plain link could. */
import { h } from './dom.ts'
import { banner, onSubmit } from './forms.ts'
import { formatMoney, type ShopClient } from './shop.ts'

type Invoice = {
  readonly id: string
  readonly number: string
  readonly kind: 'invoice' | 'credit_note'
  readonly total: { readonly amount: number; readonly currency: string }
  readonly url: string
}

type Asked = { readonly client: ShopClient; readonly token: string | undefined; readonly id: string; readonly signal: AbortSignal }

const tries = 5
const pauseMs = 1_500

/** Shows them once they are there: an invoice follows its order in a moment. Whoever calls again has them looked for again. */
export function createInvoices(place: HTMLElement, { client, token, id, signal }: Asked): () => void {
  let shown = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  const look = async (left: number) => {
    // None where they cannot be read, as in a shop without any.
    const answer = await client.call<{ items: Invoice[] }>('GET', `/api/orders/${encodeURIComponent(id)}/invoices`).catch(() => null)
    if (signal.aborted || answer === null) return
    const { items } = answer
    if (items.length > shown) {
      shown = items.length
      place.replaceChildren(drawInvoices(items, token))
    } else if (left > 1) timer = setTimeout(() => void look(left - 1), pauseMs)
  }
  return () => {
    clearTimeout(timer)
    void look(tries)
  }
}

function drawInvoices(invoices: readonly Invoice[], token: string | undefined): HTMLElement {
  return h(
    'section',
    { class: 'invoices', 'aria-label': 'Invoices' },
    h('h2', {}, invoices.length === 1 ? 'Invoice' : 'Invoices'),
    invoices.map((invoice) => {
      const problem = banner()
      const name = invoice.kind === 'invoice' ? 'Invoice' : 'Credit note'
      const button = h('button', { class: 'button is-quiet', type: 'submit' }, `${name} ${invoice.number}, ${formatMoney(invoice.total)}`)
      const form = h('form', {}, problem, button)
      onSubmit(form, problem, () => keep(invoice, token))
      return form
    }),
  )
}

async function keep({ url, number }: Invoice, token: string | undefined): Promise<void> {
  const answer = await fetch(url, token ? { headers: { 'cart-token': token } } : {})
  if (!answer.ok) throw new Error('The invoice could not be fetched. Try again in a moment.')
  const address = URL.createObjectURL(await answer.blob())
  h('a', { href: address, download: `${number}.pdf` }).click()
  URL.revokeObjectURL(address)
}
