// The live feed of two worlds: opened at one place, and read until it tells of something that was written in both after that.
import type { ApiRequest, As } from '../api-harness.ts'
import type { Asking } from './questions.ts'
import type { Side } from './twins.ts'

const watched = ['categories', 'notes', 'products', 'variants', 'projects', 'tasks', 'audits', 'reviews']

/** Asks as one who was here before, or begins. @returns the status of both. @throws DifferenceError */
export async function askFeed({ twins, chance, next }: Asking, as: As): Promise<number> {
  const collections = chance.is(0.7) ? watched : chance.shuffled(watched.slice(1)).slice(0, 2).concat('categories')
  const places = twins.shown('place')
  const place = places.length === 0 || chance.is(0.2) ? undefined : chance.pick(places.slice(-3))
  const request: ApiRequest = {
    method: 'GET',
    url: `/api/changes?collections=${collections.join()}`,
    headers: place === undefined ? {} : { 'last-event-id': place },
  }
  const title = `Seen ${next()}`
  const texts = { left: '', right: '' }
  for (const side of ['left', 'right'] as const) texts[side] = await readUntil(title, side)
  twins.compare({ as, request }, texts)
  return Number(texts.left.slice(0, 3))

  async function readUntil(word: string, side: Side): Promise<string> {
    const world = twins.worlds[side]
    await world.newest()
    const { url, headers } = twins.render(side, request)
    const token = world.tokens[as]
    const identity = token === null ? {} : { authorization: `Bearer ${token}` }
    const answer = await world.server.app.inject({ method: 'GET', url, headers: { ...headers, ...identity }, payloadAsStream: true })
    const change = { method: 'PATCH', url: '/api/categories/‹science›', body: { title: word } }
    await world.call('staff', twins.render(side, change))
    const stream = answer.stream()
    let text = `${answer.statusCode}\n`
    for await (const chunk of stream) {
      text += String(chunk)
      if (answer.statusCode === 200 && text.includes(word)) break
    }
    stream.destroy()
    return text.replace(/"requestId":"[^"]*"/, '')
  }
}
