// The table of contents: every operation of the product, and with it every route.

import { knownRoles } from '../access/known-roles.ts'
import type { Rule } from '../access/rule.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import { type Random, systemRandom } from '../base/random.ts'
import type { BlobStore } from '../blobs/blob-store.ts'
import { createMemoryBlobs } from '../blobs/memory-blobs.ts'
import { createFanOut } from '../changes/fan-out.ts'
import { type Feed, idleFeed } from '../changes/feed.ts'
import { readAudit } from '../changes/read-audit.ts'
import { type WatchPorts, watchChanges } from '../changes/watch-changes.ts'
import type { StaffRoles } from '../contract/scope.ts'
import type { RenderDocument } from '../documents/render-document.ts'
import { acceptInvitation, openInvitation } from '../domains/accounts/accept-invitation.ts'
import { changePassword } from '../domains/accounts/change-password.ts'
import { confirmCode } from '../domains/accounts/confirm-code.ts'
import { confirmEmailChange } from '../domains/accounts/confirm-email-change.ts'
import { confirmMagicLink } from '../domains/accounts/confirm-magic-link.ts'
import { confirmReset } from '../domains/accounts/confirm-reset.ts'
import { confirmTotp } from '../domains/accounts/confirm-totp.ts'
import { createKey } from '../domains/accounts/create-key.ts'
import { endUserSessions } from '../domains/accounts/end-user-sessions.ts'
import { enrolTotp } from '../domains/accounts/enrol-totp.ts'
import { exchangeOAuth } from '../domains/accounts/exchange-oauth.ts'
import { finishOAuth, receiveOAuth } from '../domains/accounts/finish-oauth.ts'
import { finishPasskeyRegistration } from '../domains/accounts/finish-passkey-registration.ts'
import { finishPasskeySignIn } from '../domains/accounts/finish-passkey-sign-in.ts'
import { getMe } from '../domains/accounts/get-me.ts'
import { endImpersonation, impersonate } from '../domains/accounts/impersonate.ts'
import { invite, resendInvitation, revokeInvitation } from '../domains/accounts/invite.ts'
import { listFactors } from '../domains/accounts/list-factors.ts'
import { listIdentities } from '../domains/accounts/list-identities.ts'
import { listKeys } from '../domains/accounts/list-keys.ts'
import { listSessions } from '../domains/accounts/list-sessions.ts'
import { logIn } from '../domains/accounts/log-in.ts'
import { logOut } from '../domains/accounts/log-out.ts'
import { prove } from '../domains/accounts/prove.ts'
import { register } from '../domains/accounts/register.ts'
import { removePasskey } from '../domains/accounts/remove-passkey.ts'
import { removeTotp } from '../domains/accounts/remove-totp.ts'
import { removeUserFactors } from '../domains/accounts/remove-user-factors.ts'
import { renamePasskey } from '../domains/accounts/rename-passkey.ts'
import { renewRecoveryCodes } from '../domains/accounts/renew-recovery-codes.ts'
import { requestEmailChange } from '../domains/accounts/request-email-change.ts'
import { requestCode, requestMagicLink, requestReset, requestVerification } from '../domains/accounts/request-proof.ts'
import { revokeKey } from '../domains/accounts/revoke-key.ts'
import { revokeSession } from '../domains/accounts/revoke-session.ts'
import { revokeSessions } from '../domains/accounts/revoke-sessions.ts'
import { setUp } from '../domains/accounts/set-up.ts'
import { linkOAuth, type OAuthParts, startOAuth } from '../domains/accounts/start-oauth.ts'
import { startPasskeyProof } from '../domains/accounts/start-passkey-proof.ts'
import { startPasskeyRegistration } from '../domains/accounts/start-passkey-registration.ts'
import { startPasskeySignIn } from '../domains/accounts/start-passkey-sign-in.ts'
import { undoEmailChange } from '../domains/accounts/undo-email-change.ts'
import { unlinkIdentity } from '../domains/accounts/unlink-identity.ts'
import { updateMe } from '../domains/accounts/update-me.ts'
import { updateUser } from '../domains/accounts/update-user.ts'
import { verifyEmail } from '../domains/accounts/verify-email.ts'
import { verifyTotp } from '../domains/accounts/verify-totp.ts'
import { carts } from '../domains/carts/collections.ts'
import { cartChangeOperations } from '../domains/carts/see-changes.ts'
import { facetFieldsOf } from '../domains/catalog/facets.ts'
import { listFacets } from '../domains/catalog/list-facets.ts'
import { makeVariants } from '../domains/catalog/make-variants.ts'
import { products } from '../domains/catalog/products.ts'
import { variants } from '../domains/catalog/variants.ts'
import { blockGiftCard, unblockGiftCard } from '../domains/credit/block-gift-card.ts'
import { getMyCredit } from '../domains/credit/get-my-credit.ts'
import { giveCredit } from '../domains/credit/give-credit.ts'
import { issueGiftCard } from '../domains/credit/issue-gift-card.ts'
import { readGiftCardBalance } from '../domains/credit/read-gift-card-balance.ts'
import { listDownloads } from '../domains/downloads/list-downloads.ts'
import { openDownload } from '../domains/downloads/open-download.ts'
import type { AnyOwnMail } from '../domains/emails/define-mail.ts'
import { customerFigures } from '../domains/figures/customer-figures.ts'
import { salesFigures } from '../domains/figures/sales-figures.ts'
import { stockFigures } from '../domains/figures/stock-figures.ts'
import { taxFigures } from '../domains/figures/tax-figures.ts'
import { beginUpload } from '../domains/files/begin-upload.ts'
import { continueUpload } from '../domains/files/continue-upload.ts'
import { downloadFile } from '../domains/files/download-file.ts'
import { endUpload } from '../domains/files/end-upload.ts'
import { sendersOf } from '../domains/files/file-access.ts'
import { largestFile } from '../domains/files/file-fields.ts'
import type { LinkKey } from '../domains/files/file-link.ts'
import { getUpload } from '../domains/files/get-upload.ts'
import { linkFile } from '../domains/files/link-file.ts'
import type { PictureSizes } from '../domains/files/picture-sizes.ts'
import { uploadFile } from '../domains/files/upload-file.ts'
import { cancelFulfillment, deliverFulfillment, trackFulfillment } from '../domains/fulfillment/change-fulfillment.ts'
import { fulfillOrder } from '../domains/fulfillment/fulfill-order.ts'
import { noteOrder } from '../domains/history/note-order.ts'
import { orderLetters } from '../domains/history/order-letters.ts'
import { orderTimeline } from '../domains/history/order-timeline.ts'
import { importOrders } from '../domains/imports/import-orders.ts'
import { downloadInvoice } from '../domains/invoices/download-invoice.ts'
import { issueInvoice } from '../domains/invoices/issue-invoice.ts'
import { listInvoices } from '../domains/invoices/list-invoices.ts'
import { sendInvoice } from '../domains/invoices/send-invoice.ts'
import { exportLedger } from '../domains/ledger/export-ledger.ts'
import { listBalances } from '../domains/ledger/list-balances.ts'
import { adoptPayment } from '../domains/orders/adopt-payment.ts'
import { cancelOrder } from '../domains/orders/cancel-order.ts'
import { orders } from '../domains/orders/collections.ts'
import { editOrder } from '../domains/orders/edit-order.ts'
import { holdOrder, releaseOrder } from '../domains/orders/hold-order.ts'
import { lookUpOrder } from '../domains/orders/look-up-order.ts'
import { makePaymentLink } from '../domains/orders/make-payment-link.ts'
import { openPaymentLink } from '../domains/orders/open-payment-link.ts'
import { orderNumbers } from '../domains/orders/order-numbers.ts'
import { payByLink } from '../domains/orders/pay-by-link.ts'
import { payOrder } from '../domains/orders/pay-order.ts'
import { refundOrder } from '../domains/orders/refund-order.ts'
import { stillCharged } from '../domains/orders/still-charged.ts'
import { withdrawOrder } from '../domains/orders/withdraw-order.ts'
import { acceptDispute } from '../domains/payments/accept-dispute.ts'
import { bookReceipt } from '../domains/payments/book-receipt.ts'
import { capturePayment } from '../domains/payments/capture-payment.ts'
import { checkPayment } from '../domains/payments/check-payment.ts'
import { listMethods } from '../domains/payments/list-methods.ts'
import type { PaymentProvider } from '../domains/payments/provider.ts'
import { receiveWebhook } from '../domains/payments/receive-webhook.ts'
import { reconcileAccounts } from '../domains/payments/reconcile-accounts.ts'
import { retryRefund } from '../domains/payments/retry-refund.ts'
import { returnLine } from '../domains/payments/return-line.ts'
import { settleLine } from '../domains/payments/settle-line.ts'
import { settleRefund } from '../domains/payments/settle-refund.ts'
import { settleWebhook } from '../domains/payments/settle-webhook.ts'
import { voidPayment } from '../domains/payments/void-payment.ts'
import { eraseMe, eraseUser, keepAccount } from '../domains/personal/request-erasure.ts'
import { exportOperations } from '../domains/personal/request-export.ts'
import { exchangeOrder } from '../domains/returns/exchange-order.ts'
import { approveReturn, completeReturn, receiveReturn, rejectReturn } from '../domains/returns/judge-return.ts'
import { quoteExchange } from '../domains/returns/quote-exchange.ts'
import { requestReturn } from '../domains/returns/request-return.ts'
import { idleMeter, type Measured, readMetrics } from '../domains/running/read-metrics.ts'
import { addStockLevel } from '../domains/stock/add-stock-level.ts'
import { adjustStockLevel } from '../domains/stock/adjust-stock-level.ts'
import { countStock } from '../domains/stock/count-stock.ts'
import { receiveStock } from '../domains/stock/receive-stock.ts'
import { transferStock } from '../domains/stock/transfer-stock.ts'
import { createWebhook } from '../domains/webhooks/create-webhook.ts'
import { deleteWebhook } from '../domains/webhooks/delete-webhook.ts'
import { replayDelivery } from '../domains/webhooks/replay-delivery.ts'
import { rotateWebhookSecret } from '../domains/webhooks/rotate-webhook-secret.ts'
import { testWebhook } from '../domains/webhooks/test-webhook.ts'
import { updateWebhook } from '../domains/webhooks/update-webhook.ts'
import { cancelEffect } from '../effects/cancel-effect.ts'
import type { EffectHandler } from '../effects/effect.ts'
import { retryEffect } from '../effects/retry-effect.ts'
import { batch } from '../operation/batch.ts'
import type { Operation } from '../operation/define.ts'
import { scopesOf } from '../operation/key-scope.ts'
import type { OperationParts } from '../operation/run-operation.ts'
import { createRecord } from '../records/create-record.ts'
import { describeSchema } from '../records/describe-schema.ts'
import { listDeleted } from '../records/list-deleted.ts'
import type { HooksOf } from '../records/record-hooks.ts'
import type { CollectionModel, Model } from '../schema/model.ts'
import { cartOperations, ownOrderOperations } from './cart-operations.ts'
import { idleMailPorts, type MailPorts, mailOperations } from './mail-operations.ts'
import { isRestorable, recordOperations, scoped } from './record-operations.ts'
import { webhookEventNames } from './webhook-events.ts'

