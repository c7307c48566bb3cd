import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { eventStream, fakeFetch, json, problem } from './fake-fetch.ts'
import { createClient, type News } from './index.ts'

const url = 'https://club.test'
type Comment = { id: string; words: string; rank: number | null }
type Told = { readonly shown: string; readonly news: string }

const ids = (records: readonly { id: string }[]) => records.map(({ id }) => id).join()
const said = ({ added, changed, removed }: News<Comment>) => `+${ids(added)} ~${ids(changed)} -${ids(removed)}`
const event = (id: number, type: string, data: object) => `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`
const change = (id: number, action: string, record: Comment) =>
  event(id, 'change', { collection: 'comments', action, id: record.id, ...(action === 'deleted' ? {} : { record }) })
const of = (id: string, rank: number | null = null, words = id): Comment => ({ id, words, rank })

/** What a listener is told while the net answers so, with the back-off skipped. */
async function follow(t: TestContext, net: ReturnType<typeof fakeFetch>, query = {}) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const told: Told[] = []
  const errors: unknown[] = []
  const live = createClient({ ...net, url })
    .collection<Comment>('comments')
    .live(query, (records, news) => told.push({ shown: ids(records), news: said(news) }), { onError: (error) => errors.push(error) })
  for (let i = 0; i < 200; i += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    t.mock.timers.tick(500)
  }
  live.close()
  return { told, errors }
}

test('a list is read once, kept by the feed over a lost line, and read afresh after a reset', async (t) => {
  const net = fakeFetch(
    eventStream(event(1, 'ready', {}), change(2, 'created', of('c', 3)) + change(3, 'updated', of('a', 1, 'new'))),
    json({ items: [of('a', 1), of('b', 2)], next: null }),
    // Come back with what was seen, half an event among it.
    eventStream(change(4, 'deleted', of('b')), 'id: 5\nevent: change\ndata: {"coll'),
    eventStream(change(5, 'updated', of('c', 0)) + change(6, 'updated', of('c', 0))),
    eventStream(event(7, 'reset', {})),
    json({ items: [of('d', 0), of('a', 1, 'new')], next: null }),
  )
  const { told } = await follow(t, net, { filter: { rank: { gte: 0 } }, sort: 'rank' })
  assert.deepEqual(told, [
    { shown: 'a,b', news: '+ ~ -' },
    { shown: 'a,b,c', news: '+c ~a -' },
    { shown: 'a,c', news: '+ ~ -b' },
    { shown: 'c,a', news: '+ ~c -' },
    { shown: 'd,a', news: '+d ~ -c' },
  ])
  assert.equal(net.calls[0]!.url, `${url}/api/changes?collections=comments&filter%5Brank%5D%5Bgte%5D=0`)
  const resumed = net.calls.filter((call) => call.url.includes('/changes')).map((call) => call.headers['last-event-id'])
  assert.deepEqual(resumed.slice(0, 5), [undefined, '3', '4', '6', '7'])
})

test('records stand where the server puts them: nothing first, texts by code points, the id last', async (t) => {
  const words = ['', 'A', 'B', 'a', '\u{ffee}', '\u{1f600}']
  const net = fakeFetch(
    eventStream(event(1, 'ready', {}), ...words.toReversed().map((one, index) => change(index + 2, 'created', of(`w${index}`, 1, one)))),
    json({ items: [of('y', null, 'B'), of('x', 1, 'B')], next: null }),
  )
  const { told } = await follow(t, net, { sort: ['-words', 'rank'] })
  assert.equal(told.at(-1)!.shown, 'w0,w1,w2,y,w3,x,w4,w5')
})

test('of a list with a limit, what moves up from behind is read, and what falls behind is gone', async (t) => {
  const net = fakeFetch(
    eventStream(event(1, 'ready', {}), change(2, 'created', of('b', 2)), change(3, 'created', of('z', 9)), change(4, 'deleted', of('a'))),
    json({ items: [of('a', 1), of('c', 3)], next: 'more' }),
    json({ items: [of('b', 2), of('c', 3)], next: 'more' }),
  )
  const { told } = await follow(t, net, { sort: 'rank', limit: 2 })
  assert.deepEqual(told, [
    { shown: 'a,c', news: '+ ~ -' },
    { shown: 'a,b', news: '+b ~ -c' },
    { shown: 'b,c', news: '+c ~ -a' },
  ])
})

test('a list that cannot be read is begun anew; one that is refused ends it', async (t) => {
  const net = fakeFetch(
    eventStream(event(1, 'ready', {})),
    problem(500, 'internal'),
    eventStream(event(2, 'ready', {})),
    json({ items: [of('a')], next: null }),
    problem(403, 'forbidden'),
  )
  const { told, errors } = await follow(t, net)
  assert.deepEqual(told, [{ shown: 'a', news: '+ ~ -' }])
  assert.deepEqual(
    errors.map((error) => (error as { code: string }).code),
    ['internal', 'forbidden'],
  )
  // The place of a list that was not read is none to come back to.
  assert.deepEqual(
    net.calls.filter((call) => call.url.includes('/changes')).map((call) => call.headers['last-event-id']),
    [undefined, undefined, '2'],
  )
})

test('a list that is refused ends with an error that nobody caught, where nobody listens for errors', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const live = createClient({ ...fakeFetch(problem(403, 'forbidden')), url })
    .collection<Comment>('comments')
    .live({}, () => {})
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  assert.throws(() => t.mock.timers.tick(0), { code: 'forbidden' })
  live.close()
})

test('texts that may be decimals, and would then stand in another order, are left to the server', async (t) => {
  const net = fakeFetch(
    eventStream(event(1, 'ready', {}), change(2, 'created', of('c', 1, '10.00'))),
    json({ items: [of('a', 1, '9.50'), of('b', 1, '12.00')], next: null }),
    json({ items: [of('a', 1, '9.50'), of('c', 1, '10.00'), of('b', 1, '12.00')], next: null }),
    eventStream(change(3, 'created', of('d', 1, '12.50'))),
  )
  const { told } = await follow(t, net, { sort: 'words' })
  assert.deepEqual(
    told.slice(0, 2).map(({ shown }) => shown),
    ['a,b', 'a,c,b'],
  )
})
