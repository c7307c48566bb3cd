// The words of a searched field, beside it in the database: kept by the storage, in no record and no declaration.
import { wordsIn } from '../../contract/words.ts'
import type { AnyRecord } from '../collection.ts'
import { notCompared } from './comparing.ts'
import { defineKind, type Field } from './kind.ts'

const wordsKind = defineKind({
  name: 'words',
  columns: [{ type: 'words', characters: ({ max = 255 }) => max, comparing: notCompared }],
  options: {},
  schema: () => ({ type: 'string' }),
  misfit: () => null,
  input: 'text',
  display: 'text',
})

/** The field of a column of words. Its values are made of those of `name`, by the same rule for what is there and what will be. */
export function wordsOf(name: string, { max, renamedFrom }: Field): Field {
  const formers = [renamedFrom ?? []].flat().map(wordsName)
  return {
    kind: wordsKind,
    required: true,
    ...(max === undefined ? {} : { max }),
    ...(formers.length === 0 ? {} : { renamedFrom: formers }),
    backfill: (record) => wordsText((record as AnyRecord)[name]),
  }
}

export function wordsName(name: string): string {
  return `${name}_words`
}

/** As databases take them that know no lists. */
export function wordsText(value: unknown): string {
  return wordsIn(value).join(' ')
}
