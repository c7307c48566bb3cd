// What a project imports: everything a kingpost.config.ts needs, and nothing else.
export { actorCartToken, actorId, all, any, anyone, exists, nobody, not, role, signedIn, staff, through, where } from './access/rule.ts'
export { defineBackend } from './engine/backend.ts'
export { command, query } from './operation/define.ts'
export { collection } from './schema/collection.ts'
export { field } from './schema/field.ts'
