// The defences of what is kept of one person: what erases it, and who gets it.
import type { Defence } from './defences.ts'

const test = 'test/api/erasure.test.ts'

export const personalDefences: readonly Defence[] = [
  {
    name: 'old lines of the feed lose who is erased',
    file: 'src/domains/personal/erase-lines.ts',
    from: "if (id === person.id) return 'account'",
    to: '',
    test,
    asked: ['nothing names the person'],
  },
  {
    name: 'the bytes of the database lose who is erased',
    file: 'src/domains/personal/erase-person.ts',
    from: "step.kind === 'file' ? await parts.storage.forgetRemains() : 0",
    to: '0',
    test,
    asked: ['nothing names the person'],
  },
  {
    name: 'an address that nobody has proven erases nobody else',
    file: 'src/domains/personal/erase-person.ts',
    from: 'address: isProven ? address : null',
    to: 'address',
    test,
    asked: ['an address that nobody has proven'],
  },
  {
    name: 'an export opens nothing',
    file: 'src/domains/personal/export-person.ts',
    from: ' && !opens.test(name)',
    to: '',
    test,
    asked: ['holds all of the person'],
  },
  {
    name: 'whoever takes a stolen account back can keep it',
    file: 'src/engine/reactions.ts',
    from: '  on(accountTakenBack, offerToKeep),\n',
    to: '',
    test,
    asked: ['whoever takes a stolen account back'],
  },
  {
    name: 'an account that was shut is not opened by keeping it',
    file: 'src/engine/reactions.ts',
    from: '  on(accountShut, noteShut),\n',
    to: '',
    test,
    asked: ['an account that an admin shuts meanwhile'],
  },
  {
    name: 'addresses of before are looked for',
    file: 'src/domains/personal/erase-person.ts',
    from: 'found.add(email)',
    to: 'found.delete(email)',
    test,
    asked: ['what stands under an address of before goes'],
  },
  {
    name: 'an address of before that is another’s by now erases nobody',
    file: 'src/domains/personal/erase-person.ts',
    from: 'if (holder !== null) return holder.id !== user',
    to: '',
    test,
    asked: ['what stands under an address of before stays'],
  },
  {
    name: 'others have their turn while old lines are rewritten',
    file: 'src/domains/personal/erase-person.ts',
    from: '    await new Promise<void>((resolve) => clock.soon(resolve))\n',
    to: '',
    test: 'test/api/erasure.test.ts',
    asked: ['lines of the feed are looked at'],
  },
]
