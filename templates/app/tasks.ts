import { actorId, any, collection, field, signedIn, staff, where } from 'kingpost'

const own = where('owner').eq(actorId)

/** What somebody has to do. Nobody else sees it but staff. */
export const tasks = collection('tasks', {
  fields: {
    text: field.text({ required: true, min: 1, max: 200, search: true }),
    isDone: field.boolean({ default: false }),
    owner: field.ref('users', { required: true, default: { set: 'actor' }, write: staff }),
  },
  indexes: [['owner', 'createdAt']],
  access: { read: any(staff, own), create: signedIn, update: own, delete: own },
})
