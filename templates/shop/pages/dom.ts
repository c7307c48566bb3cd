export function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T
}

export function show(id: string, isShown: boolean): void {
  element(id).hidden = !isShown
}

export function say(text: string): void {
  element('news').textContent = text
}

export const euros = ({ amount }: { amount: number }) => (amount / 100).toLocaleString(undefined, { style: 'currency', currency: 'EUR' })

/** Does it with the button out of reach, so that a second click does nothing, and says what was refused. */
export function onSubmit(id: string, work: () => Promise<void>): void {
  const form = element<HTMLFormElement>(id)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void trying(form.querySelector('button')!, work)
  })
}

export async function trying(button: HTMLButtonElement, work: () => Promise<void>): Promise<void> {
  button.disabled = true
  try {
    await work()
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
  } finally {
    button.disabled = false
  }
}

/** What was typed or chosen, by the names of the fields. */
export function valuesOf(id: string): Record<string, string> {
  return Object.fromEntries(new FormData(element<HTMLFormElement>(id))) as Record<string, string>
}
