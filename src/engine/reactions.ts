// What follows from an event: the one list. Each reaction writes into the transaction of the event, so
// what follows is owed exactly when the event is true. Domains know nothing of each other through it.
import type { DomainEvent, EventKind } from '../contract/events.ts'
import {
  accountClaimedAgain,
  accountEmailChanged,
  accountErasureAsked,
  accountExportReady,
  accountFactorChanged,
  accountIdentityChanged,
  accountImpersonated,
  accountInvited,
  accountKept,
  accountKeyMade,
  accountPasswordChanged,
  accountProofAsked,
  accountProofDue,
  accountShut,
  accountSignedIn,
  accountTakenBack,
} from '../domains/accounts/events.ts'
import { cartAbandoned, cartTakenOver } from '../domains/carts/events.ts'
import { takeOverByToken } from '../domains/carts/take-over-cart.ts'
import { giftCardIssued } from '../domains/credit/events.ts'
import { deliverDigital } from '../domains/fulfillment/deliver-digital.ts'
import { digitalDelivered, orderShipped } from '../domains/fulfillment/events.ts'
import { customerNoted } from '../domains/history/events.ts'
import { invoiceIssued, invoiceSendAsked } from '../domains/invoices/events.ts'
import { oweCorrection, oweInvoice } from '../domains/invoices/issue-effect.ts'
import { assignOrder } from '../domains/orders/assign-order.ts'
import {
  digitalDue,
  orderCanceled,
  orderCorrected,
  orderExpired,
  orderLinkAsked,
  orderPaidLate,
  orderPaymentAsked,
  orderPlaced,
  orderRefundMade,
  orderUnitsCanceled,
} from '../domains/orders/events.ts'
import { noteCapture } from '../domains/orders/note-capture.ts'
import { noteDispute } from '../domains/orders/note-dispute.ts'
import { settleOrder } from '../domains/orders/settle-order.ts'
import { takeApproved } from '../domains/orders/take-approved.ts'
import {
  captureEnded,
  disputeChanged,
  paymentApproved,
  paymentChanged,
  paymentEnding,
  paymentFailedLate,
} from '../domains/payments/events.ts'
import type { PaymentProvider } from '../domains/payments/provider.ts'
import { noteShut, offerToKeep } from '../domains/personal/request-erasure.ts'
import { openReturns } from '../domains/returns/collections.ts'
import { returnChanged } from '../domains/returns/events.ts'
import { webhookDisabled } from '../domains/webhooks/events.ts'
import type { Work } from '../operation/work.ts'
import {
  askForProof,
  sendInvitation,
  sendProofMail,
  tellOfErasure,
  tellOfExistingAccount,
  tellOfExport,
  tellOfFactor,
  tellOfIdentity,
  tellOfImpersonation,
  tellOfKeeping,
  tellOfKey,
  tellOfNewAddress,
  tellOfNewPassword,
} from './mails/account-mails.ts'
import { remindOfCart } from './mails/cart-mails.ts'
import {
  sendOrderAgain,
  tellOfCanceledUnits,
  tellOfDownloads,
  tellOfNote,
  tellOfParcel,
  tellOfRefund,
  tellOfReturn,
} from './mails/fulfillment-mails.ts'
import { sendGiftCard } from './mails/gift-card-mails.ts'
import { mailInvoice, mailInvoiceAgain } from './mails/invoice-mails.ts'
import {
  askForPayment,
  sendReceipt,
  tellHowToTransfer,
  tellOfCancellation,
  tellOfExpiry,
  tellOfFailedPayment,
  tellOfLateMoney,
} from './mails/order-mails.ts'
import { tellOfEndingPayment } from './mails/payment-mails.ts'
import { tellOfDisabledWebhook } from './mails/webhook-mails.ts'