export type OperationPorts = {
  readonly changes: WatchPorts & { readonly feed: Feed; readonly clock: Clock }
  readonly providers: ReadonlyMap<string, PaymentProvider>
  /** Who else signs people in. */
  readonly oauth: OAuthParts
  readonly files: FilePorts
  readonly mail: MailPorts
  readonly renderDocument: RenderDocument
  readonly handlers: readonly EffectHandler[]
  readonly measured: Omit<Measured, 'newestPosition'>
  readonly react: OperationParts['react']
}

type FilePorts = {
  readonly blobs: BlobStore
  readonly random: Random
  readonly linkKey: LinkKey
  readonly pictures: PictureSizes | null
}

const idleFanOut = createFanOut({ feed: idleFeed, read: null as never, clock: systemClock })

/** For operations that are looked at and not run: documents, checks. */
export const idlePorts: OperationPorts = {
  changes: { feed: idleFeed, fanOut: idleFanOut, placesKey: async () => new Uint8Array(), random: systemRandom, clock: systemClock },
  providers: new Map(),
  oauth: { providers: new Map(), log: { write() {} } },
  files: { blobs: createMemoryBlobs(), random: systemRandom, linkKey: async () => new Uint8Array(), pictures: null },
  renderDocument: async () => new Uint8Array(),
  mail: idleMailPorts,
  handlers: [],
  measured: { meter: idleMeter, traffic: () => null, live: idleFanOut.counts, pausedProviders: () => [], mailboxes: async () => null },
  react: async () => {},
}

