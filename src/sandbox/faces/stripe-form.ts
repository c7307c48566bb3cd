// Forms as Stripe reads them: `metadata[order]=1`, `line_items[0][price_data][currency]=eur`. A name that it does not know it refuses.
import { SandboxRefusal } from '../refusal.ts'
import type { FaceCall } from './face.ts'

export type Form = {
  text(name: string): string | undefined
  /** @throws SandboxRefusal */
  count(name: string): number | undefined
  map(name: string): Record<string, string>
  readonly expand: readonly string[]
}

const most = 500

/** Of a POST its body, of a GET its address. `known`: the first parts of names that this route takes. @throws SandboxRefusal */
export function readForm(call: FaceCall, known: readonly string[]): Form {
  const pairs = call.method === 'GET' ? call.query : call.form()
  const names = [...pairs.keys()]
  const stranger = names.find((name) => !['expand', ...known].includes(name.split('[', 1)[0]!))
  if (stranger !== undefined) throw new SandboxRefusal('bad_request', `Received unknown parameter: ${stranger.slice(0, 100)}`)
  const text = (name: string) => pairs.get(name) ?? undefined
  return {
    text,
    count(name) {
      const value = text(name)
      if (value === undefined) return undefined
      if (!/^\d{1,15}$/.test(value)) throw new SandboxRefusal('bad_request', `Invalid integer: ${name}`)
      return Number(value)
    },
    map: (name) =>
      Object.fromEntries(
        [...pairs].flatMap(([key, value]) => {
          const inner = key.startsWith(`${name}[`) ? /^\[([\w-]{1,40})\]$/.exec(key.slice(name.length))?.[1] : undefined
          return inner === undefined ? [] : [[inner, value.slice(0, most)]]
        }),
      ),
    expand: names.filter((name) => /^expand(\[\d*\])?$/.test(name)).flatMap((name) => pairs.getAll(name)),
  }
}
