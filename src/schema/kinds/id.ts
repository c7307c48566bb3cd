// The id of a record itself: no declaration has one. It is told as a text wherever kinds are named, backups included.
import { wordComparing } from './comparing.ts'
import { defineKind } from './kind.ts'
import { textKind } from './text.ts'

export const idKind = defineKind({
  ...textKind,
  // One of ours, or a hash, has at most 69.
  columns: [{ type: 'text', characters: () => 100, comparing: wordComparing }],
  input: 'none',
  display: 'id',
})