/** What decides which operations there are. */
export type Offer = {
  readonly model: Model
  readonly project: { readonly shop: object | null; readonly staffRoles?: StaffRoles }
  readonly operations: readonly Operation[]
  /** What the project has before and after the writes of a collection. */
  readonly hooksOf?: HooksOf
  /** Templates of the project. */
  readonly mails?: Iterable<AnyOwnMail>
}

export function operationsOf(offer: Offer, ports: OperationPorts): Operation[] {
  const alone: readonly Operation[] = operationsAlone(offer, ports, () => alone)
  const scopes = scopesOf(alone)
  return [...alone, createKey(scopes), listKeys(scopes), revokeKey, batch(alone, ports.react)]
}

function operationsAlone(
  offer: Offer,
  { changes, providers, oauth, files, renderDocument, mail, handlers, measured }: OperationPorts,
  all: () => readonly Operation[],
): Operation[] {
  const roles = rolesOf(offer)
  const events = webhookEventNames(offer.model, offer.project.shop !== null)
  return [
    register,
    logIn,
    logOut,
    getMe,
    updateMe,
    changePassword,
    prove,
    ...proofOperations,
    ...factorOperations,
    ...providerOperations(oauth),
    updateUser(roles),
    eraseMe,
    keepAccount,
    eraseUser,
    invite(roles),
    ...peopleOperations,
    ...exportOperations(files),
    listSessions,
    revokeSessions,
    revokeSession,
    setUp,
    describeSchema({ roles, events, operations: all }),
    watchChanges(changes),
    readAudit(changes.feed),
    ...mailOperations(offer.mails ?? [], mail),
    retryEffect(handlers),
    cancelEffect(handlers),
    ...webhookOperations(events),
    readMetrics({ ...measured, newestPosition: changes.feed.newest }),
    ...fileOperations(offer.model, files),
    ...(offer.project.shop
      ? [...shopOperations(offer, providers), ...invoiceOperations(renderDocument), listDownloads(files.linkKey), openDownload(files)]
      : []),
    ...[...offer.model.collections.values()].flatMap((collection) => recordOperations(collection, offer.hooksOf)),
    ...[...offer.model.collections.values()]
      .filter(isRestorable)
      .map((collection) => scoped(`${collection.name}:read`, listDeleted(collection, changes))),
    ...offer.operations,
  ]
}

