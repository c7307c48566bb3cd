// What a face is: the HTTP dialect of a real provider over a book of its own. It reads requests, calls the book, and writes
// answers, webhooks and addresses as that provider does; sockets, keys, faults and pages are the plumbing's (serve-face.ts).
// A face keeps nothing: what it must remember of a payment goes into its `details` and `names`.
import type { SandboxBook } from '../book.ts'
import type { CallName } from '../faults.ts'
import type { SandboxPayment } from '../payment.ts'
import type { RefusalCode } from '../refusal.ts'
import type { SandboxSettings } from '../settings.ts'
import type { CreateRequest } from '../taking.ts'
import type { WebhookDialect } from '../webhooks.ts'

/** A request as it came. `path` is below the face's own address: `/v1/refunds`. */
export type FaceCall = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
  /** The body as a form. */
  form(): URLSearchParams
  /** The body as JSON; an empty object when there is none. @throws SandboxRefusal bad_request */
  json(): Readonly<Record<string, unknown>>
}

/** Text goes out as it is, anything else as JSON. */
export type FaceAnswer = {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export type FacePlace = {
  /** Where the face is for browsers, without a slash at the end: `http://localhost:8090/sandbox/stripe`. */
  readonly url: string
  /** What the shop and the face share: API keys and signatures of webhooks are made of it. */
  readonly secret: string
}
export type FaceContext = FacePlace & { readonly book: SandboxBook }

/** One thing that the shop can ask for. */
export type FaceRoute = {
  /** What it is in the words of faults: `{"call": "capture", "kind": "effect_no_answer"}`. */
  readonly name: CallName
  /** The key of the request, where the provider knows keys and one came: the same request is then answered as the first time. */
  readonly key?: string | null
  /** Does it, at once. @throws SandboxRefusal, which the face then puts into its words: nothing has changed */
  run(): FaceAnswer
}

/** What the book gives names to. `spay`: payments, `scap`: captures, `sref`, `sdisp`, `stxn`: lines, `spo`: payouts, `sdel`: deliveries. */
export type NamedKind = 'spay' | 'scap' | 'sref' | 'sdisp' | 'stxn' | 'spo' | 'sdel' | 'sdash'

export type Face = {
  /** The last part of its address, `stripe`. */
  readonly name: string
  /** As its pages show it: `Stripe`. */
  readonly title: string
  /** Where it differs from a calm sandbox: how long it remembers keys, what it keeps of a payment. */
  readonly settings?: Partial<SandboxSettings>
  /** The id of something new, in the provider's form. `unique`: 26 letters and digits that ascend with time. `spay_…` when left out. */
  nameOf?(kind: NamedKind, unique: string): string
  isAuthorized(call: FaceCall, context: FaceContext): boolean
  /** Null: the provider has no such route. */
  route(call: FaceCall, context: FaceContext): FaceRoute | null
  refuse(refusal: { readonly code: RefusalCode; readonly message: string }, call: FaceCall): FaceAnswer
  /** An answer that a repeat under the same key gets again. Those below 500 when left out. */
  isKept?(answer: FaceAnswer): boolean
  /** Headers of an answer that was given before under its key. */
  readonly repeatHeaders?: Readonly<Record<string, string>>
  /** A buyer who turns back has not ended the payment: the page can be opened again. */
  readonly staysOpen?: boolean
  /** What it knows of a payment that somebody made in the dashboard. Nothing when left out. */
  byHand?(context: FaceContext): Pick<CreateRequest, 'details' | 'names'>
  webhooks(place: FacePlace): WebhookDialect
  /** Where the buyer goes after the page. The shop's address for it when left out; its `cancelUrl` for one who turned back. */
  returnUrl?(payment: SandboxPayment): string
}

/** Where the buyer pays or approves: `GET` shows the page, a press of a button leads back to the shop. */
export const pageUrl = ({ url }: FacePlace, payment: Pick<SandboxPayment, 'id'>): string => `${url}/pay/${payment.id}`
