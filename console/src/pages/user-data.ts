/** What an admin does with all that is kept of one person: has it gathered for them, or erased. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { formatDay } from '../format.ts'
import { Card, ErrorNote } from '../ui/parts.ts'
import { toast } from '../ui/toast.ts'

export function UserData({ id }: { id: string }): VNode {
  const [error, setError] = useState<unknown>(undefined)
  const [isAsked, setAsked] = useState(false)
  const act = async (run: () => Promise<void>) => {
    setError(undefined)
    await run().catch(setError)
  }
  const gather = () =>
    act(async () => {
      await client.call('POST', `/api/users/${id}/export`)
      toast('It is being gathered. The customer gets a mail, and alone can download it.')
    })
  const erase = () =>
    act(async () => {
      const { dueAt } = await client.call<{ dueAt: string }>('POST', `/api/users/${id}/erase`, { body: {} })
      setAsked(false)
      toast(`The account is closed, and erased on ${formatDay(dueAt)} unless its owner keeps it.`)
    })
  return html`<${Card} title="Data of this person">
    <${ErrorNote} error=${error} />
    ${isAsked && html`<p>The account is closed at once. In seven days all that names this person is removed; orders stay in the books without name and address.</p>`}
    <div class="form-actions">
      <button type="button" class="button" onClick=${gather}>Gather for the customer</button>
      ${
        isAsked
          ? html`<button type="button" class="button danger" onClick=${erase}>Erase this person</button>
            <button type="button" class="button" onClick=${() => setAsked(false)}>Cancel</button>`
          : html`<button type="button" class="button danger" onClick=${() => setAsked(true)}>Erase …</button>`
      }
    </div>
  <//>`
}
