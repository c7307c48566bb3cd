// Each form against hashes that other programs made: their vectors, and what their own libraries wrote.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../../base/random.ts'
import { argon2Cost, createArgon2Hasher } from './argon2-hasher.ts'
import { foreignCheck } from './foreign-hashes.ts'

/** The last one is the example that Firebase publishes with its algorithm; the others are published test vectors of their forms. */
const known: readonly (readonly [password: string, hash: string])[] = [
  ['U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['U*U', '$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['password', '$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44'],
  // RFC 7914 section 12: scrypt("pleaseletmein", "SodiumChloride", N = 16384, r = 8, p = 1), 64 bytes.
  [
    'pleaseletmein',
    '$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw',
  ],
  [
    'user1password',
    '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
  ],
]

test('passwords of other systems are known, and others are not', async () => {
  for (const [password, hash] of known) {
    const check = foreignCheck(hash)
    assert.ok(check, hash)
    assert.equal(await check(password), true, hash)
    assert.equal(await check(`${password}x`), false, hash)
    assert.equal(await check(''), false, hash)
  }
})

test('a hash that would cost too much, or is none, is refused before it costs anything', () => {
  for (const hash of [
    '',
    'plain',
    '$2b$16$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    '$2b$99$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    'pbkdf2_sha256$99999999$salt$aaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'pbkdf2_md5$1000$salt$aaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    '$scrypt$ln=31,r=8,p=1$U29kaXVt$aaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    '$scrypt$ln=14,r=8,p=99$U29kaXVt$aaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    '$scrypt$ln=20,r=9,p=1$U29kaXVt$aaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    `$2b$05$${'a'.repeat(1_000_000)}`,
  ])
    assert.equal(foreignCheck(hash), null, hash.slice(0, 60))
})

test('our hasher knows them, and says what is to be stored anew', async () => {
  const hasher = createArgon2Hasher(systemRandom, { memoryKib: 64, passes: 1 })
  const [password, hash] = known[0]!
  assert.equal(await hasher.verify(password, hash), true)
  assert.equal(await hasher.verify('wrong', hash), false)
  assert.equal(hasher.isCurrent(hash), false)
  const own = await hasher.hash('a long one')
  assert.equal(hasher.isCurrent(own), true)
  assert.equal(createArgon2Hasher(systemRandom, argon2Cost).isCurrent(own), false)
})
