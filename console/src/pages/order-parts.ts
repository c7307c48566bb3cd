/** The cards of the order page: payments with their facts, ledger, stock, mails, effects. */
import { html, type View, type VNode } from '../../vendor/htm-preact.js'
import { formatMoney, humanize, shortenIds } from '../format.ts'
import { groupTransfers } from '../ledger-groups.ts'
import { plainRecordPath } from '../routes.ts'
import type { Dispute, Effect, LedgerEntry, Line, Money, Payment, PaymentFact, Refund, Reservation } from '../shapes.ts'
import { bookingWords, errorText, factWord, kindWords } from '../timeline.ts'
import { Amount, Card, Chip, Time } from '../ui/parts.ts'
import { RefLink } from '../ui/ref-link.ts'
import { EffectActions } from './effects.ts'
import { ZeroSum } from './ledger.ts'
import { DisputeActions, PaymentActions, RefundActions } from './payment-actions.ts'

function None({ children }: { children?: View }): VNode {
  return html`<p class="none faint">${children}</p>`
}

/** A word of ours, or what staff have written. */
const reasonOf = ({ reason }: Refund) => (reason && !reason.includes(' ') ? humanize(reason) : reason)

function inTime<T extends { createdAt?: string }>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => (a.createdAt ?? '').localeCompare(b.createdAt ?? ''))
}

type PaymentsProps = {
  payments: readonly Payment[]
  facts: readonly PaymentFact[]
  refunds: readonly Refund[]
  disputes: readonly Dispute[]
  onDone: () => void
}

export function PaymentsCard(props: PaymentsProps): VNode {
  return html`<${Card} title="Payments" flush>
    ${props.payments.length === 0 && html`<${None}>No payment was tried yet.<//>`}
    ${inTime(props.payments).map((payment) => {
      const facts = props.facts.filter((fact) => fact.payment === payment.id)
      const sums = (['authorized', 'captured', 'refunded'] as const).filter((name) => payment[name]?.amount)
      return html`<article class="block" key=${payment.id}>
        <header class="block-head">
          <a href=${plainRecordPath('payments', payment.id)}>
            ${humanize(payment.provider)}${payment.method && `, ${humanize(payment.method).toLowerCase()}`}
          </a>
          <${Chip} state=${payment.status} />
          <span class="push"><${Amount} money=${payment.amount} /></span>
        </header>
        ${
          sums.length > 0 &&
          html`<p class="faint small">${sums.map((name) => `${humanize(name)} ${formatMoney(payment[name] as Money)}`).join(' · ')}</p>`
        }
        ${payment.lastError && html`<p class="faint small">${payment.lastError}</p>`}
        ${
          facts.length > 0 &&
          html`<table class="facts">
            <caption class="hidden">Facts from the provider</caption>
            <tbody>
              ${inTime(facts).map(
                (fact) => html`<tr key=${fact.id}>
                    <td>${humanize(factWord(fact.kind))}</td>
                    <td class="numeric"><${Amount} money=${fact.amount} /></td>
                    <td class="faint">${fact.source && humanize(fact.source).toLowerCase()}</td>
                    <td class="faint clip" title=${fact.operationRef ?? ''}>${shortenIds(fact.operationRef ?? '')}</td>
                    <td class="faint numeric"><${Time} at=${fact.createdAt} /></td>
                  </tr>`,
              )}
            </tbody>
          </table>`
        }
        ${inTime(props.refunds)
          .filter((refund) => refund.payment === payment.id)
          .map(
            (refund) => html`<p class="refund small" key=${refund.id}>
              <a href=${plainRecordPath('refunds', refund.id)}>Refund</a>
              <${Chip} state=${refund.status} />
              <span class="faint">${refund.lastError || reasonOf(refund)}</span>
              <span class="push"><${Amount} money=${refund.amount} /></span>
              <${RefundActions} refund=${refund} onDone=${props.onDone} />
            </p>`,
          )}
        ${inTime(props.disputes)
          .filter((dispute) => dispute.payment === payment.id)
          .map(
            (dispute) => html`<p class="refund small" key=${dispute.id}>
              <a href=${plainRecordPath('disputes', dispute.id)}>Dispute</a>
              <${Chip} state=${dispute.status} />
              <span class="faint">
                ${dispute.reason && humanize(dispute.reason)}
                ${dispute.evidenceDueAt && html` · evidence until <${Time} at=${dispute.evidenceDueAt} />`}
              </span>
              <span class="push"><${Amount} money=${dispute.amount} /></span>
              <${DisputeActions} dispute=${dispute} onDone=${props.onDone} />
            </p>`,
          )}
        <${PaymentActions} payment=${payment} onDone=${props.onDone} />
      </article>`
    })}
  <//>`
}

