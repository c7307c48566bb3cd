/** Orders that staff put together: made, copied from another one, changed while they are drafts. Offering one is its payment link, withdrawing it canceling. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { formatMoney, moneyDecimal, parseMoney, priceProblem } from '../format.ts'
import { useLoad } from '../loading.ts'
import { useLabel } from '../references.ts'
import { navigate } from '../router.ts'
import { recordPath } from '../routes.ts'
import { useCollection, useMay } from '../schema.ts'
import type { Address, Money, Order, Page, RecordData } from '../shapes.ts'
import { type Closing, DeedDialog, TextField, useDeed } from '../ui/deed.ts'
import { ErrorNote, textOf } from '../ui/parts.ts'
import { RefPicker } from '../ui/ref-picker.ts'

/** `line`: of the draft that is changed; none of one that is put in. `now`: what it costs, where that is known. */
export type Wanted = { key: string; line?: string; variant: string; quantity: string; price: string; now?: Money }
type Typed = { email: string; account: string; vatId: string; method: string; note: string; lines: readonly Wanted[]; address: Place }
const places = ['name', 'line1', 'line2', 'postalCode', 'city', 'region', 'country'] as const
type Place = Readonly<Record<(typeof places)[number], string>>
const placeLabels: Readonly<Record<(typeof places)[number], readonly [label: string, hint?: string]>> = {
  name: ['Full name'],
  line1: ['Street and number'],
  line2: ['Flat, floor, company', 'optional'],
  postalCode: ['Postcode'],
  city: ['Town'],
  region: ['Region', 'where the country has them'],
  country: ['Country', 'two letters, such as DE'],
}

const placeOf = (address?: Address): Place => Object.fromEntries(places.map((name) => [name, address?.[name] ?? ''])) as Place

/** What is empty is left out: the server says what it misses. */
function addressOf(place: Place): object {
  const filled = places.map((name) => [name, place[name].trim()] as const).filter(([, text]) => text !== '')
  return Object.fromEntries(filled.map(([name, text]) => [name, name === 'country' ? text.toUpperCase() : text]))
}

const nothing: Typed = { email: '', account: '', vatId: '', method: '', note: '', lines: [], address: placeOf() }

type Agreed = ReadonlyMap<string, Money>

/** Prices of its own, by line. What the order says may be without the tax that was in them. */
async function agreedOf({ cart, status }: Order): Promise<Agreed> {
  if (status !== 'draft') return new Map()
  // As it is stored: a cart by its id is answered with what it comes to.
  type Stored = { lines: readonly { id: string; unitPrice?: Money }[] }
  const { items } = await client.call<Page<Stored>>('GET', `/api/carts?filter[id]=${encodeURIComponent(cart)}`)
  return new Map((items[0]?.lines ?? []).flatMap(({ id, unitPrice }) => (unitPrice ? [[id, unitPrice] as const] : [])))
}

/** `isSame`: it is this draft that is changed. Prices that were agreed on for a draft go along, those of the catalogue are today's. */
function typedOf(order: Order, { isSame, agreed }: { isSame: boolean; agreed: Agreed }): Typed {
  const lines = order.lines.map(({ id, variant, quantity, unitPrice }, index): Wanted => {
    const price = agreed.get(id)
    const common = { key: `${index}`, variant, quantity: String(quantity), price: price ? moneyDecimal(price) : '', now: unitPrice }
    return isSame ? { ...common, line: id } : common
  })
  const [email, account] = [order.email ?? '', isSame ? '' : (order.customer ?? '')]
  const more = { vatId: order.vatId ?? '', method: order.shipping?.id ?? '', note: order.note ?? '' }
  return { email, account, ...more, lines, address: placeOf(order.addresses.shipping) }
}

type PricedLine = Wanted & { unitPrice: Money | undefined }

/** What is wrong with the price of a line, by the key of the line. */
export type Wrong = ReadonlyMap<string, string>
export const noneWrong: Wrong = new Map()

/** With the prices that were typed; and why some are none. */
export function pricedLines(lines: readonly Wanted[], currency: string): { priced: readonly PricedLine[]; wrong: Wrong } {
  const priced = lines.map((one) => ({ ...one, unitPrice: one.price.trim() === '' ? undefined : parseMoney(one.price, currency) }))
  const wrong = lines.flatMap(({ key, price }) => {
    const problem = price.trim() === '' ? undefined : priceProblem(price, currency)
    return problem === undefined ? [] : [[key, problem] as const]
  })
  return { priced, wrong: new Map(wrong) }
}

const asked = ({ quantity, unitPrice }: PricedLine) => ({ quantity: Number(quantity), ...(unitPrice && { unitPrice }) })

