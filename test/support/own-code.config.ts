// A backend whose own code kills its process, never returns, or leaves something behind that fails: where the text of a comment says
// so. The outside keeps its book in a file.
import { appendFileSync } from 'node:fs'
import { connect } from 'node:net'
import {
  after,
  anyone,
  before,
  collection,
  command,
  defineBackend,
  defineEffect,
  defineSecret,
  field,
  query,
  Type,
} from '../../src/index.ts'

const book = defineSecret('BOOK_FILE')

/** Nothing is written after this line, as by `kill -9`. */
function dieAt(step: string, text: string): void {
  if (process.env['DIE_AT'] === step && text === step) process.kill(process.pid, 'SIGKILL')
  if (process.env['LOOP_AT'] === step && text === step) for (;;);
}

/** Nobody waits for any of it, and nobody listens. */
const left: Readonly<Record<string, () => unknown>> = {
  'leaves a timer': () =>
    setTimeout(() => {
      throw new Error('left in a timer')
    }),
  'leaves a promise': () => Promise.reject(new Error('left in a promise')),
  'leaves a connection': () => connect(1, '127.0.0.1'),
}

const comments = collection('comments', {
  fields: { text: field.text({ required: true }), length: field.integer(), settled: field.integer({ default: 0 }) },
  access: { read: anyone, create: anyone },
})

const tell = defineEffect('comments.tell', {
  payload: Type.Object({ comment: Type.String(), text: Type.String() }),
  run({ payload: { comment, text }, secrets }) {
    void left[text]?.()
    dieAt('effect begins', text)
    appendFileSync(secrets.get(book), `effect ${comment}\n`)
    dieAt('effect is done', text)
  },
  async settle({ payload: { comment, text }, records }) {
    const found = await records(comments).lock(comment)
    await records(comments).update(found!, { settled: found!.settled + 1 })
    dieAt('effect settles', text)
  },
})

const fill = before({
  name: 'comments.fill',
  on: comments,
  action: 'create',
  async run({ record, set, effects }) {
    void left[record.text]?.()
    set({ length: record.text.length })
    await effects.owe(tell, record.id, { comment: record.id, text: record.text })
    dieAt('before', record.text)
  },
})

const announce = after({
  name: 'comments.announce',
  on: comments,
  action: 'create',
  run({ record, secrets }) {
    void left[record.text]?.()
    dieAt('hook begins', record.text)
    appendFileSync(secrets.get(book), `hook ${record.id}\n`)
    dieAt('hook is done', record.text)
  },
  async settle({ record, records }) {
    const found = await records(comments).lock(record.id)
    await records(comments).update(found!, { settled: found!.settled + 10 })
    dieAt('hook settles', record.text)
  },
})

const text = Type.Object({ text: Type.String() })
const look = query({
  name: 'comments.look',
  route: 'GET /api/look',
  summary: 'Look',
  input: text,
  output: text,
  access: anyone,
  async run({ input }) {
    void left[input.text]?.()
    return { output: input }
  },
})
const ask = command({
  name: 'comments.ask',
  route: 'POST /api/ask',
  summary: 'Ask',
  input: text,
  output: text,
  access: anyone,
  async prepare({ input }) {
    void left[input.text]?.()
  },
  run: async ({ input }) => ({ output: input }),
})

export const backend = defineBackend({
  name: 'Own code',
  collections: [comments],
  hooks: [fill, announce],
  operations: [look, ask],
  effects: [tell],
  secrets: [book],
})
