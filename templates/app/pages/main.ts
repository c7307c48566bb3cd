// The page of the app. It speaks to the server by the client library; the server takes the types out as it serves this file.
import { ApiError, createClient, type Live, type RecordIn } from 'kingpost/client'
// A type alone, which knows the collections by name; nothing of the server gets into the page.
import type { backend } from '../kingpost.config.ts'

const client = createClient<typeof backend>()
const { tasks } = client
let live: Live | undefined

function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T
}

/** Does it, and says what was refused. */
async function tried(work: () => Promise<unknown>): Promise<void> {
  try {
    element('news').textContent = ''
    await work()
  } catch (error) {
    element('news').textContent = error instanceof ApiError ? error.message : String(error)
  }
}

function line({ id, text, isDone }: RecordIn<typeof backend, 'tasks'>): HTMLLIElement {
  const box = document.createElement('input')
  box.type = 'checkbox'
  box.checked = isDone
  box.addEventListener('change', () => tried(() => tasks.update(id, { isDone: box.checked })))
  const label = document.createElement('label')
  label.append(box, ` ${text}`)
  const remove = document.createElement('button')
  remove.textContent = 'Remove'
  remove.addEventListener('click', () => tried(() => tasks.delete(id)))
  const item = document.createElement('li')
  item.append(label, remove)
  return item
}

/** Another window of the same account sees each change as well. */
async function open(): Promise<void> {
  const user = await client.auth.me().catch(() => null)
  element('account').hidden = user !== null
  element('desk').hidden = user === null
  live?.close()
  if (user === null) return
  element('who').textContent = user.email
  live = tasks.live({ sort: 'createdAt' }, (all) => element('tasks').replaceChildren(...all.map(line)))
}

element('account').addEventListener('submit', (event) => {
  event.preventDefault()
  const { target, submitter } = event as SubmitEvent
  const given = Object.fromEntries(new FormData(target as HTMLFormElement)) as { email: string; password: string }
  void tried(async () => {
    if ((submitter as HTMLButtonElement | null)?.value === 'register') await client.auth.register(given)
    await client.auth.login(given)
    await open()
  })
})

element('add').addEventListener('submit', (event) => {
  event.preventDefault()
  const form = event.target as HTMLFormElement
  void tried(async () => {
    await tasks.create({ text: String(new FormData(form).get('text')) })
    form.reset()
  })
})

element('leave').addEventListener('click', () =>
  tried(async () => {
    await client.auth.logout()
    await open()
  }),
)

const { items } = await client.notices.list({ sort: '-createdAt', limit: 5 })
element('notices').replaceChildren(
  ...items.map(({ text }) => {
    const item = document.createElement('li')
    item.textContent = text
    return item
  }),
)
await open()