/** Who runs it. */
const peopleOperations: readonly Operation[] = [
  resendInvitation,
  revokeInvitation,
  openInvitation,
  acceptInvitation,
  impersonate,
  endImpersonation,
  endUserSessions,
]

/** What an account asks for beside a password or a mail. */
const factorOperations: readonly Operation[] = [
  listFactors,
  enrolTotp,
  confirmTotp,
  verifyTotp,
  renewRecoveryCodes,
  removeTotp,
  removeUserFactors,
  startPasskeyRegistration,
  finishPasskeyRegistration,
  startPasskeySignIn,
  finishPasskeySignIn,
  startPasskeyProof,
  renamePasskey,
  removePasskey,
]

/** Where the config lists none, there is no way there. */
function providerOperations(oauth: OAuthParts): Operation[] {
  const { providers } = oauth
  if (providers.size === 0) return []
  const way = [startOAuth(oauth), finishOAuth(oauth), receiveOAuth(oauth), exchangeOAuth]
  return [...way, linkOAuth(oauth), listIdentities(providers), unlinkIdentity(providers)]
}

/** By what went to an address in a mail. */
const proofOperations: readonly Operation[] = [
  requestVerification,
  verifyEmail,
  requestReset,
  confirmReset,
  requestMagicLink,
  confirmMagicLink,
  requestCode,
  confirmCode,
  requestEmailChange,
  confirmEmailChange,
  undoEmailChange,
]

