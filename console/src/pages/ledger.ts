/** The ledger's balances, one book per currency, each with its proof that debits equal credits. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { formatMoney } from '../format.ts'
import { accountClass, booksOf, type CurrencyBook } from '../ledger-groups.ts'
import { useLive } from '../live.ts'
import { useLoad } from '../loading.ts'
import type { Balances } from '../shapes.ts'
import { Icon } from '../ui/icons.ts'
import { Amount, Card, Empty, ErrorNote, PageHead, Skeleton } from '../ui/parts.ts'

export function LedgerPage(): VNode {
  const loaded = useLoad('balances', (signal) => client.call<Balances>('GET', '/api/ledger/balances', { signal }))
  useLive((change) => change.collection === 'payments' || change.collection === 'orders', loaded.reload)
  const books = loaded.data && booksOf(loaded.data)
  return html`
    <${PageHead}
      title="Ledger"
      actions=${html`<a class="button" href="/console/data/ledgerEntries">All entries</a>`}
    />
    <${ErrorNote} error=${loaded.error} retry=${loaded.reload} />
    ${!books && !loaded.error && html`<div class="card"><${Skeleton} lines=${8} /></div>`}
    ${books?.length === 0 && html`<${Empty} icon="ledger" title="Nothing is booked yet">The first payment writes the first entries.<//>`}
    ${books?.map((book) => html`<${Book} key=${book.currency} book=${book} />`)}
  `
}

function Book({ book }: { book: CurrencyBook }): VNode {
  // Each finished order leaves a deposit account at zero: true, and in the way.
  const [all, setAll] = useState(false)
  const accounts = book.accounts.filter((account) => all || account.balance !== 0)
  const atZero = book.accounts.length - accounts.length
  return html`<${Card} title=${book.currency} flush aside=${html`<${ZeroSum} amount=${book.sum} currency=${book.currency} />`}>
    <table class="book" aria-label=${`Balances in ${book.currency}`}>
      <thead>
        <tr><th scope="col">Account</th><th scope="col" class="bar-cell"><span>credit</span><span>debit</span></th><th scope="col" class="numeric">Balance</th></tr>
      </thead>
      <tbody>
        ${accounts.map(
          ({ account, balance, share }) => html`<tr key=${account}>
            <td>
              <a href=${`/console/data/ledgerEntries?filter[account][eq]=${encodeURIComponent(account)}`}>${account}</a>
              <span class="faint small">${accountClass(account)}</span>
            </td>
            <td class="bar-cell"><${Bar} share=${share} label=${formatMoney({ amount: balance, currency: book.currency })} /></td>
            <td class="numeric"><${Amount} money=${{ amount: balance, currency: book.currency }} /></td>
          </tr>`,
        )}
      </tbody>
    </table>
    ${
      atZero > 0 &&
      html`<footer class="list-foot">
        <span class="faint">${atZero.toLocaleString()} more at zero</span>
        <button type="button" class="button small" onClick=${() => setAll(true)}>Show all</button>
      </footer>`
    }
  <//>`
}

/** Debits to the right of the middle, credits to the left. */
function Bar({ share, label }: { share: number; label: string }): VNode {
  const width = Math.max(Math.abs(share) * 50, share === 0 ? 0 : 0.5)
  return html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label=${label}>
    <rect class="bar-track" x="0" y="0" width="100" height="10" />
    <rect class=${share < 0 ? 'bar-credit' : 'bar-debit'} x=${share < 0 ? 50 - width : 50} y="0" width=${width} height="10" />
    <rect class="bar-middle" x="49.85" y="0" width="0.3" height="10" />
  </svg>`
}

/** Says that a sum is zero, or loudly that it is not. */
export function ZeroSum({ amount, currency }: { amount: number; currency: string }): VNode {
  const sum = formatMoney({ amount, currency })
  return amount === 0
    ? html`<span class="zero good"><${Icon} name="check" size=${16} />Sums to ${sum}</span>`
    : html`<span class="zero bad" role="alert"><${Icon} name="alert" size=${16} />Off by ${sum}: run kingpost verify</span>`
}
