// That the page of invariants tells what there is: each name is one of `verify`, of the simulator's broken engines, of the defences or
// of a test, each has a violation planted or says what is not there, and none about money is left out.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { creditInvariants } from '../../src/observe/invariants/credit.ts'
import { ledgerInvariants } from '../../src/observe/invariants/ledger.ts'
import { ledgerChainInvariants } from '../../src/observe/invariants/ledger-chain.ts'
import { orderInvariants } from '../../src/observe/invariants/orders.ts'
import { paymentInvariants } from '../../src/observe/invariants/payments.ts'
import { stockInvariants } from '../../src/observe/invariants/stock.ts'
import { invariantGroups } from '../../src/observe/verify.ts'
import { defences } from '../attacks/mutants/defences.ts'
import { invariantsPage, root, rules, written } from './invariants-page.ts'
import { mutants } from './mutants.ts'

const namesOf = (groups: readonly { readonly invariants: object }[]) => groups.flatMap(({ invariants }) => Object.keys(invariants))

test('the page says what there is', () => {
  assert.equal(written(), invariantsPage(), 'make it again: node test/simulation/invariants-page.ts --write')
})

test('they are numbered, and each is planted or says what is not there', () => {
  assert.deepEqual(
    rules.map(({ id }) => id),
    Array.from({ length: 40 }, (_, index) => `C${index + 1}`),
  )
  const bare = rules.filter(({ verify, mutants: broken, defences: out, tests, open }) => !verify && !broken && !out && !tests && !open)
  assert.deepEqual(bare, [])
})

test('every name is one that there is', () => {
  const known = { verify: namesOf(invariantGroups), mutants: mutants.map(({ name }) => name), defences: defences.map(({ name }) => name) }
  for (const rule of rules) {
    for (const kind of ['verify', 'mutants', 'defences'] as const)
      for (const name of rule[kind] ?? []) assert.ok(known[kind].includes(name), `${rule.id}: there is no ${name}`)
    for (const [file, words] of rule.tests ?? [])
      assert.ok(readFileSync(join(root, file), 'utf8').includes(words), `${rule.id}: ${file} says nowhere "${words}"`)
  }
})

test('no invariant of money and stock is left out', () => {
  const groups = [ledgerInvariants, ledgerChainInvariants, paymentInvariants, orderInvariants, stockInvariants, creditInvariants]
  const told = new Set(rules.flatMap(({ verify = [] }) => verify))
  assert.deepEqual(
    namesOf(groups).filter((name) => !told.has(name)),
    [],
  )
})
