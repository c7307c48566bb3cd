// A service that the config names by its address: one POST of JSON, which it answers with JSON.
import type { Egress } from '../base/egress.ts'

export type ServicePlace = { readonly egress: Egress; readonly url: string; readonly secret: string | null }

/** @throws Error where it does not answer in time, with another status than 200, or with no object */
export async function askService(
  { egress, url, secret }: ServicePlace,
  { question, withinMs }: { readonly question: object; readonly withinMs: number },
): Promise<Readonly<Record<string, unknown>>> {
  const { status, body } = await egress.request({
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      'user-agent': 'kingpost',
      ...(secret !== null && { authorization: `Bearer ${secret}` }),
    },
    body: JSON.stringify(question),
    withinMs,
  })
  if (status !== 200) throw new Error(`It answered ${status}.`)
  const value: unknown = JSON.parse(body)
  if (typeof value !== 'object' || value === null) throw new Error('It answered no object.')
  return value as Readonly<Record<string, unknown>>
}
