// The sandbox: a payment provider that moves no money but behaves like one that does. It has a book of
// its own, answers a repeated key as it did the first time, takes its time, and tells of everything by
// signed webhooks, which on request come late, twice and shuffled. It knows nothing of our database:
// auditors compare the two books. A face (faces/) puts it into the words of a real provider.
// Operations refuse by throwing a SandboxRefusal: nothing has changed then.
import { payoutOf, type SandboxLine, type SandboxPayout } from './account.ts'
import { isRemembered, keyReused } from './checks.ts'
import { type BookParts, createBookCore } from './core.ts'
import type { SandboxPayment } from './payment.ts'
import { SandboxRefusal } from './refusal.ts'
import {
  type DisputeRequest,
  type DisputeStep,
  moveDispute,
  openDispute,
  type RefundRequest,
  refundPayment,
  returnRefund,
} from './returning.ts'
import { calmSettings, type SandboxSettings } from './settings.ts'
import type { LinesQuery, SandboxKey, SandboxStore } from './store.ts'
import {
  advancePayment,
  answerAsBuyer,
  type BuyerAnswer,
  type CaptureRequest,
  type CreateRequest,
  cancelPayment,
  capturePayment,
  confirmPayment,
  createPayment,
  keepDetails,
  type ResumeRequest,
  resumePayment,
  type SandboxMethod,
} from './taking.ts'

export type SandboxBook = ReturnType<typeof createSandboxBook>

/** An answer by HTTP that was given under a key. `isRepeat`: the same request came before. */
export type KeyedAnswer = { readonly answer: string; readonly isRepeat: boolean }

export function createSandboxBook(parts: BookParts, initial: SandboxSettings = calmSettings) {
  const core = createBookCore(parts, initial, advancePayment)
  const { store } = core
  const dashboardKey = () => `dashboard:${core.newId('sdash')}`
  return {
    create: (request: CreateRequest): SandboxPayment => core.atomically(() => createPayment(core, request)),
    /** The buyer chooses how to pay, through the shop's own form. */
    confirm: (id: string, method: SandboxMethod): SandboxPayment => core.atomically(() => confirmPayment(core, id, method)),
    /** What the buyer answers on the page. */
    answer: (id: string, given: BuyerAnswer): SandboxPayment => core.atomically(() => answerAsBuyer(core, id, given)),
    challenge: (id: string, isApproved: boolean): SandboxPayment | null =>
      store.getPayment(id) && core.atomically(() => answerAsBuyer(core, id, { answer: isApproved ? 'approve' : 'decline' })),
    /** The shop takes what the buyer has agreed to. */
    resume: (id: string, request: ResumeRequest = {}): SandboxPayment => core.atomically(() => resumePayment(core, id, request)),
    capture: (id: string, request: CaptureRequest): SandboxPayment => core.atomically(() => capturePayment(core, id, request)),
    cancel: (id: string): SandboxPayment => core.atomically(() => cancelPayment(core, id)),
    refund: (id: string, request: RefundRequest): SandboxPayment => core.atomically(() => refundPayment(core, id, request)),
    /** What a face remembers of it beside what it has. */
    keep: (id: string, details: SandboxPayment['details']): SandboxPayment => core.atomically(() => keepDetails(core, id, details)),
    returnRefund: (id: string, refundId: string): SandboxPayment => core.atomically(() => returnRefund(core, id, refundId)),
    dispute: (id: string, request: DisputeRequest = {}): SandboxPayment => core.atomically(() => openDispute(core, id, request)),
    moveDispute: (disputeId: string, step: DisputeStep): SandboxPayment => core.atomically(() => moveDispute(core, disputeId, step)),

    /** By the shop's staff in the provider's own dashboard: nobody tells the shop but a webhook. All that is left when no amount is given. */
    refundInDashboard: (id: string, amountMinor?: number): SandboxPayment =>
      core.atomically(() =>
        refundPayment(core, id, { key: dashboardKey(), reference: '', ...(amountMinor === undefined ? {} : { amountMinor }) }),
      ),
    captureInDashboard: (id: string, amountMinor?: number): SandboxPayment =>
      core.atomically(() => capturePayment(core, id, { key: dashboardKey(), ...(amountMinor === undefined ? {} : { amountMinor }) })),

    /** Brings to the bank what the account holds in a currency, less a fee. @throws SandboxRefusal */
    payOut: (currency: string, feeMinor = 0): SandboxPayout =>
      core.atomically(() => {
        const made = payoutOf(store.openLines(currency), { currency, feeMinor, newId: core.newId, now: core.now() })
        if (made === null) throw new SandboxRefusal('nothing_to_pay_out', `There is nothing to pay out in ${currency}.`)
        const news = [{ kind: 'payout.paid', operation: made.payout.id }] as const
        const deliveries = core.webhooks.of({ at: core.now(), news, before: null, payment: null, ...made })
        store.putPayout(made.payout, made.lines, deliveries)
        core.whenWritten(() => core.webhooks.send(deliveries))
        return made.payout
      }),

    /** Loses its record of a payment, as if it had never been asked for it. What it moved stays in the account. */
    forget: (id: string): void => store.forget(id),

    ...readsOf(store),

    /**
     * Answers a call by HTTP once per key: all that `work` does is written together with its answer. `isKept`: false for an
     * answer that a repeat need not get again.
     * @throws SandboxRefusal key_reused
     */
    once(call: Pick<SandboxKey, 'key' | 'request'>, work: () => { answer: string; isKept: boolean }): KeyedAnswer {
      const known = store.getKey(call.key)
      if (known !== null && isRemembered(core, known.at)) {
        if (known.request !== call.request) throw keyReused()
        return { answer: known.answer, isRepeat: true }
      }
      return core.atomically(() => {
        const { answer, isKept } = work()
        if (isKept) store.putKey({ ...call, answer, at: core.now() })
        return { answer, isRepeat: false }
      })
    },

    /** All that `work` does stands, or nothing of it. */
    atomically: core.atomically,
    newId: core.newId,
    now: core.now,
    faults: core.faults,
    settings: core.settings,
    set: core.set,

    /** Takes up what was due when the process ended. */
    start(): void {
      for (const payment of store.duePayments()) core.watch(payment)
      core.webhooks.send(store.openDeliveries())
    },

    stop: core.stop,
  }
}

function readsOf(store: SandboxStore) {
  return {
    get: (id: string): SandboxPayment | null => store.getPayment(id),
    findByReference: (reference: string): SandboxPayment | null => store.findByReference(reference),
    /** By any name: its own, that of a capture, refund or dispute, or one that a face gave it. */
    find: (name: string): SandboxPayment | null => store.getPayment(name) ?? store.findByName(name),
    /** For auditors. */
    all: (): readonly SandboxPayment[] => store.allPayments(),
    /** The account's lines in the order in which they came. */
    lines: (query: LinesQuery): readonly SandboxLine[] => store.lines(query),
    payouts: (): readonly SandboxPayout[] => store.payouts(),
    balances: (): Readonly<Record<string, number>> => store.balances(),
  }
}
