// Passwords as other systems store them, so that accounts can move here with theirs. They are checked in the form they came
// in, and stored anew in ours at the next sign-in. Invariant: no form costs more than a bound, whoever wrote the file.
import { createCipheriv, pbkdf2, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import bcrypt from 'bcryptjs'
import { limits } from '../../base/limits.ts'

type Check = (password: string) => Promise<boolean>
type Form = { readonly name: string; readonly pattern: RegExp; readonly checkOf: (parts: Record<string, string>) => Check | null }

const pbkdf2Of = promisify(pbkdf2)
const scryptOf = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt)
const digests = ['sha1', 'sha256', 'sha512']
const forms: readonly Form[] = [
  {
    name: 'bcrypt: $2b$10$…',
    pattern: /^\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{53}$/,
    // PHP writes 2y for what everybody else calls 2b.
    checkOf: ({ all, cost }) =>
      Number(cost) > limits.foreignBcryptCostMax ? null : (password) => bcrypt.compare(password, all!.replace(/^\$2y\$/, '$2b$')),
  },
  {
    name: 'PBKDF2 as Django writes it: pbkdf2_sha256$600000$SALT$HASH',
    pattern: /^pbkdf2_(?<digest>sha\d+)\$(?<rounds>\d+)\$(?<salt>[^$]{1,100})\$(?<hash>[\w+/=]{20,200})$/,
    checkOf: ({ digest, rounds, salt, hash }) =>
      checkPbkdf2({ digest: digest!, rounds: Number(rounds), salt: Buffer.from(salt!), hash: hash! }),
  },
  {
    name: 'PBKDF2 as passlib writes it: $pbkdf2-sha256$600000$SALT$HASH',
    pattern: /^\$pbkdf2-(?<digest>sha\d+)\$(?:i=)?(?<rounds>\d+)(?:,l=\d+)?\$(?<salt>[\w+/.=-]{4,200})\$(?<hash>[\w+/.=-]{20,200})$/,
    checkOf: ({ digest, rounds, salt, hash }) =>
      checkPbkdf2({ digest: digest!, rounds: Number(rounds), salt: bytesOf(salt!), hash: hash! }),
  },
  {
    name: 'scrypt: $scrypt$ln=17,r=8,p=1$SALT$HASH',
    pattern: /^\$scrypt\$ln=(?<ln>\d+),r=(?<r>\d+),p=(?<p>\d+)\$(?<salt>[\w+/.=-]{4,200})\$(?<hash>[\w+/.=-]{20,200})$/,
    checkOf({ ln, r, p, salt, hash }) {
      const cost = costOf(ln!, r!, p!)
      if (cost === null) return null
      const wanted = bytesOf(hash!)
      return async (password) => same(await scryptOf(password, bytesOf(salt!), wanted.length, cost), wanted)
    },
  },
  {
    name: 'Firebase: $fbscrypt$v=1,n=14,r=8,p=1,ss=SALT_SEPARATOR,sk=SIGNER_KEY$SALT$HASH',
    pattern:
      /^\$fbscrypt\$v=1,n=(?<ln>\d+),r=(?<r>\d+),p=(?<p>\d+),ss=(?<separator>[\w+/=-]{0,100}),sk=(?<key>[\w+/=-]{20,200})\$(?<salt>[\w+/=-]{4,200})\$(?<hash>[\w+/=-]{20,200})$/,
    checkOf({ ln, r, p, separator, key, salt, hash }) {
      const cost = costOf(ln!, r!, p!)
      if (cost === null) return null
      const wanted = bytesOf(hash!)
      const salted = Buffer.concat([bytesOf(salt!), bytesOf(separator!)])
      return async (password) => {
        // The password makes a key, and what is stored is the project's own key under it.
        const cipher = createCipheriv('aes-256-ctr', await scryptOf(password, salted, 32, cost), Buffer.alloc(16))
        return same(Buffer.concat([cipher.update(bytesOf(key!)), cipher.final()]), wanted)
      }
    },
  },
]

/** Their names, with an example each, for whoever brings another one. */
export const foreignForms: readonly string[] = forms.map(({ name }) => name)

/** Checks passwords against a hash of another system; null when its form is none of those, or costs too much. */
export function foreignCheck(stored: string): Check | null {
  for (const { pattern, checkOf } of forms) {
    const found = pattern.exec(stored)
    if (found !== null) return checkOf({ ...(found.groups as Record<string, string>), all: stored })
  }
  return null
}

type Pbkdf2 = { readonly digest: string; readonly rounds: number; readonly salt: Buffer; readonly hash: string }

function checkPbkdf2({ digest, rounds, salt, hash }: Pbkdf2): Check | null {
  if (!digests.includes(digest) || rounds < 1 || rounds > limits.foreignRoundsMax) return null
  const wanted = bytesOf(hash)
  return async (password) => same(await pbkdf2Of(password, salt, rounds, wanted.length, digest), wanted)
}

function costOf(ln: string, r: string, p: string) {
  const cost = { N: 2 ** Number(ln), r: Number(r), p: Number(p), maxmem: limits.foreignScryptBytesMax }
  const isBounded = Number(ln) >= 1 && cost.p >= 1 && cost.p <= 4 && cost.r >= 1 && 128 * cost.N * cost.r < limits.foreignScryptBytesMax
  return isBounded ? cost : null
}

/** Base64 in any of its alphabets, that of passlib (`.` for `+`) included. */
function bytesOf(text: string): Buffer {
  return Buffer.from(text.replaceAll('.', '+'), 'base64')
}

function same(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
