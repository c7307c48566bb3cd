/** What staff do with discounts: make one, pause it and let it go on. What else there is to say of one stands in its form. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { useCollection } from '../schema.ts'
import type { RecordData } from '../shapes.ts'
import { DeedDialog, TextField, useAmount, useDeed } from '../ui/deed.ts'
import { ErrorNote, textOf } from '../ui/parts.ts'
import { toast } from '../ui/toast.ts'

const kinds = {
  percent: 'A percentage',
  fixed: 'An amount',
  free_shipping: 'Free shipping',
  buy_x_get_y: 'Buy some, get some free',
} as const
type Kind = keyof typeof kinds

/** Beside the list of discounts. */
export function MakeDiscount({ onDone }: { onDone: (id: string) => void }): VNode | null {
  const [isOpen, setOpen] = useState(false)
  const can = useCollection('discounts')?.can.create
  if (!can) return null
  return html`
    <button type="button" class="button primary" onClick=${() => setOpen(true)}>Make a discount</button>
    ${isOpen && html`<${DiscountDialog} onClose=${() => setOpen(false)} onDone=${onDone} />`}
  `
}

/** A whole number; undefined where nothing is typed. The server says what is wrong with it. */
function countOf(text: string): number | undefined {
  return text.trim() === '' ? undefined : Number(text)
}

function DiscountDialog({ onClose, onDone }: { onClose: () => void; onDone: (id: string) => void }): VNode {
  const currency = useCollection('discounts')?.fields.find(({ name }) => name === 'minimumSum')?.currency ?? 'EUR'
  const amount = useAmount({ amount: 0, currency }, { isBound: false })
  const [draft, setDraft] = useState({ title: '', code: '', percent: '10', buy: '2', get: '1', minimum: '', uses: '', each: '' })
  const [kind, setKind] = useState<Kind>('percent')
  const deed = useDeed((answer) => onDone((answer as RecordData).id))
  const typed = (name: keyof typeof draft) => ({
    id: `discount-${name}`,
    value: draft[name],
    onInput: (text: string) => setDraft((before) => ({ ...before, [name]: text })),
  })
  /** Undefined: not to be sent, since it is told at its field. */
  const typedValue = (): unknown => {
    if (kind === 'free_shipping') return null
    if (kind === 'fixed') return amount.read()
    return kind === 'percent' ? Number(draft.percent.replace(',', '.')) : { buy: Number(draft.buy), get: Number(draft.get) }
  }
  const make = () => {
    const value = typedValue()
    if (value === undefined) return
    const [usesMax, usesPerCustomerMax] = [countOf(draft.uses), countOf(draft.each)]
    const body = {
      title: draft.title.trim(),
      kind,
      value,
      ...(draft.code.trim() === '' ? {} : { code: draft.code }),
      ...(usesMax === undefined ? {} : { usesMax }),
      ...(usesPerCustomerMax === undefined ? {} : { usesPerCustomerMax }),
    }
    void deed.run('/api/discounts', body, 'The discount is there.')
  }
  return html`<${DeedDialog} title="Make a discount" action="Make" deed=${deed} onSubmit=${make} onClose=${onClose}>
    <${TextField} label="Title" hint="customers read it" ...${typed('title')} />
    <${TextField} label="Code" hint="without one every cart has it" ...${typed('code')} />
    <div class="field">
      <label for="discount-kind">What is taken off</label>
      <select id="discount-kind" value=${kind} onChange=${(event: Event) => setKind(textOf(event) as Kind)}>
        ${Object.entries(kinds).map(([name, text]) => html`<option key=${name} value=${name}>${text}</option>`)}
      </select>
    </div>
    ${kind === 'percent' && html`<${TextField} label="Percent" inputmode="decimal" ...${typed('percent')} />`}
    ${kind === 'fixed' && html`<${TextField} id="discount-amount" label="Amount" hint=${`in ${currency}`} ...${amount.field} />`}
    ${
      kind === 'buy_x_get_y' &&
      html`<${TextField} label="Bought" inputmode="numeric" ...${typed('buy')} />
        <${TextField} label="And free with them" hint="the cheapest" inputmode="numeric" ...${typed('get')} />`
    }
    <${TextField} label="Orders that can have it" hint="any number when empty" inputmode="numeric" ...${typed('uses')} />
    <${TextField} label="Orders of one customer" hint="any number when empty" inputmode="numeric" ...${typed('each')} />
    <p class="faint">What it is for, from when to when, and what it goes together with: edit it once it is made.</p>
  <//>`
}

/** Beside one discount. */
export function PauseDiscount({ record, onDone }: { record: RecordData; onDone: () => void }): VNode | null {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const can = useCollection('discounts')?.can.update
  if (!can) return null
  const isActive = record['active'] === true
  const turn = async () => {
    setBusy(true)
    try {
      await client.collection('discounts').update(record.id, { active: !isActive })
      toast(isActive ? 'No cart has it any more.' : 'Carts have it again.')
      onDone()
    } catch (cause) {
      setError(cause)
    } finally {
      setBusy(false)
    }
  }
  return html`<button type="button" class="button" disabled=${busy} onClick=${turn}>${isActive ? 'Pause' : 'Go on'}</button>
    <${ErrorNote} error=${error} />`
}
