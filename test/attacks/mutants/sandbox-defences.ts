// The defences of the payment sandbox and its faces, as in account-defences.ts.
import type { Defence } from './defences.ts'

const face = 'src/sandbox/faces/face.test.ts'
const book = 'src/sandbox/book.test.ts'

export const sandboxDefences: readonly Defence[] = [
  {
    name: "the sandbox's book and knobs are for its machine",
    file: 'src/sandbox/control.ts',
    from: 'if (!isFromThisMachine(request))',
    to: 'if (false)',
    test: 'src/sandbox/pages.test.ts',
    asked: ['for the machine they are on'],
  },
  {
    name: "a face's calls come with its secret",
    file: 'src/sandbox/faces/serve-face.ts',
    from: 'if (!face.isAuthorized(call, parts)) return',
    to: 'if (false) return',
    test: face,
    asked: ['into its words'],
  },
  {
    name: 'a key of the sandbox is good for one request',
    file: 'src/sandbox/book.ts',
    from: 'if (known.request !== call.request) throw keyReused()',
    to: '',
    test: face,
    asked: ['answers a repeated key'],
  },
  {
    name: 'the sandbox captures no more than was authorized',
    file: 'src/sandbox/taking.ts',
    from: '  checkAmount(amountMinor, left)\n',
    to: '',
    test: book,
    asked: ['is captured in parts'],
  },
  {
    name: 'what a call to the sandbox does and its key are one',
    file: 'src/sandbox/sqlite-store.ts',
    from: "database.exec('rollback')",
    to: "database.exec('commit')",
    test: book,
    asked: ['keeps its answer'],
  },
]