function fileOperations(model: Model, { blobs, random, linkKey, pictures }: FilePorts): Operation[] {
  if (model.find('files') === undefined) return []
  const senders = sendersOf(model)
  const upload = { blobs, random, senders, bytesMax: largestFile(model) }
  const resumable = [beginUpload(upload), getUpload(senders), continueUpload(upload), endUpload(senders)]
  return [uploadFile(upload), downloadFile({ blobs, linkKey, pictures }), linkFile(linkKey), ...resumable]
}

function webhookOperations(events: readonly string[]): Operation[] {
  return [createWebhook(events), updateWebhook(events), deleteWebhook, rotateWebhookSecret, testWebhook, replayDelivery]
}

/** Those that mean something in this project. */
export function rolesOf(offer: Offer): string[] {
  return knownRoles(rulesOf(offer), Object.keys(offer.project.staffRoles ?? {}))
}

function rulesOf({ model, operations }: Offer): (Rule | undefined)[] {
  const ofCollections = [...model.collections.values()].flatMap(({ access, fields }) => [
    ...Object.values(access),
    ...[...fields.values()].flatMap(({ field }) => [field.read, field.write]),
  ])
  return [...ofCollections, ...operations.flatMap(({ access, audience }) => [access, audience])]
}

const figureOperations: readonly Operation[] = [...salesFigures, ...taxFigures, ...customerFigures, ...stockFigures]

function invoiceOperations(render: RenderDocument): Operation[] {
  return [issueInvoice, listInvoices, downloadInvoice(render), sendInvoice]
}

function shopOperations({ model, hooksOf }: Offer, providers: ReadonlyMap<string, PaymentProvider>): Operation[] {
  return [
    listFacets(model.get(products), facetNamesOf(model.get(products))),
    makeVariants(createRecord(model.get(variants), hooksOf?.(variants.name)?.create)),
    ...cartOperations(model.get(carts)),
    ...cartChangeOperations,
    payOrder,
    ...ownOrderOperations(model.get(orders)),
    importOrders,
    editOrder,
    withdrawOrder,
    refundOrder,
    cancelOrder,
    holdOrder,
    releaseOrder,
    fulfillOrder(providers),
    trackFulfillment,
    deliverFulfillment,
    cancelFulfillment,
    requestReturn,
    exchangeOrder,
    quoteExchange,
    lookUpOrder,
    noteOrder,
    orderTimeline,
    orderLetters,
    approveReturn,
    rejectReturn,
    receiveReturn,
    completeReturn,
    listMethods,
    receiveWebhook(providers),
    reconcileAccounts(providers),
    capturePayment(providers),
    voidPayment,
    acceptDispute(providers),
    bookReceipt(providers, stillCharged),
    checkPayment,
    retryRefund,
    returnLine,
    settleLine,
    settleWebhook,
    adoptPayment,
    settleRefund,
    makePaymentLink(providers),
    openPaymentLink(providers),
    payByLink(providers),
    issueGiftCard,
    blockGiftCard,
    unblockGiftCard,
    readGiftCardBalance,
    giveCredit,
    getMyCredit,
    adjustStockLevel,
    receiveStock,
    addStockLevel,
    transferStock,
    countStock,
    listBalances,
    exportLedger(orderNumbers),
    ...figureOperations,
  ]
}

/** Of the project's own fields. */
function facetNamesOf({ source }: CollectionModel): string[] {
  return Object.keys(facetFieldsOf(Object.fromEntries(Object.entries(source.fields).filter(([name]) => !(name in products.fields)))))
}