/** Those that are no lines yet. */
export function addedLines(priced: readonly PricedLine[]): object[] {
  return priced.filter(({ line }) => line === undefined).map((one) => ({ variant: one.variant, ...asked(one) }))
}

/** What is sent; the lines whose price is none instead. */
function bodyOf(typed: Typed, currency: string, before: Order | undefined): { body?: object; wrong: Wrong } {
  const { email, account, vatId, method, note, lines, address } = typed
  const { priced, wrong } = pricedLines(lines, currency)
  if (wrong.size > 0) return { wrong }
  const added = addedLines(priced)
  const kept = priced.filter(({ line }) => line !== undefined)
  const gone = (before?.lines ?? []).filter(({ id }) => !kept.some(({ line }) => line === id))
  const changed = [
    ...kept.map((one) => ({ line: one.line, unitPrice: null, ...asked(one) })),
    ...gone.map(({ id }) => ({ line: id, quantity: 0 })),
  ]
  const shippingAddress = addressOf(address)
  const orNull = (text: string) => (text.trim() === '' ? null : text.trim())
  const details = {
    ...(email.trim() !== '' && { email: email.trim() }),
    ...(Object.keys(shippingAddress).length > 0 && { shippingAddress }),
    ...(method !== '' && { shippingMethod: method }),
    ...((before || vatId.trim() !== '') && { vatId: orNull(vatId) }),
    ...((before || note.trim() !== '') && { note: orNull(note) }),
  }
  const body = before
    ? { ...details, lines: changed, add: added }
    : { ...details, lines: added, ...(account !== '' && { customer: account }) }
  return { body, wrong }
}

function useCurrency(): string {
  return useCollection('variants')?.fields.find(({ name }) => name === 'price')?.currency ?? 'EUR'
}

/** Beside the list of orders. */
export function MakeOrder(): VNode | null {
  const may = useMay()
  const [isOpen, setOpen] = useState(false)
  if (!may('orders.create')) return null
  return html`
    <button type="button" class="button primary" onClick=${() => setOpen(true)}>Make an order</button>
    ${isOpen && html`<${DraftDialog} title="Make an order" action="Make the draft" typed=${nothing} onClose=${() => setOpen(false)} />`}
  `
}

/** Beside one order. */
export function DraftDeeds({ order, onDone }: { order: Order; onDone: () => void }): VNode | null {
  const may = useMay()
  const [opened, setOpened] = useState<{ what: 'change' | 'copy'; typed: Typed } | undefined>(undefined)
  const [error, setError] = useState<unknown>(undefined)
  const close = () => setOpened(undefined)
  const open = async (what: 'change' | 'copy') => {
    setError(undefined)
    try {
      setOpened({ what, typed: typedOf(order, { isSame: what === 'change', agreed: await agreedOf(order) }) })
    } catch (cause) {
      setError(cause)
    }
  }
  const changed = () => {
    close()
    onDone()
  }
  const canChange = order.status === 'draft' && may('orders.edit')
  return html`
    ${canChange && html`<button type="button" class="button" onClick=${() => open('change')}>Change the draft</button>`}
    ${may('orders.create') && html`<button type="button" class="button" onClick=${() => open('copy')}>Copy as a draft</button>`}
    <${ErrorNote} error=${error} />
    ${
      opened?.what === 'change' &&
      html`<${DraftDialog} title="Change the draft" action="Save" typed=${opened.typed} before=${order} onClose=${close} onDone=${changed} />`
    }
    ${opened?.what === 'copy' && html`<${DraftDialog} title="Copy as a draft" action="Make the draft" typed=${opened.typed} onClose=${close} />`}
  `
}

