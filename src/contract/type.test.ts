import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Static, Type } from './type.ts'

/** Compiles where both are the same type. */
const same = <A, B>(_same: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false) => {}

const seats = Type.Object(
  {
    id: Type.String({ maxLength: 9 }),
    count: Type.Optional(Type.Integer({ minimum: 1 })),
    state: Type.Union([Type.Literal('open'), Type.Literal('closed'), Type.Null()]),
    notes: Type.Array(Type.Object({ text: Type.String(), isLoud: Type.Boolean() })),
    rest: Type.Optional(Type.Unsafe<Date>({ type: 'string', format: 'date-time' })),
  },
  { additionalProperties: false },
)

test('a schema is plain JSON Schema', () => {
  const written = {
    type: 'object',
    required: ['id', 'state', 'notes'],
    properties: {
      id: { type: 'string', maxLength: 9 },
      count: { type: 'integer', minimum: 1 },
      state: { anyOf: [{ const: 'open' }, { const: 'closed' }, { type: 'null' }] },
      notes: {
        type: 'array',
        items: { type: 'object', required: ['text', 'isLoud'], properties: { text: { type: 'string' }, isLoud: { type: 'boolean' } } },
      },
      rest: { type: 'string', format: 'date-time' },
    },
    additionalProperties: false,
  }
  assert.equal(JSON.stringify(seats), JSON.stringify(written))
  assert.equal('required' in Type.Object({ a: Type.Optional(Type.Number()) }), false)
})

test('what is optional stays so in another object, and is not where it came from', () => {
  const text = Type.String()
  const { count } = seats.properties
  assert.deepEqual(Type.Object({ count, text, late: Type.Optional(text), again: text }).required, ['text', 'again'])
})

test('the compiler knows its values', () => {
  type Seats = {
    id: string
    state: 'open' | 'closed' | null
    notes: { text: string; isLoud: boolean }[]
    count?: number
    rest?: Date
  }
  same<Static<typeof seats>, Seats>(true)
  same<Static<{ type: 'string' }>, unknown>(true)
  assert.ok(seats)
})
