// The one page of the club: its events, and for members what is said about the one that is open, as it is said.
import { ApiError, createClient, type Live, type RecordIn } from 'kingpost/client'
import type { backend } from '../kingpost.config.ts'

type Club = typeof backend
type Event = RecordIn<Club, 'events'>
type Comment = RecordIn<Club, 'comments'>
type Member = RecordIn<Club, 'members'>

const client = createClient<Club>()
let me: Member | undefined
let opened: Event | undefined
let lives: Live[] = []
let members: readonly Member[] = []
let comments: readonly Comment[] = []

function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T
}

function make<K extends keyof HTMLElementTagNameMap>(tag: K, ...parts: readonly (Node | string)[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  made.append(...parts)
  return made
}

function button(text: string, press: () => unknown): HTMLButtonElement {
  const made = make('button', text)
  made.type = 'button'
  made.addEventListener('click', () => void tried(async () => await press()))
  return made
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

function line(event: Event): HTMLLIElement {
  const when = new Date(event.startsAt).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })
  return make(
    'li',
    button(event.title, () => open(event)),
    ' ',
    make('small', [when, event.place].filter(Boolean).join(', ')),
  )
}

function said({ id, author, text }: Comment): HTMLLIElement {
  const name = members.find((member) => member.id === author)?.name ?? 'Somebody'
  const own = author === me?.id ? [' ', button('Take back', () => client.comments.delete(id))] : []
  return make('li', make('strong', name), ` ${text}`, ...own)
}

function show(): void {
  element('comments').replaceChildren(...comments.map(said))
}

/** Another window hears of each comment by the same list. */
function open(event: Event): void {
  opened = event
  for (const live of lives) live.close()
  comments = []
  element('event').hidden = me === undefined
  element('event-title').textContent = event.title
  element('about').textContent = event.about ?? ''
  if (me === undefined) {
    element('news').textContent = 'Members see what is said about it.'
    return
  }
  lives = [
    client.members.live({}, (all) => {
      members = all
      show()
    }),
    client.comments.live({ filter: { event: event.id }, sort: 'createdAt' }, (all) => {
      comments = all
      show()
    }),
  ]
}

/** Again after signing in and out: a guest sees fewer events. */
async function begin(): Promise<void> {
  for (const live of lives) live.close()
  const user = await client.auth.me().catch(() => null)
  me = user === null ? undefined : (await client.members.list({ filter: { user: user.id } })).items[0]
  element('account').hidden = me !== undefined
  element('who').hidden = me === undefined
  element('event').hidden = true
  element('name').textContent = me?.name ?? ''
  const { items } = await client.events.list({ sort: 'startsAt', limit: 50 })
  element('events').replaceChildren(...items.map(line))
}

element('account').addEventListener('submit', (event) => {
  event.preventDefault()
  const { target, submitter } = event as SubmitEvent
  const { email, password, name } = Object.fromEntries(new FormData(target as HTMLFormElement)) as Record<string, string>
  void tried(async () => {
    const isNew = (submitter as HTMLButtonElement | null)?.value === 'join'
    if (isNew) await client.auth.register({ email: email!, password: password! })
    await client.auth.login({ email: email!, password: password! })
    if (isNew) await client.members.create({ name: name! })
    await begin()
  })
})

element('say').addEventListener('submit', (event) => {
  event.preventDefault()
  const form = event.target as HTMLFormElement
  const text = String(new FormData(form).get('text'))
  void tried(async () => {
    await client.comments.create({ event: opened!.id, author: me!.id, text })
    form.reset()
  })
})

element('leave').addEventListener('click', () =>
  tried(async () => {
    await client.auth.logout()
    await begin()
  }),
)

await begin()
