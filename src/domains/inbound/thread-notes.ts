// What staff write down about conversations, for themselves. Invariant: nothing reads it to write a mail.
import { staff } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'

export const threadNotes = collection('threadNotes', {
  prefix: 'etn',
  title: 'Notes on conversations',
  system: true,
  appendOnly: true,
  fields: {
    thread: field.text({ required: true, max: limits.idCharactersMax }),
    /** Null: by a program, or somebody who is gone. */
    author: field.ref('users', { onErase: 'clear' }),
    text: field.longText({ required: true, max: limits.noteCharactersMax }),
  },
  indexes: [['thread']],
  personal: { by: { thread: { holds: 'record', onErase: 'delete' } }, freeForm: 'delete' },
  access: { read: staff },
})
