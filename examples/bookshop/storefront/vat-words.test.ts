import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cart } from '../../../client/src/index.ts'
import { tellVat } from './vat-words.ts'

const vatId = 'ATU13585627'
const check = (state: 'valid' | 'invalid' | 'unavailable') => ({ vatId, state, at: '2026-11-30T00:00:00.000Z', reference: null })
const there = { name: 'Ada', line1: 'Kai 1', city: 'Wien', country: 'AT' }
const cart = (more: Partial<Cart>): Cart => ({ vatId, vatCheck: null, taxExemption: null, shippingAddress: there, ...more }) as Cart

const stories: readonly [what: string, cart: Cart, said: RegExp][] = [
  ['nothing typed', cart({ vatId: null }), /^$/],
  ['exempt', cart({ taxExemption: 'reverse_charge' }), /without tax: you account for it under ATU13585627/],
  ['no address yet', cart({ shippingAddress: null }), /Fill in the delivery address/],
  ['unknown to the register', cart({ vatCheck: check('invalid') }), /does not know this number. The price is with tax/],
  ['the register is silent', cart({ vatCheck: check('unavailable') }), /does not answer now, so the price is with tax/],
  ['right, and within the country', cart({ vatCheck: check('valid') }), /stays with tax/],
]
for (const [what, given, said] of stories) test(`what a VAT number means for the price: ${what}`, () => assert.match(tellVat(given), said))