/** Without `onDone` it leads to the order that was made. */
function DraftDialog(
  props: { title: string; action: string; typed: Typed; before?: Order } & Omit<Closing, 'onDone'> & Partial<Closing>,
): VNode {
  const { before, onClose, onDone } = props
  const currency = useCurrency()
  const [typed, setTyped] = useState(props.typed)
  const [wrong, setWrong] = useState<Wrong>(noneWrong)
  const set = (more: Partial<Typed>) => {
    setTyped((old) => ({ ...old, ...more }))
    setWrong(noneWrong)
  }
  const deed = useDeed((answer) => {
    if (onDone) return onDone()
    onClose()
    navigate(recordPath('orders', (answer as RecordData).id))
  })
  const send = () => {
    const read = bodyOf(typed, currency, before)
    setWrong(read.wrong)
    if (!read.body) return
    const path = before ? `/api/orders/${encodeURIComponent(before.id)}/edits` : '/api/orders'
    void deed.run(path, read.body, before ? 'The draft is changed.' : 'The draft is made. Nobody but staff sees it.')
  }
  return html`<${DeedDialog} title=${props.title} action=${props.action} deed=${deed} onSubmit=${send} onClose=${onClose}>
    <${WantedLines} id="draft" legend="Lines" lines=${typed.lines} wrong=${wrong} onChange=${(lines: readonly Wanted[]) => set({ lines })} />
    ${
      !before &&
      html`<div class="field">
        <label for="draft-account">Account <span class="faint">optional</span></label>
        <${RefPicker} id="draft-account" collection="users" many=${false} value=${typed.account} invalid=${false} onChange=${(account: string) => set({ account })} />
      </div>`
    }
    <${TextField} id="draft-email" label="E-mail" hint="of an account: its own when empty" value=${typed.email} onInput=${(email: string) => set({ email })} />
    <fieldset class="field">
      <legend>Delivery address</legend>
      ${places.map((name) => {
        const [label, hint] = placeLabels[name]
        const change = (text: string) => set({ address: { ...typed.address, [name]: text } })
        return html`<${TextField} key=${name} id=${`draft-${name}`} label=${label} hint=${hint} value=${typed.address[name]} onInput=${change} />`
      })}
    </fieldset>
    <${Method} value=${typed.method} onChange=${(method: string) => set({ method })} />
    <${TextField} id="draft-vat" label="VAT number" hint="of a business, optional" value=${typed.vatId} onInput=${(vatId: string) => set({ vatId })} />
    <${TextField} id="draft-note" label="Note" hint="optional; the customer reads it" value=${typed.note} onInput=${(note: string) => set({ note })} />
  <//>`
}

export function WantedLines(props: {
  id: string
  legend: string
  lines: readonly Wanted[]
  wrong: Wrong
  onChange: (lines: readonly Wanted[]) => void
}): VNode {
  const { id, lines, wrong, onChange } = props
  const [made, setMade] = useState(0)
  const add = (variant: string) => {
    if (variant === '') return
    setMade(made + 1)
    onChange([...lines, { key: `new-${made}`, variant, quantity: '1', price: '' }])
  }
  const change = (key: string, more: Partial<Wanted>) => onChange(lines.map((one) => (one.key === key ? { ...one, ...more } : one)))
  return html`<fieldset class="field">
    <legend>${props.legend}</legend>
    ${lines.map(
      (one) => html`<${LineFields}
        key=${one.key}
        id=${id}
        one=${one}
        problem=${wrong.get(one.key)}
        onChange=${(more: Partial<Wanted>) => change(one.key, more)}
        onRemove=${() => onChange(lines.filter(({ key }) => key !== one.key))}
      />`,
    )}
    <div class="field">
      <label for=${`${id}-variant`}>Add a variant <span class="faint">by its product or SKU</span></label>
      <${RefPicker} key=${made} id=${`${id}-variant`} collection="variants" many=${false} value="" invalid=${false} onChange=${add} />
    </div>
  </fieldset>`
}

type LineProps = {
  id: string
  one: Wanted
  problem: string | undefined
  onChange: (more: Partial<Wanted>) => void
  onRemove: () => void
}

function LineFields({ id, one, problem, onChange, onRemove }: LineProps): VNode {
  const title = useLabel('variants', one.variant) ?? one.variant
  const hint = one.now ? `of the catalogue when empty; now ${formatMoney(one.now)}` : 'of the catalogue when empty'
  return html`<div class="draft-line" role="group" aria-label=${title}>
    <p class="draft-title">${title}</p>
    <${TextField} id=${`${id}-quantity-${one.key}`} label="Quantity" inputmode="numeric" value=${one.quantity} onInput=${(quantity: string) => onChange({ quantity })} />
    <${TextField}
      id=${`${id}-price-${one.key}`}
      label="Price of one"
      hint=${hint}
      inputmode="decimal"
      value=${one.price}
      problem=${problem}
      onInput=${(price: string) => onChange({ price })}
    />
    <button type="button" class="button small" onClick=${onRemove}>Take out</button>
  </div>`
}

function Method({ value, onChange }: { value: string; onChange: (id: string) => void }): VNode {
  const load = (signal: AbortSignal) => client.call<Page<RecordData>>('GET', '/api/shippingMethods?limit=100', { signal })
  const methods = useLoad('shippingMethods', load).data?.items ?? []
  return html`<div class="field">
    <label for="draft-method">Shipping</label>
    <select id="draft-method" value=${value} onChange=${(event: Event) => onChange(textOf(event))}>
      <option value="">Choose</option>
      ${methods.map((one) => html`<option key=${one.id} value=${one.id}>${String(one['title'])}</option>`)}
    </select>
  </div>`
}
