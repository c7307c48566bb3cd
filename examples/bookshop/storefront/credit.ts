/** Owns the part of checkout where a gift card and store credit are used, and what is then left to pay. */
import { ApiError, type CreditChoice, type Money, type User } from 'kingpost/client'
import { h } from './dom.ts'
import { field, readField } from './forms.ts'
import { client, formatMoney } from './shop.ts'

export type Credit = {
  readonly view: HTMLElement
  /** What a provider is asked for. */
  due(total: Money): Money
  choice(): CreditChoice
  /** Asks what the code that is typed is good for. */
  look(): Promise<void>
}

const codeName = '/giftCards/0'

/** `onChange`: what is due has changed. */
export async function createCredit(user: User | null, onChange: () => void): Promise<Credit> {
  const owned = user === null ? null : await ownCredit()
  let asked = ''
  let onCard: Money | null = null
  let problem = ''
  const told = h('p', { class: 'quiet', 'aria-live': 'polite' })
  const box = h('input', { type: 'checkbox', name: 'storeCredit' })
  const code = field({ label: 'Code of a gift card', name: codeName, autocomplete: 'off', optional: true })
  const view = h(
    'section',
    { class: 'step' },
    h('h2', {}, 'Gift card'),
    code,
    told,
    owned &&
      h('label', { class: 'choice' }, box, h('span', { class: 'choice-text' }, h('strong', {}, `Use my credit of ${formatMoney(owned)}`))),
  )
  const typed = () => readField(view.closest('form')!, codeName)
  const look = async () => {
    const now = typed()
    if (now === asked) return
    asked = now
    onCard = null
    problem = ''
    if (now !== '') {
      const asking = client.call<{ balance: Money }>('POST', '/api/giftCards/balance', { body: { code: now } })
      await asking.then(
        ({ balance }) => {
          onCard = balance
        },
        (error: unknown) => {
          problem = error instanceof ApiError ? error.detail : 'We cannot ask for this card now.'
        },
      )
    }
    told.textContent = onCard === null ? problem : `${formatMoney(onCard)} on this card.`
    onChange()
  }
  code.addEventListener('change', () => void look())
  box.addEventListener('change', onChange)
  return {
    view,
    look,
    due(total) {
      const credit = (onCard?.amount ?? 0) + (box.checked ? (owned?.amount ?? 0) : 0)
      return { ...total, amount: Math.max(0, total.amount - credit) }
    },
    choice: () => ({ ...(asked !== '' && { giftCards: [asked] }), ...(box.checked && { storeCredit: true }) }),
  }
}

async function ownCredit(): Promise<Money | null> {
  const { items } = await client.call<{ items: readonly { balance: Money }[] }>('GET', '/api/auth/me/credit')
  const balance = items[0]?.balance
  return balance !== undefined && balance.amount > 0 ? balance : null
}
