// The sandbox's knobs, all of them numbers: times in milliseconds, shares from 0 to 1, money in minor units.

const dayMs = 86_400_000

export type SandboxSettings = {
  /** Between a card's acceptance and its capture. */
  readonly cardMs: number
  /** Until a delayed method is decided. */
  readonly delayedMs: number
  /** How long the buyer may take on the page; for ever when 0. */
  readonly openMs: number
  /** How long an authorization can be captured. */
  readonly authorizationMs: number
  /** Until a capture is decided; at once when 0. */
  readonly captureMs: number
  /** Share of captures that fail then. */
  readonly captureFailures: number
  /** Until a refund is decided; at once when 0. */
  readonly refundMs: number
  /** Share of refunds that fail then. */
  readonly refundFailures: number
  /** What the provider keeps of each capture: a share in millionths, and an amount. */
  readonly feePpm: number
  readonly feeFixedMinor: number
  /** What a dispute costs besides. */
  readonly disputeFeeMinor: number
  /** From a payment by the method `dispute` to its dispute. */
  readonly disputeMs: number
  /** How long evidence can be handed in. */
  readonly evidenceMs: number
  /** How long a key is remembered; for ever when 0. */
  readonly keysKeptMs: number
  /** Between an event and its webhook; up to `webhookJitterMs` more. */
  readonly webhookMs: number
  readonly webhookJitterMs: number
  /** How often each webhook is sent. */
  readonly webhookCopies: number
  /** Share of webhooks that never leave. */
  readonly webhookLoss: number
  /** Share of webhooks that name the payment and tell nothing of it, as those of some providers do. */
  readonly webhookBare: number
  /** Share of deliveries with a signature that is wrong. They are sent again. */
  readonly webhookBadlySigned: number
  /** Shares of webhooks that speak of another amount, and of another currency. */
  readonly webhookWrongAmount: number
  readonly webhookWrongCurrency: number
  /** Of calls by HTTP. How long each takes. */
  readonly answerMs: number
  /** Shares of calls by HTTP: carried out with the answer lost, lost before that, 500 after and before it, 429, 503. */
  readonly answerLoss: number
  readonly requestLoss: number
  readonly errorsAfter: number
  readonly errorsBefore: number
  readonly rateLimits: number
  readonly outages: number
  /** Shares of answers of which half arrives, that are a page of HTML, and that point elsewhere. */
  readonly halfBodies: number
  readonly htmlAnswers: number
  readonly redirects: number
}

export const calmSettings: SandboxSettings = {
  cardMs: 50,
  delayedMs: 15_000,
  openMs: 0,
  authorizationMs: 7 * dayMs,
  captureMs: 0,
  captureFailures: 0,
  refundMs: 0,
  refundFailures: 0,
  feePpm: 0,
  feeFixedMinor: 0,
  disputeFeeMinor: 0,
  disputeMs: 1_000,
  evidenceMs: 7 * dayMs,
  keysKeptMs: 0,
  webhookMs: 0,
  webhookJitterMs: 0,
  webhookCopies: 1,
  webhookLoss: 0,
  webhookBare: 0,
  webhookBadlySigned: 0,
  webhookWrongAmount: 0,
  webhookWrongCurrency: 0,
  answerMs: 0,
  answerLoss: 0,
  requestLoss: 0,
  errorsAfter: 0,
  errorsBefore: 0,
  rateLimits: 0,
  outages: 0,
  halfBodies: 0,
  htmlAnswers: 0,
  redirects: 0,
}
