import { defineBackend } from 'kingpost'
import { notices } from './notices.ts'
import { tasks } from './tasks.ts'

export const backend = defineBackend({
  name: 'My app',
  collections: [tasks, notices],
  storefront: './pages',
  // For an empty database in development, once.
  seed: () => [{ collection: 'notices', records: [{ text: 'Welcome. Make an account and write down what is to be done.' }] }],
})
