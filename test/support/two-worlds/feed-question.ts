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
  const number = next()
  const texts = { left: '', right: '' }
  for (const side of ['left', 'right'] as const) texts[side] = await listen(side)
  twins.compare({ as, request }, texts)
  return Number(texts.left.slice(0, 3))

  /** What is told until it tells of a change that was made while it listened. */
  async function listen(side: Side): Promise<string> {
    const world = twins.worlds[side]
    const change = async (title: string) =>
      await world.call('staff', twins.render(side, { method: 'PATCH', url: '/api/categories/‹science›', body: { title } }))
    // What came while nobody listened is judged at once: its end must be the same in both, whatever this machine does meanwhile.
    if (place !== undefined) await change(`Missed ${number}`)
    await world.engine.feed.caughtUp()
    const { url, headers } = twins.render(side, request)
    const token = world.tokens[as]
    const identity = token === null ? {} : { authorization: `Bearer ${token}` }
    const answer = await world.server.app.inject({ method: 'GET', url, headers: { ...headers, ...identity }, payloadAsStream: true })
    const stream = answer.stream()
    let text = `${answer.statusCode}\n`
    const read = async (isEnough: () => boolean) => {
      for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
        text += String(chunk)
        if (answer.statusCode === 200 && isEnough()) break
      }
    }
    if (place !== undefined) await read(() => text.includes(`"Missed ${number}"`) || text.includes('event: reset'))
    await change(`Seen ${number}`)
    await read(() => text.includes(`"Seen ${number}"`))
    stream.destroy()
    return text.replace(/"requestId":"[^"]*"/, '')
  }
}
