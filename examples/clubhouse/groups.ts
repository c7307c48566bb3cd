// Groups that members found themselves: who is in one sees what is said there, and its owners say who is in.
import {
  actorId,
  all,
  any,
  before,
  changed,
  collection,
  command,
  defineErrors,
  defineMail,
  EngineError,
  exists,
  field,
  not,
  query,
  signedIn,
  staff,
  Type,
  through,
  users,
  where,
} from 'kingpost'

const own = where('user').eq(actorId)
const isMember = exists('memberships', 'group', own)
const isOwner = exists('memberships', 'group', all(own, where('role').eq('owner')))
const ofMembers = through('group', 'groups', isMember)
const ofOwners = through('group', 'groups', isOwner)

export const groups = collection('groups', {
  fields: { title: field.text({ required: true, min: 1, max: 60 }) },
  access: { read: any(staff, isMember), update: any(staff, isOwner), delete: any(staff, isOwner) },
})

/** Nobody makes one by its route: one founds a group, or accepts an invitation. */
export const memberships = collection('memberships', {
  fields: {
    group: field.ref('groups', { required: true, onDelete: 'cascade' }),
    user: field.ref('users', { required: true, onErase: 'delete' }),
    role: field.enum(['owner', 'member'], { required: true }),
  },
  unique: [['user', 'group']],
  indexes: [['group', 'role']],
  access: {
    read: any(staff, ofMembers),
    update: all(not(changed('group', 'user')), any(staff, ofOwners)),
    delete: any(staff, own, ofOwners),
  },
})

/** What members say to one another. */
export const notices = collection('notices', {
  fields: {
    group: field.ref('groups', { required: true, onDelete: 'cascade' }),
    by: field.ref('users', { default: { set: 'actor' }, write: staff, onErase: 'delete' }),
    text: field.longText({ required: true, min: 1, max: 2_000 }),
  },
  indexes: [['group', 'createdAt']],
  access: { read: ofMembers, create: ofMembers, delete: any(where('by').eq(actorId), ofOwners) },
})

export const groupInvitations = collection('groupInvitations', {
  fields: {
    group: field.ref('groups', { required: true, onDelete: 'cascade' }),
    email: field.email({ required: true, max: 120, onErase: 'delete' }),
    by: field.ref('users', { required: true, default: { set: 'actor' }, write: staff, onErase: 'delete' }),
  },
  unique: [['group', 'email']],
  indexes: [['email']],
  access: { read: ofOwners, create: ofOwners, delete: ofOwners },
})

export const groupErrors = defineErrors({
  last_group_owner: { status: 409, message: 'A group keeps an owner: make somebody else one first, or delete the group.' },
  address_unconfirmed: { status: 403, message: 'Confirm your address first, by the link in the mail about that.' },
})

/** It says nothing that anybody typed: whoever may invite could write to anybody by it. */
export const groupMail = defineMail('group_invitation', {
  data: Type.Object({}, { additionalProperties: false }),
  subject: 'You are invited to a group',
  text: 'Somebody invites you to a group at {{shop}}.\n\nSign in there with this address to see which one. If you do not want to, do nothing.\n',
})

const day = 86_400_000
const invitationMs = 14 * day

/** One mail a day for an address, however many groups invite it: all of them are shown to whoever signs in. */
export const sendInvitation = before({
  name: 'groupInvitations.send',
  on: groupInvitations,
  action: 'create',
  async run({ record, mail, now }) {
    await mail.send(groupMail, { to: record.email, data: {}, key: `${Math.floor(now / day)} ${record.email}` })
  },
})

/** Two owners who leave at once wait for each other at the lock. */
export const keepOwner = before({
  name: 'memberships.keepOwner',
  on: memberships,
  action: ['update', 'delete'],
  errors: [groupErrors.last_group_owner],
  async run({ action, record, before, records }) {
    if (before?.role !== 'owner' || (action === 'update' && record.role === 'owner')) return
    // Null: the group itself is deleted, and its memberships with it.
    if ((await records(groups).lock(record.group)) === null) return
    const others = await records(memberships).count({ where: { group: record.group, role: 'owner', id: { ne: record.id } } })
    if (others === 0) throw groupErrors.last_group_owner()
  },
})

const membership = Type.Object({ id: Type.String(), group: Type.String(), user: Type.String(), role: Type.String() })

export const foundGroup = command({
  name: 'groups.found',
  route: 'POST /api/groups/found',
  summary: 'Found a group',
  input: Type.Object({ title: Type.String({ minLength: 1, maxLength: 60 }) }, { additionalProperties: false }),
  output: membership,
  status: 201,
  access: signedIn,
  async run({ input, actor, records }) {
    const group = await records(groups).create({ title: input.title })
    return { output: await records(memberships).create({ group: group.id, user: actor.id!, role: 'owner' }) }
  },
})

/** Only an address that was confirmed is the caller's: anybody can register with one of somebody else. */
export const myInvitations = query({
  name: 'groupInvitations.mine',
  route: 'GET /api/groupInvitations/mine',
  summary: 'Groups that invite the caller',
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object({ items: Type.Array(Type.Object({ id: Type.String(), title: Type.String() })) }),
  errors: [groupErrors.address_unconfirmed],
  access: signedIn,
  async run({ actor, records, now }) {
    const user = await records(users).get(actor.id!)
    if (!user?.emailVerified) throw groupErrors.address_unconfirmed()
    const mine = { email: user.email, createdAt: { gt: now - invitationMs } }
    const items: { id: string; title: string }[] = []
    for (const { id, group } of await records(groupInvitations).list({ where: mine, limit: 50 }))
      items.push({ id, title: (await records(groups).get(group))?.title ?? '' })
    return { output: { items } }
  },
})

/** Whoever invited answers for it: once they are no owner any more, they have invited nobody. */
export const acceptInvitation = command({
  name: 'groupInvitations.accept',
  route: 'POST /api/groupInvitations/:id/accept',
  summary: 'Accept an invitation to a group',
  input: Type.Object({ id: Type.String() }, { additionalProperties: false }),
  output: membership,
  errors: ['not_found', groupErrors.address_unconfirmed],
  access: signedIn,
  async run({ input, actor, records, now }) {
    const user = await records(users).get(actor.id!)
    if (!user?.emailVerified) throw groupErrors.address_unconfirmed()
    const invitation = await records(groupInvitations).get(input.id)
    if (invitation?.email !== user.email || invitation.createdAt <= now - invitationMs) throw new EngineError('not_found')
    const { group, by } = invitation
    await records(groups).lock(group)
    if ((await records(memberships).count({ where: { group, user: by, role: 'owner' } })) === 0) throw new EngineError('not_found')
    await records(groupInvitations).delete(invitation)
    const had = await records(memberships).first({ where: { group, user: user.id } })
    return { output: had ?? (await records(memberships).create({ group, user: user.id, role: 'member' })) }
  },
})
