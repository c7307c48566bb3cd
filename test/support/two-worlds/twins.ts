// Two worlds that are asked the same. What is random in an answer (ids, tokens, cursors, validators) is named in the order in
// which each world showed it first, so that answers which say the same are the same text, and a later request can name what an
// earlier answer showed. Invariant: a name stands for one thing in each world, and a request holds names alone.
import type { ApiAnswer, ApiRequest, As, World } from '../api-harness.ts'

export type Side = 'left' | 'right'
/** A request in which names stand for what is random: `‹note:3›`. */
export type Named = { readonly as: As; readonly request: ApiRequest }

export type Difference = { readonly asked: Named; readonly left: string; readonly right: string }

export type Twins = {
  readonly worlds: Readonly<Record<Side, World>>
  /** Asks both. @throws DifferenceError when they answer differently, and when one fails */
  ask(named: Named): Promise<Answered>
  /** The request as one world is asked it. */
  render(side: Side, request: ApiRequest): ApiRequest
  /** Compares two texts that are said to be answers to this. @throws DifferenceError */
  compare(asked: Named, texts: Readonly<Record<Side, string>>): string
  /** Names of this kind that answers have shown, oldest first. */
  shown(kind: string): readonly string[]
  /** Gives a name to what is known beforehand, or is only in one world. */
  name(name: string, real: Readonly<Record<Side, string>>): string
}

/** As the left one answered; in `text`, with its headers, names stand for what is random. */
type Answered = { readonly status: number; readonly text: string; readonly body: unknown; readonly answer: ApiAnswer }

export class DifferenceError extends Error {
  readonly difference: Difference
  constructor(difference: Difference) {
    const { asked, left, right } = difference
    super(`${asked.as} ${JSON.stringify(asked.request)}\n  left:  ${left}\n  right: ${right}`)
    this.difference = difference
  }
}

type Names = { readonly nameOf: Map<string, string>; readonly realOf: Map<string, string>; readonly counts: Map<string, number> }

export function createTwins(worlds: Twins['worlds']): Twins {
  const names: Record<Side, Names> = { left: newNames(), right: newNames() }
  const order: string[] = []

  function render(side: Side, request: ApiRequest): ApiRequest {
    const text = JSON.stringify(request)
    return JSON.parse(text.replace(/‹[^›]+›/g, (name) => names[side].realOf.get(name) ?? name)) as ApiRequest
  }

  function compare(asked: Named, texts: Readonly<Record<Side, string>>): string {
    const [left, right] = [named(names.left, texts.left), named(names.right, texts.right)]
    for (const name of left.matchAll(/‹[^›]+›/g)) if (!order.includes(name[0])) order.push(name[0])
    if (left !== right) throw new DifferenceError({ asked, left, right })
    return left
  }

  return {
    worlds,
    render,
    compare,
    async ask(asked) {
      const call = async (side: Side) => await worlds[side].call(asked.as, render(side, asked.request))
      const [left, right] = [await call('left'), await call('right')]
      if (left.status >= 500) throw new Error(`${asked.as} ${JSON.stringify(asked.request)}: ${left.text}`)
      const text = compare(asked, { left: textOf(left), right: textOf(right) })
      return { status: left.status, text, body: left.body as unknown, answer: left }
    },
    shown: (kind) => order.filter((name) => name.startsWith(`‹${kind}:`)),
    name(name, real) {
      for (const side of ['left', 'right'] as const) {
        names[side].nameOf.set(real[side], `‹${name}›`)
        names[side].realOf.set(`‹${name}›`, real[side])
      }
      return `‹${name}›`
    },
  }
}

function newNames(): Names {
  return { nameOf: new Map(), realOf: new Map(), counts: new Map() }
}

/** Everything of an answer but what is of the request alone: when it was answered, its number, and the length these give it. */
function textOf({ status, headers, text }: ApiAnswer): string {
  const { date: _date, 'content-length': _length, ...rest } = headers
  return `${status} ${JSON.stringify(rest)}\n${text.replace(/"requestId":"[^"]*"/, '')}`
}

const secretForm = /\b(cart|kps|setup|secondfactor)_(?:[0-9a-hjkmnp-tv-z]{10})?[\w-]{43}/g
/** An API key, and how a list says its end. */
const keyForm = /\bkp_(?:[0-9A-Za-z]{49}|…[0-9A-Za-z]{4})/g
const idForm = /\b([a-z]{2,16})_[0-9a-hjkmnp-tv-z]{26}\b/g
/** Of an authenticator app, and the codes that come with it. */
const factorForm = /(?<=\bsecret(?:=|":"))[A-Z2-7]{32}\b|\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b/g
/** Of a passkey: what is to be signed, and how an authenticator knows whose it is, which is an id in base64url. */
const challengeForm = /(?<="challenge":")[\w-]{43}(?=")/g
const handleForm = /(?<="user":\{"id":")[\w-]+(?=","name")/g
const numberForm = /(?<="number":")[0-9A-Z]{4}-[0-9A-Z]{4}/g
const tagForm = /(?<="etag":"\\")([\w-]{16})(?:-([\w-]{16}))?(?=\\")/g
const cursorForm = /(?<="next":")[\w-]+/g
const signatureForm = /(?<=signature=)[0-9a-f]{64}/g
const placeForm = /(?<=^id: )\S+/gm

function named(names: Names, text: string): string {
  const nameOf = (real: string, kind: string): string => {
    const known = names.nameOf.get(real)
    if (known) return known
    const count = (names.counts.get(kind) ?? 0) + 1
    names.counts.set(kind, count)
    const name = `‹${kind}:${count}›`
    names.nameOf.set(real, name)
    names.realOf.set(name, real)
    return name
  }
  const plain = (one: string): string =>
    one
      .replace(secretForm, (secret) => nameOf(secret, 'secret'))
      .replace(factorForm, (secret) => nameOf(secret, 'factor'))
      .replace(keyForm, (key) => nameOf(key, 'apiKey'))
      .replace(idForm, (id, prefix: string) => nameOf(id, prefix))
      .replace(numberForm, (number) => nameOf(number, 'number'))
  // A cursor holds values: what it says is compared, beside that it is the same one.
  const open = (cursor: string) => `${nameOf(cursor, 'cursor')}=${plain(Buffer.from(cursor, 'base64url').toString())}`
  return plain(
    text
      .replace(cursorForm, open)
      .replace(signatureForm, (signature) => nameOf(signature, 'signature'))
      .replace(challengeForm, (challenge) => nameOf(challenge, 'challenge'))
      .replace(handleForm, (handle) => plain(Buffer.from(handle, 'base64url').toString()))
      .replace(placeForm, (place) => nameOf(place, 'place'))
      .replace(tagForm, (_, row: string, body?: string) => `${nameOf(row, 'etag')}${body ? `-${nameOf(body, 'etag')}` : ''}`),
  )
}
