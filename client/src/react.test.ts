// The hooks with React itself, which renders them in memory. React's types are no package of ours: it is taken as it comes.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, type TestContext, test } from 'node:test'
import { eventStream, fakeFetch, json } from './fake-fetch.ts'
import { createClient } from './index.ts'
import { createHooks, type HookSource } from './react.ts'

type Element = { readonly element: true }
type React = HookSource & {
  createElement(of: (inputs: never) => string, inputs: object): Element
  act<T>(work: () => Promise<T>): Promise<T>
}
type Root = { update(element: Element): void; unmount(): void; toJSON(): unknown }

const require = createRequire(import.meta.url)
process.env['NODE_ENV'] = 'development'
Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
const React = require('react') as React
const { create } = require('react-test-renderer') as { create(element: Element): Root }
const { useLive, useLoad } = createHooks(React)

// The renderer says with each use that it is not the one for pages.
const { error: say } = console
console.error = (...words: unknown[]) => String(words[0]).includes('react-test-renderer is deprecated') || say(...words)
after(() => {
  console.error = say
})

type Comment = { readonly id: string; readonly words: string }
const url = 'https://club.test'
const settle = () => React.act(async () => void (await new Promise((resolve) => setTimeout(resolve, 5))))
const event = (id: number, type: string, data: object) => `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`

type Comments = ReturnType<ReturnType<typeof createClient>['collection']>

function List({ comments, words }: { comments: { live: Parameters<typeof useLive<object, Comment>>[0]['live'] }; words: string }): string {
  const { records } = useLive(comments, words === '' ? null : { filter: { words } })
  return records === undefined ? '…' : `${records.length}: ${records.map((one) => one.words).join()}`
}

let again = () => {}
function One({ comments, id }: { comments: Pick<Comments, 'get'>; id: string }): string {
  const { value, error, isLoading, reload } = useLoad((signal) => comments.get(id, {}, { signal }), [id])
  again = reload
  const parts = [isLoading ? 'loading' : 'still', (value as Comment | undefined)?.words, (error as { code?: string } | undefined)?.code]
  return parts.filter(Boolean).join(' ')
}

/** Gone at the end, however that is: an open stream keeps the process. */
async function show(t: TestContext, of: (inputs: never) => string, inputs: object) {
  let root!: Root
  const leave = () => React.act(async () => root.unmount())
  await React.act(async () => {
    root = create(React.createElement(of, inputs))
  })
  t.after(leave)
  await settle()
  const change = async (next: object) => {
    await React.act(async () => root.update(React.createElement(of, next)))
    await settle()
  }
  return { text: () => root.toJSON(), change, leave }
}

test('a component shows a live list, follows another query, and leaves nothing open behind it', async (t) => {
  const record = { id: 'b', words: 'two' }
  const net = fakeFetch(
    eventStream(event(1, 'ready', {}), event(2, 'change', { collection: 'comments', action: 'created', id: 'b', record })),
    json({ items: [{ id: 'a', words: 'one' }], next: null }),
    eventStream(event(3, 'ready', {})),
    json({ items: [], next: null }),
  )
  const comments = createClient({ ...net, url }).collection<Comment>('comments')
  const list = await show(t, List, { comments, words: 'x' })
  assert.equal(list.text(), '2: one,two')
  // The same words in another object are the same query.
  await list.change({ comments, words: 'x' })
  assert.equal(net.calls.length, 2)
  await list.change({ comments, words: 'y' })
  assert.deepEqual([list.text(), net.calls.length], ['0: ', 4])
  // Of no query there is no list, and no stream.
  await list.change({ comments, words: '' })
  assert.deepEqual([list.text(), net.calls.length], ['…', 4])
  await list.leave()
  const { length } = net.calls
  await settle()
  assert.equal(net.calls.length, length)
})

test('a component shows what a call answers, its refusal, and asks again', async (t) => {
  const refusal = json({ title: 'no', status: 404, code: 'not_found' }, 404)
  const net = fakeFetch(json({ id: 'a', words: 'one' }), refusal, json({ id: 'b', words: 'two' }))
  const comments = createClient({ ...net, url }).collection<Comment>('comments')
  const one = await show(t, One, { comments, id: 'a' })
  assert.equal(one.text(), 'still one')
  await one.change({ comments, id: 'b' })
  assert.equal(one.text(), 'still not_found')
  await React.act(async () => again())
  await settle()
  assert.equal(one.text(), 'still two')
})
