import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readIban } from './iban.ts'

test('an IBAN is read however it is written, and told from one with a slip of the pen', () => {
  for (const written of ['AT611904300234573201', 'at61 1904 3002 3457 3201', 'AT61 19043002 34573201 '])
    assert.equal(readIban(written), 'AT61 1904 3002 3457 3201')
  // Letters count too, and the last group may be short.
  assert.equal(readIban('GB82WEST12345698765432'), 'GB82 WEST 1234 5698 7654 32')
  const digits = 'AT611904300234573201'
  for (let at = 2; at < digits.length; at++) {
    const slipped = digits.slice(0, at) + ((Number(digits[at]) + 1) % 10) + digits.slice(at + 1)
    assert.equal(readIban(slipped), null, slipped)
  }
  for (const no of ['', 'AT61', 'AT61-1904-3002-3457-3201', '611904300234573201AT', 'AT611904300234573201'.repeat(2)])
    assert.equal(readIban(no), null)
})
