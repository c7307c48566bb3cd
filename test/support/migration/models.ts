// One backend in two versions, with every kind of change between them: what the tests of migrations run on
// every database, and what the big run by hand uses.
import { anyone } from '../../../src/access/rule.ts'
import { type Collection, collection } from '../../../src/schema/collection.ts'
import { field } from '../../../src/schema/field.ts'
import { compileModel } from '../../../src/schema/model.ts'
import type { StorageAdapter } from '../../../src/storage/storage.ts'

const access = { read: anyone, create: anyone, update: anyone }

export const collectionsBefore = [
  collection('people', {
    access,
    fields: {
      title: field.text({ required: true }),
      fullName: field.text({ required: true }),
      age: field.text({ required: true }),
      isMember: field.integer(),
      email: field.text(),
      note: field.text(),
      joinedAt: field.text(),
      balance: field.integer({ default: 0 }),
      salary: field.integer(),
      nickname: field.text({ required: true }),
    },
    indexes: [['age'], ['note', 'email']],
    checks: [{ path: 'balance', op: 'gte', value: 0 }],
  }),
  collection('diaries', { prefix: 'entry', fields: { person: field.ref('people'), text: field.text() } }),
  collection('leaflets', { fields: { text: field.text() } }),
] as unknown as Collection[]

export const collectionsAfter = [
  collection('people', {
    access,
    fields: {
      /** Renamed. */
      name: field.text({ required: true, renamedFrom: 'title' }),
      /** Split from one. */
      firstName: field.text({ required: true, backfill: ({ fullName }) => String(fullName).split(' ')[0] }),
      lastName: field.text({ required: true, backfill: ({ fullName }) => String(fullName).split(' ')[1] }),
      /** Of another type, with an index on it. */
      age: field.integer({ required: true }),
      isMember: field.boolean(),
      /** Renamed and of another type. */
      joined: field.dateTime({ renamedFrom: 'joinedAt' }),
      /** Unique now. */
      email: field.text({ unique: true }),
      /** Required now, with a value for those that have none. */
      note: field.text({ default: '-' }),
      /** New, with a default. */
      visits: field.integer({ default: 0 }),
      /** New and optional. */
      city: field.text(),
      /** Two columns from one. */
      pay: field.money({ backfill: ({ salary }) => (salary === null ? null : { amount: salary, currency: 'EUR' }) }),
      balance: field.integer({ default: 0 }),
      /** Optional now. */
      nickname: field.text(),
    },
    indexes: [['age'], ['-joined']],
    checks: [{ path: 'balance', op: 'gte', value: -100 }],
  }),
  collection('entries', { prefix: 'entry', renamedFrom: 'diaries', fields: { person: field.ref('people'), text: field.text() } }),
  collection('cities', { fields: { name: field.text({ required: true }) } }),
] as unknown as Collection[]

export const before = compileModel(collectionsBefore)
export const after = compileModel(collectionsAfter)

/** The order of what was written is the order of ids. */
export const idOf = (prefix: string, number: number): string => `${prefix}_${String(number).padStart(9, '0')}`

export function personBefore(number: number) {
  return {
    id: idOf('people', number),
    version: 1,
    createdAt: 1_000,
    updatedAt: 1_000,
    title: `Title ${number}`,
    fullName: `First${number} Last${number}`,
    age: String(number % 100),
    isMember: number % 3 === 0 ? null : number % 2,
    email: number % 4 === 0 ? null : `p${number}@example.com`,
    note: number % 5 === 0 ? null : `note ${number}`,
    joinedAt: number % 7 === 0 ? null : new Date(1_700_000_000_000 + number).toISOString(),
    balance: number % 10,
    salary: number % 6 === 0 ? null : number * 100,
    nickname: `nick ${number}`,
  }
}

/** What becomes of it; `change` is what was written to it meanwhile by the version before. */
export function personAfter(number: number) {
  const old = personBefore(number)
  return {
    id: old.id,
    version: 1,
    createdAt: 1_000,
    updatedAt: 1_000,
    name: old.title,
    firstName: `First${number}`,
    lastName: `Last${number}`,
    age: number % 100,
    isMember: old.isMember === null ? null : old.isMember === 1,
    joined: old.joinedAt === null ? null : 1_700_000_000_000 + number,
    email: old.email,
    note: old.note ?? '-',
    visits: 0,
    city: null,
    pay: old.salary === null ? null : { amount: old.salary, currency: 'EUR' },
    balance: old.balance,
    nickname: old.nickname,
  }
}

const rowsPerTransaction = 1_000

/** Fills a database of the version before. */
export async function fillBefore(storage: StorageAdapter, people: number): Promise<void> {
  for (let start = 0; start < people; start += rowsPerTransaction) {
    const numbers = Array.from({ length: Math.min(rowsPerTransaction, people - start) }, (_, at) => start + at)
    await storage.transaction(async (tx) => await tx.insert({ name: 'people' }, numbers.map(personBefore)))
  }
  await storage.transaction(async (tx) => {
    for (let number = 0; number < 20; number++)
      await tx.insert({ name: 'diaries' }, [
        { id: idOf('entry', number), version: 1, createdAt: 1, updatedAt: 1, person: idOf('people', number), text: `text ${number}` },
      ] as never)
    await tx.insert({ name: 'leaflets' }, [{ id: idOf('leaflet', 1), version: 1, createdAt: 1, updatedAt: 1, text: 'gone' }] as never)
  })
}
