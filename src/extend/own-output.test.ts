import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anyone } from '../access/rule.ts'
import { type TSchema, Type } from '../contract/type.ts'
import { command, type Operation } from '../operation/define.ts'
import { stringifyOf } from '../operation/serializer.ts'
import { checkOutput } from './own-output.ts'

const answering = (output: TSchema): Operation =>
  command({
    name: 'notes.look',
    route: 'POST /api/notes/look',
    summary: 'Look',
    input: Type.Object({}),
    output,
    access: anyone,
    run: async () => ({ output: null }),
  })
const circle: Record<string, unknown> = {}
circle['self'] = circle
const time = new Date(0)
const closed = { additionalProperties: false } as const

for (const [what, schema, output, told] of [
  [
    'a Date, whatever the format',
    Type.Object({ at: Type.String({ format: 'date-time' }), on: Type.String({ format: 'date' }), text: Type.String() }),
    { at: time, on: time, text: time },
    { at: time.toISOString(), on: '1970-01-01', text: time.toISOString() },
  ],
  [
    'a field too many',
    Type.Object({ of: Type.Array(Type.Object({ n: Type.Integer() }, closed)) }, closed),
    { of: [{ n: 1, m: 2 }], x: 1 },
    { of: [{ n: 1 }] },
  ],
  ['what is not there', Type.Object({ n: Type.Optional(Type.Integer()) }), { n: undefined }, {}],
  ['what says itself what it is', Type.Object({ n: Type.Integer() }), { toJSON: () => ({ n: 1 }) }, { n: 1 }],
] as const)
  test(`an output may have ${what}`, () => {
    const operation = answering(schema)
    checkOutput(operation, output)
    assert.deepEqual(JSON.parse(stringifyOf(operation)(output)), told)
  })

for (const [schema, output, misfit] of [
  [Type.Object({ n: Type.Integer() }), { n: 1.5 }, '/n must be integer'],
  [Type.Object({ n: Type.Integer() }), { n: Number.NaN }, '/n must be integer'],
  [Type.Object({ n: Type.Integer() }), { n: 1n }, '/n must be integer'],
  [Type.Object({ t: Type.String() }), { t: null }, '/t must be string'],
  [Type.Object({ t: Type.String() }), { t: { a: 1 } }, '/t must be string'],
  [Type.Object({ t: Type.String() }), { t: new Date(Number.NaN) }, '/t must be string'],
  [Type.Object({ t: Type.String({ maxLength: 1 }) }), { t: 'ab' }, '/t must have at most 1 character'],
  [Type.Array(Type.Object({ ok: Type.Boolean() })), [{ ok: true }, { ok: 'no' }], '/1/ok must be boolean'],
  [Type.Object({ any: Type.Unsafe<unknown>({}) }), { any: circle }, /circular/],
  [Type.Object({ any: Type.Unsafe<unknown>({}) }), { any: 1n }, /BigInt/],
  [Type.Object({ any: Type.Unsafe<unknown>({}) }), { any: () => 1 }, 'it holds what has no JSON, such as a function or a symbol'],
  [Type.Object({ t: Type.String() }), { t: 'a', toJSON: () => ({ t: 5 }) }, '/t must be string'],
  [Type.Array(Type.Object({ t: Type.String() })), [{ t: 'a', toJSON: () => ({ t: true }) }], '/0/t must be string'],
] as const)
  test(`an output that is ${String(misfit)} is refused`, () => {
    assert.throws(() => checkOutput(answering(schema), output), {
      name: 'OwnMistake',
      message: typeof misfit === 'string' ? `its output does not fit its schema: ${misfit}` : misfit,
    })
  })

test('two outputs may have the same name, and hold themselves', () => {
  const named = () =>
    Type.Unsafe<object>({ $id: 'Note', type: 'object', properties: { n: Type.Integer(), in: { type: 'array', items: { $ref: 'Note' } } } })
  for (const _ of [1, 2]) {
    checkOutput(answering(named()), { n: 1, in: [{ n: 2 }] })
    assert.throws(() => checkOutput(answering(named()), { n: 1, in: [{ n: '2' }] }), /\/in\/0\/n must be integer/)
  }
})
