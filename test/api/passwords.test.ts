// What a project asks of new passwords, wherever one is chosen: a longer minimum, and none that is known from a breach.
// databases: sqlite
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { createMailbox, secretIn } from '../support/mailbox.ts'

let world: World
afterEach(() => world.close())

const post = (url: string, body: object, headers: Record<string, string> = {}) =>
  world.request({ method: 'POST', url: `/api/auth/${url}`, headers, body })
const owner = { authorization: 'Bearer kps_owner' }

/** Tries it in each place, by its answer's first error or its status. */
async function everywhere(password: string, sent: readonly { readonly text: string }[]): Promise<(string | number)[]> {
  await post('reset', { email: 'other@example.com' })
  await work(world)
  const told = ({ status, body }: Awaited<ReturnType<typeof post>>) => body?.errors?.[0]?.code ?? status
  return [
    told(await post('register', { email: 'new@mail.example', password })),
    told(await post('reset/confirm', { token: secretIn(sent.at(-1)!), password })),
    told(await post('password', { current: 'password of owner', password }, owner)),
  ]
}

test('a minimum of the config holds wherever a password is chosen, and old ones sign in', async () => {
  const mailbox = createMailbox()
  world = await openWorld({ ...mailbox, config: { ...testConfig, accounts: { passwords: { min: 20 } } } })
  await world.engine.start()
  assert.deepEqual(await everywhere('nineteen characters', mailbox.sent), ['minLength', 'minLength', 'minLength'])
  assert.equal((await post('login', { email: 'owner@example.com', password: 'password of owner' })).status, 200)
  assert.deepEqual(await everywhere('twenty characters ab', mailbox.sent), [201, 204, 204])
})

test('what is known from a breach is refused where the config wants that, by one question for each', async () => {
  const asked: string[] = []
  const has = async (password: string) => asked.push(password) > 0 && password === 'leaked long ago'
  for (const breached of [true, false]) {
    const mailbox = createMailbox()
    world = await openWorld({ ...mailbox, config: { ...testConfig, accounts: { passwords: { breached } } }, breaches: { has } })
    await world.engine.start()
    const statuses = [201, 204, 204]
    assert.deepEqual(await everywhere('leaked long ago', mailbox.sent), breached ? ['breached', 'breached', 'breached'] : statuses)
    if (!breached) break
    assert.deepEqual(await everywhere('leaked nowhere', mailbox.sent), statuses)
    await post('register', { email: 'new2@mail.example', password: 'password1' })
    assert.deepEqual(asked, [...Array(3).fill('leaked long ago'), ...Array(3).fill('leaked nowhere')])
    asked.length = 0
    await world.close()
  }
  assert.deepEqual(asked, [])
})

test('the commonest passwords of the published list are refused, in any case', async () => {
  world = await openWorld()
  for (const password of ['basketball', 'Trustno1', 'JORDAN23', 'qwertyuiop'])
    assert.equal((await post('register', { email: 'new@mail.example', password })).body.errors[0].code, 'common', password)
})