const reactions = [
  on(paymentChanged, (work, { payment }) => settleOrder(work, payment.order)),
  on(paymentChanged, tellHowToTransfer),
  on(paymentApproved, takeApproved),
  on(captureEnded, noteCapture),
  on(disputeChanged, noteDispute),
  on(paymentFailedLate, tellOfFailedPayment),
  on(paymentEnding, tellOfEndingPayment),
  on(orderPlaced, sendReceipt),
  on(orderPlaced, async (work, { order }) => {
    if (work.project.shop?.invoices?.issue === 'placed') await oweInvoice(work, order)
  }),
  on(orderCorrected, (work, { order }) => oweCorrection(work, order)),
  on(orderCanceled, (work, { order }) => oweCorrection(work, order)),
  on(invoiceIssued, mailInvoice),
  on(invoiceSendAsked, mailInvoiceAgain),
  on(orderCanceled, tellOfCancellation),
  on(orderExpired, tellOfExpiry),
  on(orderPaidLate, tellOfLateMoney),
  on(orderShipped, tellOfParcel),
  on(digitalDelivered, tellOfDownloads),
  on(orderUnitsCanceled, tellOfCanceledUnits),
  on(orderRefundMade, tellOfRefund),
  on(returnChanged, tellOfReturn),
  // What was added in exchange is billed from now on.
  on(returnChanged, async (work, { order, orderReturn }) => {
    if (orderReturn.isExchange === true && !openReturns.includes(orderReturn.status)) await oweCorrection(work, order)
  }),
  on(orderShipped, async (work, { order }) => {
    const isWhole = order.fulfillmentStatus === 'fulfilled'
    if (isWhole && work.project.shop?.invoices?.issue === 'shipped') await oweInvoice(work, order)
  }),
  on(customerNoted, tellOfNote),
  on(orderLinkAsked, sendOrderAgain),
  on(cartAbandoned, remindOfCart),
  on(giftCardIssued, sendGiftCard),
  on(orderPaymentAsked, askForPayment),
  on(accountProofAsked, askForProof),
  on(accountProofDue, sendProofMail),
  on(accountSignedIn, takeCartAlong),
  on(cartTakenOver, (work, { order, account }) => assignOrder(work, order, account)),
  on(accountClaimedAgain, tellOfExistingAccount),
  on(accountPasswordChanged, tellOfNewPassword),
  on(accountEmailChanged, tellOfNewAddress),
  on(accountFactorChanged, tellOfFactor),
  on(accountIdentityChanged, tellOfIdentity),
  on(accountKeyMade, tellOfKey),
  on(accountErasureAsked, tellOfErasure),
  on(accountShut, noteShut),
  on(accountKept, tellOfKeeping),
  on(accountTakenBack, offerToKeep),
  on(accountInvited, sendInvitation),
  on(accountImpersonated, tellOfImpersonation),
  on(accountExportReady, tellOfExport),
  on(webhookDisabled, tellOfDisabledWebhook),
]

/** Those that ask a provider for money. */
const withProviders = (providers: ReadonlyMap<string, PaymentProvider>) => [on(digitalDue, deliverDigital(providers))]

/** Every event there is, with what it tells. */
export type EngineEvent = ReturnType<(typeof reactions)[number]['event'] | ReturnType<typeof withProviders>[number]['event']>

/** May answer further events. */
type Reaction<TPayload> = (work: Work, payload: TPayload) => Promise<readonly DomainEvent[] | void>

function on<TType extends string, TPayload>(event: EventKind<TType, TPayload>, follow: Reaction<TPayload>) {
  return { event, follow: (work: Work, given: DomainEvent) => (event.is(given) ? follow(work, given.payload) : undefined) }
}

/** What somebody put in a cart before they signed in is still theirs: losing it on the way to checkout loses the order. */
async function takeCartAlong(
  work: Work,
  { user, cartTokenHash }: ReturnType<typeof accountSignedIn>['payload'],
): Promise<readonly DomainEvent[]> {
  return cartTokenHash === null || work.project.shop === null ? [] : await takeOverByToken(work, cartTokenHash, user)
}

type Follower = (work: Work, event: DomainEvent) => Promise<void>

/** Writes all that follows, and what follows from that; then what hooks of the project and webhooks have follow. */
export function createReact(followers: readonly (Follower | null)[], providers: ReadonlyMap<string, PaymentProvider>) {
  const byType = Map.groupBy([...reactions, ...withProviders(providers)], ({ event }): string => event.type)
  const others = followers.filter((one) => one !== null)
  return async function react(work: Work, events: readonly DomainEvent[]): Promise<void> {
    for (const event of events) {
      for (const reaction of byType.get(event.type) ?? []) {
        const more = await reaction.follow(work, event)
        if (more) await react(work, more)
      }
      for (const follow of others) await follow(work, event)
    }
  }
}
