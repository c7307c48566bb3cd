// What the installation itself remembers, whoever asks: the secrets it made, who its admins are. Not what an owner declares,
// which is `config/`. Each name is written by one file; none is reached by the API.
import { collection } from '../schema/collection.ts'
import { field } from '../schema/field.ts'

/** Named values of the installation itself, such as the one-time set-up link. */
export const settings = collection('settings', {
  prefix: 'set',
  system: true,
  internal: true,
  feed: false,
  fields: {
    name: field.text({ required: true, unique: true }),
    value: field.json<Record<string, unknown>>({ required: true }),
  },
})
