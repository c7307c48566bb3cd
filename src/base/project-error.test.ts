import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hideSecret } from './hidden.ts'
import { defineErrors } from './project-error.ts'

test('an error of a project that is no refusal is told where it is defined', () => {
  for (const status of [99, 200, 399, 500, 409.5, '409' as never, undefined as never])
    assert.throws(() => defineErrors({ odd: { status, message: 'Odd.' } }), {
      message: `defineErrors: the status of odd must be from 400 to 499, not ${status}`,
    })
})

test('a refusal tells no secret, neither in its sentence nor in its parameters, their names or its path', () => {
  hideSecret('tok-2718281828')
  const { rude } = defineErrors({ rude: { status: 422, message: 'Please stay friendly.' } })
  const { detail, params, path } = rude({
    detail: 'a tok-2718281828',
    params: { of: ['tok-2718281828'], 'for tok-2718281828': [{ 'tok-2718281828': 1 }] },
    path: '/tok-2718281828',
  })
  const told = { of: ['[secret]'], 'for [secret]': [{ '[secret]': 1 }] }
  assert.deepEqual({ detail, params, path }, { detail: 'a [secret]', params: told, path: '/[secret]' })
})
