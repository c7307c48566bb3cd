// The one page of the club: its events, and for members what is said about the one that is open, as it is said, and their team's photos.
import { ApiError, createClient, type Live, type LiveQueryOptions, pictureUrl, type RecordIn } from 'kingpost/client'
import type { backend } from '../kingpost.config.ts'
import { forgetLine, watchLine } from './line.ts'

type Club = typeof backend
type Event = RecordIn<Club, 'events'>
type Comment = RecordIn<Club, 'comments'>
type Member = RecordIn<Club, 'members'>
type Photo = RecordIn<Club, 'photos'>

const client = createClient<Club>()
let me: Member | undefined
let opened: Event | undefined
/** What is followed: for as long as somebody is here, an event is open, a team is theirs. */
const follows = new Map<'members' | 'comments' | 'photos', Live>()
let members: readonly Member[] = []
let comments: readonly Comment[] = []
let photos: readonly Photo[] = []

function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T
}

function make<K extends keyof HTMLElementTagNameMap>(tag: K, ...parts: readonly (Node | string)[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  made.append(...parts)
  return made
}

/** `name`: with what it is about, for those who do not see where it stands. */
function button(text: string, press: () => unknown, name = text): HTMLButtonElement {
  const made = make('button', text)
  made.type = 'button'
  made.ariaLabel = name
  made.addEventListener('click', () => void tried(async () => await press()))
  return made
}

function say(error: unknown): void {
  element('news').textContent = error instanceof ApiError ? error.message : String(error)
}

/** Does it, and says what was refused. */
async function tried(work: () => Promise<unknown>): Promise<void> {
  try {
    element('news').textContent = ''
    await work()
  } catch (error) {
    say(error)
  }
}

/** What is deleted here is gone: asked first. Esc keeps it. */
function deleteButton(what: string, remove: () => Promise<unknown>): HTMLButtonElement {
  return button(
    'Delete',
    async () => {
      const sure = element<HTMLDialogElement>('sure')
      element('sure-about').textContent = `Delete ${what}? It cannot be brought back.`
      sure.returnValue = ''
      sure.showModal()
      await new Promise((closed) => sure.addEventListener('close', closed, { once: true }))
      if (sure.returnValue === 'delete') await remove()
    },
    `Delete ${what}`,
  )
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

const nameOf = (id: string) => members.find((member) => member.id === id)?.name ?? 'Somebody'

function said({ id, author, text }: Comment): HTMLLIElement {
  const own = author === me?.id ? [' ', deleteButton(`the comment “${text}”`, () => client.comments.delete(id))] : []
  return make('li', make('strong', nameOf(author)), ` ${text}`, ...own)
}

/** As small as it is shown, for screens of twice the density; the whole picture is behind it. */
function shown({ id, by, about, picture }: Photo): HTMLLIElement {
  const image = make('img')
  Object.assign(image, {
    src: pictureUrl(picture.url, { w: 384 }),
    width: 384,
    height: 384,
    loading: 'lazy',
    alt: about ?? `A photo by ${nameOf(by)}`,
  })
  const whole = make('a', image)
  whole.href = picture.url
  const own = by === me?.id ? [' ', deleteButton(`the photo “${about ?? picture.name}”`, () => client.photos.delete(id))] : []
  return make('li', whole, make('small', [about, nameOf(by)].filter(Boolean).join(' · ')), ...own)
}

function show(): void {
  element('comments').replaceChildren(...comments.map(said))
  element('photos').replaceChildren(...photos.map(shown))
}

function follow(name: 'members' | 'comments' | 'photos', begin: ((options: LiveQueryOptions) => Live) | null): void {
  follows.get(name)?.close()
  follows.delete(name)
  forgetLine(name)
  if (begin !== null) follows.set(name, begin(watchLine(name, say)))
}

/** Another window hears of each comment by the same list. */
function open(event: Event): void {
  opened = event
  element('event').hidden = me === undefined
  element('event-title').textContent = event.title
  element('about').textContent = event.about ?? ''
  if (me === undefined) {
    element('news').textContent = 'Members see what is said about it.'
    return
  }
  const showAll = (all: readonly Comment[]) => {
    comments = all
    show()
  }
  follow('comments', (options) => client.comments.live({ filter: { event: event.id }, sort: 'createdAt' }, showAll, options))
}

/** The photos of the own team, if there is one. */
function openAlbum(): void {
  const team = me?.team ?? null
  photos = []
  show()
  element('album').hidden = me === undefined
  element<HTMLSelectElement>('team').value = team ?? ''
  element('send').hidden = team === null
  element('album-about').textContent =
    team === null
      ? 'Choose your team to see its photos. Teams by invitation are not in the list: an organiser puts you in.'
      : 'Only its members see the photos of a team.'
  if (team === null) return follow('photos', null)
  const showAll = (all: readonly Photo[]) => {
    photos = all
    show()
  }
  follow('photos', (options) => client.photos.live({ filter: { team }, sort: '-createdAt', limit: 60 }, showAll, options))
}

/** Those that everybody may choose, and the own one. */
async function showTeams(): Promise<void> {
  const { items } = await client.teams.list({ sort: 'name', limit: 200 })
  const choices = items.filter(({ id, isOpen }) => isOpen || id === me?.team)
  const options = [{ id: '', name: 'None yet' }, ...choices].map(({ id, name }) => {
    const option = make('option', name)
    option.value = id
    return option
  })
  element('team').replaceChildren(...options)
  openAlbum()
}

/** An organiser may have put this member into another team. */
async function showMembers(all: readonly Member[]): Promise<void> {
  members = all
  show()
  const now = all.find(({ id }) => id === me?.id)
  if (now === undefined || now.team === me?.team) return
  me = now
  await showTeams()
}

async function beginAlbum(): Promise<void> {
  const begin = (options: LiveQueryOptions) => client.members.live({}, (all) => void tried(() => showMembers(all)), options)
  follow('members', me === undefined ? null : begin)
  await showTeams()
}

/** Again after signing in and out: a guest sees fewer events. */
async function begin(): Promise<void> {
  follow('comments', null)
  const user = await client.auth.me().catch(() => null)
  me = user === null ? undefined : (await client.members.list({ filter: { user: user.id } })).items[0]
  element('account').hidden = me !== undefined
  element('who').hidden = me === undefined
  element('event').hidden = true
  element('name').textContent = me?.name ?? ''
  const { items } = await client.events.list({ sort: 'startsAt', limit: 50 })
  element('events').replaceChildren(...items.map(line))
  await beginAlbum()
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

element('team').addEventListener('change', ({ target }) =>
  tried(async () => {
    me = await client.members.update(me!.id, { team: (target as HTMLSelectElement).value || null })
    openAlbum()
  }),
)

/** Its bytes first: where the line is cut they go on from what has arrived, after a reload as well. Then the photo that they are. */
element('send').addEventListener('submit', (event) => {
  event.preventDefault()
  const form = event.target as HTMLFormElement
  const about = String(new FormData(form).get('about')).trim()
  const photo = new FormData(form).get('photo') as File
  const [progress, send] = [element<HTMLProgressElement>('sent'), form.querySelector('button')!]
  progress.value = 0
  progress.hidden = false
  send.disabled = true
  const sent = tried(async () => {
    const onProgress = (bytes: number, all: number) => (progress.value = (100 * bytes) / all)
    const picture = await client.files.upload(photo, { for: 'photos.picture', keptIn: localStorage, onProgress })
    await client.photos.create({ team: me!.team!, by: me!.id, picture, ...(about === '' ? {} : { about }) })
    form.reset()
  })
  void sent.then(() => {
    progress.hidden = true
    send.disabled = false
  })
})

element('leave').addEventListener('click', () =>
  tried(async () => {
    await client.auth.logout()
    await begin()
  }),
)

await begin()
