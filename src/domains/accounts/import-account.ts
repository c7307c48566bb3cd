// Accounts of another system, with the passwords that their owners know: an address that has an account here stays as it is, so
// the same file again changes nothing.
import { normalEmail } from '../../base/email-address.ts'
import { invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { type Static, Type } from '../../contract/type.ts'
import type { Work } from '../../operation/work.ts'
import { validatorOf } from '../../schema/validate.ts'
import { noteAdmin } from './admins.ts'
import { passwords, users } from './collections.ts'
import { foreignCheck, foreignForms } from './foreign-hashes.ts'
import { checkRoles } from './may-give.ts'
import { emailInput, nameInput, normalName } from './shapes.ts'

const importedAccount = Type.Object(
  {
    email: emailInput,
    name: nameInput,
    emailVerified: Type.Optional(Type.Boolean()),
    roles: Type.Optional(Type.Array(Type.String(), { maxItems: limits.rolesMax, uniqueItems: true })),
    disabled: Type.Optional(Type.Boolean()),
    passwordHash: Type.Optional(Type.String({ maxLength: limits.passwordHashCharactersMax })),
  },
  { additionalProperties: false },
)
export type ImportedAccount = Static<typeof importedAccount>

/** The row as an account, with roles that there are and a hash that can be checked. @throws validation_failed */
export function checkAccount(row: unknown, roles: readonly string[]): ImportedAccount {
  validatorOf(importedAccount)(row)
  const account = row as ImportedAccount
  checkRoles(account.roles ?? [], [], roles)
  if ((account.roles?.length ?? 0) > 0 && account.emailVerified !== true)
    throw invalid('/emailVerified', 'required', 'must be true of an account with roles: somebody else may have typed the address')
  const { passwordHash } = account
  if (passwordHash !== undefined && !passwordHash.startsWith('$argon2id$') && foreignCheck(passwordHash) === null)
    throw invalid('/passwordHash', 'format', `must be one of: Argon2id as $argon2id$…; ${foreignForms.join('; ')}`)
  return account
}

/** Answers whether there is a new account. Without a hash its owner sets a password by mail. */
export async function importAccount(work: Work, account: ImportedAccount): Promise<boolean> {
  const { tx, newId } = work
  const { name, emailVerified = false, roles = [], disabled = false, passwordHash } = account
  const email = normalEmail(account.email)
  const user = await tx.insertOnce(users, {
    id: newId('usr'),
    email,
    name: normalName(name),
    roles,
    emailVerified,
    disabled,
    customerGroup: null,
  })
  if (user === null) return false
  if (passwordHash !== undefined) await tx.insert(passwords, { id: newId('pwd'), user: user.id, hash: passwordHash })
  await noteAdmin(work, null, user)
  return true
}
