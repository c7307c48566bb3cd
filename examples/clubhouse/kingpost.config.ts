// A club without a shop: members in teams, events, and what is said about them. Run it from the clone:
// npm run kingpost -- start --config examples/clubhouse/kingpost.config.ts --data-dir data/clubhouse
import {
  actorId,
  all,
  any,
  anyone,
  before,
  collection,
  defineBackend,
  defineErrors,
  exists,
  field,
  role,
  signedIn,
  staff,
  through,
  where,
} from 'kingpost'
import * as club from './groups.ts'

/** An admin gives the role in the console, at the account. */
const organiser = any(staff, role('organiser'))
const own = where('user').eq(actorId)

const teams = collection('teams', {
  fields: {
    name: field.text({ required: true, unique: true, max: 60, search: true }),
    about: field.longText({ max: 2_000 }),
    /** Every member may choose it. Into others an organiser puts them. */
    isOpen: field.boolean({ default: true }),
  },
  access: { read: anyone, create: organiser, update: organiser, delete: organiser },
})

/** Who an account is in the club. Organisers may suspend somebody: then nothing of theirs can be written. */
const members = collection('members', {
  fields: {
    user: field.ref('users', { required: true, unique: true, default: { set: 'actor' }, write: staff }),
    name: field.text({ required: true, min: 1, max: 60, search: true }),
    team: field.ref('teams'),
    isSuspended: field.boolean({ default: false, write: organiser }),
  },
  indexes: [['team', 'name']],
  access: { read: signedIn, create: signedIn, update: any(organiser, own), delete: any(organiser, own) },
})

export const errors = defineErrors({ by_invitation: { status: 403, message: 'This team is by invitation: an organiser puts you in.' } })

/** A rule of updates holds for the record before and after; who was asked in is a question of what changes alone. */
const checkTeam = before({
  name: 'members.checkTeam',
  on: members,
  action: ['create', 'update'],
  async run({ record, before, actor, records }) {
    if (record.team === null || record.team === before?.team) return
    if (actor.kind === 'system' || actor.roles.some((role) => ['organiser', 'staff', 'admin'].includes(role))) return
    const team = await records(teams).get(record.team)
    if (!team?.isOpen) throw errors.by_invitation({ path: '/team' })
  },
})

/** A guest sees what is public; whoever is signed in sees all. */
const events = collection('events', {
  fields: {
    title: field.text({ required: true, max: 120, search: true }),
    about: field.longText({ max: 5_000, search: true }),
    startsAt: field.dateTime({ required: true }),
    place: field.text({ max: 120 }),
    team: field.ref('teams'),
    isPublic: field.boolean({ default: true }),
  },
  indexes: [['startsAt'], ['team', 'startsAt']],
  lists: { comments: { from: 'comments', by: 'event' } },
  access: { read: any(signedIn, where('isPublic').eq(true)), create: organiser, update: organiser, delete: organiser },
})

const inGoodStanding = all(own, where('isSuspended').eq(false))
const mine = through('author', 'members', own)

const comments = collection('comments', {
  fields: {
    event: field.ref('events', { required: true }),
    author: field.ref('members', { required: true }),
    text: field.longText({ required: true, min: 1, max: 2_000, search: true }),
  },
  indexes: [['event', 'createdAt']],
  access: {
    read: signedIn,
    create: through('author', 'members', inGoodStanding),
    update: mine,
    delete: any(organiser, mine),
  },
})

/** The team's alone: whoever is not in it, or suspended, gets neither the record nor the bytes, whatever address they know. */
const ofTheTeam = through('team', 'teams', exists('members', 'team', inGoodStanding))

const photos = collection('photos', {
  fields: {
    team: field.ref('teams', { required: true }),
    by: field.ref('members', { required: true }),
    picture: field.file({
      required: true,
      accept: ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/gif'],
      maxBytes: 30_000_000,
    }),
    about: field.text({ max: 200 }),
  },
  indexes: [['team', '-createdAt']],
  access: {
    read: any(organiser, ofTheTeam),
    create: all(ofTheTeam, through('by', 'members', inGoodStanding)),
    delete: any(organiser, through('by', 'members', own)),
  },
})

const hour = 3_600_000
const day = 24 * hour

export const backend = defineBackend({
  name: 'Clubhouse',
  collections: [teams, members, events, comments, photos, club.groups, club.memberships, club.notices, club.groupInvitations],
  hooks: [checkTeam, club.sendInvitation, club.keepOwner],
  operations: [club.foundGroup, club.myInvitations, club.acceptInvitation],
  mails: [club.groupMail],
  storefront: './pages',
  seed({ newId, now }) {
    const [rowing, chess, committee] = [newId('team'), newId('team'), newId('team')]
    const at = (days: number) => now - (now % day) + days * day + 18 * hour
    return [
      {
        collection: 'teams',
        records: [
          { id: rowing, name: 'Rowing', about: 'On the water from April to October.' },
          { id: chess, name: 'Chess', about: 'Every Thursday in the library.' },
          { id: committee, name: 'Committee', about: 'Those who run the club.', isOpen: false },
        ],
      },
      {
        collection: 'events',
        records: [
          { title: 'First row of the year', startsAt: at(3), place: 'Boathouse', team: rowing },
          { title: 'Lightning tournament', startsAt: at(9), place: 'Library', team: chess, about: 'Five minutes each. Bring a clock.' },
          { title: 'Committee', startsAt: at(12), place: 'Upstairs', isPublic: false, team: committee },
        ],
      },
    ]
  },
})