export function LedgerCard({ entries }: { entries: readonly LedgerEntry[] }): VNode {
  const groups = groupTransfers(entries)
  return html`<${Card} title="Ledger" flush>
    ${groups.length === 0 && html`<${None}>Nothing is booked for this order yet.<//>`}
    ${
      groups.length > 0 &&
      html`<table class="plain ledger">
        <thead>
          <tr><th scope="col">Account</th><th scope="col" class="numeric">Debit</th><th scope="col" class="numeric">Credit</th></tr>
        </thead>
        ${groups.map((group) => {
          const kind = group.entries[0]?.kind
          return html`<tbody key=${group.transfer}>
            ${group.entries.map((entry) => {
              const size = { ...entry.amount, amount: Math.abs(entry.amount.amount) }
              const debit = entry.amount.amount >= 0
              return html`<tr key=${entry.id}>
                <td class="account" title=${entry.account}>${shortenIds(entry.account)}</td>
                <td class="numeric">${debit && html`<${Amount} money=${size} />`}</td>
                <td class="numeric">${!debit && html`<${Amount} money=${size} />`}</td>
              </tr>`
            })}
            <tr class="transfer-sum">
              <td class="faint">
                ${kind && `${bookingWords(kind)} · `}<${Time} at=${group.postedAt} />
              </td>
              <td colspan="2">
                ${group.sums.map((sum) => html`<${ZeroSum} key=${sum.currency} amount=${sum.amount} currency=${sum.currency} />`)}
              </td>
            </tr>
          </tbody>`
        })}
      </table>`
    }
  <//>`
}

export function StockCard({ reservations, lines }: { reservations: readonly Reservation[]; lines: readonly Line[] }): VNode {
  // A variant's own title is "Paperback"; the line says of what.
  const titleOf = (variant: string) => lines.find((line) => line.variant === variant)?.title
  return html`<${Card} title="Stock" flush>
    ${reservations.length === 0 && html`<${None}>No stock is reserved.<//>`}
    ${
      reservations.length > 0 &&
      html`<table class="plain">
        <tbody>
          ${reservations.map(
            (reservation) => html`<tr key=${reservation.id}>
              <td class="grow">
                ${
                  titleOf(reservation.variant)
                    ? html`<a href=${plainRecordPath('variants', reservation.variant)}>${titleOf(reservation.variant)}</a>`
                    : html`<${RefLink} collection="variants" value=${reservation.variant} />`
                }
              </td>
              <td class="numeric nowrap">${reservation.quantity} ×</td>
              <td><${Chip} state=${reservation.state} /></td>
              <td class="faint numeric">
                ${reservation.state === 'held' && reservation.expiresAt && html`until <${Time} at=${reservation.expiresAt} />`}
              </td>
            </tr>`,
          )}
        </tbody>
      </table>`
    }
  <//>`
}

export function EffectsCard(props: { effects: readonly Effect[]; onDone: () => void }): VNode {
  return html`<${Card} title="Effects" flush>
    ${props.effects.length === 0 && html`<${None}>Nothing left the engine for this order.<//>`}
    ${inTime(props.effects).map(
      (effect) => html`<article class="block" key=${effect.id}>
        <header class="block-head">
          <a href=${plainRecordPath('effects', effect.id)}>${kindWords(effect.kind)}</a>
          <${Chip} state=${effect.state} />
          <span class="push"><${EffectActions} effect=${effect} onDone=${props.onDone} /></span>
        </header>
        <p class="faint small">
          ${effect.attempts === 1 ? '1 attempt' : `${effect.attempts} attempts`}
          ${errorText(effect.lastError) && ` · ${errorText(effect.lastError)}`}
        </p>
      </article>`,
    )}
  <//>`
}
