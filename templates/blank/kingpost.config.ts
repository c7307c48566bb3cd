import { defineBackend } from 'kingpost'

export const backend = defineBackend({ name: 'My backend', collections: [] })
