/** Owns forms: labelled fields, errors at the field they belong to, and a button that cannot be pressed twice. */
import { ApiError, type InputError } from 'kingpost/client'
import { h } from './dom.ts'
import { explain, explainField } from './problems.ts'

type FieldOptions = {
  label: string
  /** The JSON pointer of this value in the request body, so that the server's errors find it. */
  name: string
  type?: string
  value?: string
  autocomplete?: string
  optional?: boolean
  /** The word for it. */
  optionalText?: string
  hint?: string
  minlength?: number
  class?: string
}

let fieldCount = 0
/** Two forms of one page may ask for the same thing, so the name alone is no id. */
function createFieldId(): string {
  fieldCount += 1
  return `field-${fieldCount}`
}

export function field(options: FieldOptions): HTMLElement {
  const id = createFieldId()
  const input = h('input', {
    id,
    name: options.name,
    type: options.type ?? 'text',
    value: options.value,
    autocomplete: options.autocomplete,
    required: !options.optional,
    minlength: options.minlength,
    'aria-describedby': `${id}-note`,
  })
  return wrapField(options, id, input)
}

export function selectField(options: FieldOptions, choices: readonly (readonly [value: string, text: string])[]): HTMLElement {
  const id = createFieldId()
  const select = h(
    'select',
    {
      id,
      name: options.name,
      autocomplete: options.autocomplete,
      'aria-describedby': `${id}-note`,
    },
    choices.map(([value, text]) => h('option', { value, selected: value === options.value }, text)),
  )
  return wrapField(options, id, select)
}

function wrapField(options: FieldOptions, id: string, control: HTMLElement): HTMLElement {
  const optional = options.optional ? h('span', { class: 'quiet' }, ` (${options.optionalText ?? 'optional'})`) : null
  const note = h('p', { class: 'field-note', id: `${id}-note`, 'data-hint': options.hint }, options.hint)
  return h('div', { class: `field ${options.class ?? ''}` }, h('label', { for: id }, options.label, optional), control, note)
}

/** `usualPrice` is crossed out beside the price. */
export type RadioChoice = { value: string; title: string; note?: string; price?: string; usualPrice?: string }

/** A set of big, tappable choices. */
export function radios(legend: string, name: string, choices: readonly RadioChoice[], chosen: string | undefined): HTMLFieldSetElement {
  return h(
    'fieldset',
    { class: 'choices' },
    h('legend', {}, legend),
    choices.map(({ value, title, note, price, usualPrice }) =>
      h(
        'label',
        { class: 'choice' },
        h('input', { type: 'radio', name, value, checked: value === chosen, required: true }),
        h('span', { class: 'choice-text' }, h('strong', {}, title), note && h('small', {}, note)),
        price && h('span', { class: 'choice-price' }, usualPrice && h('s', {}, usualPrice), ' ', price),
      ),
    ),
  )
}

export function banner(): HTMLElement {
  return h('div', { class: 'banner', role: 'alert', hidden: true })
}

export function showBanner(place: HTMLElement, text: string): void {
  place.textContent = text
  place.hidden = text === ''
  if (text !== '') place.scrollIntoView({ block: 'nearest' })
}

export function readField(form: HTMLFormElement, name: string): string {
  const value = String(new FormData(form).get(name) ?? '')
  const control = form.elements.namedItem(name)
  // A blank at the end of an address is a slip; in a password it may be meant.
  return control instanceof HTMLInputElement && control.type === 'password' ? value : value.trim()
}

/** How a form speaks of what is wrong. */
export type Speech = {
  whole(error: unknown): string
  field(error: InputError): string
  empty: string
  tooShort(min: number): string
  odd: string
}

const shopSpeech: Speech = {
  whole: explain,
  field: explainField,
  empty: 'Please fill this in.',
  tooShort: (min) => `Please use at least ${min} characters.`,
  odd: 'This does not look right.',
}

/** Runs `work` on submit: fields are checked first, the button waits, every failure is shown where it belongs. */
export function onSubmit(form: HTMLFormElement, place: HTMLElement, work: () => Promise<void>, spoken: Partial<Speech> = {}): void {
  const speech = { ...shopSpeech, ...spoken }
  form.noValidate = true
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const button = form.querySelector<HTMLButtonElement>('button[type=submit]')
    if (button?.getAttribute('aria-busy') === 'true') return
    clearErrors(form)
    showBanner(place, '')
    if (!checkFields(form, speech)) return
    button?.setAttribute('aria-busy', 'true')
    try {
      await work()
    } catch (error) {
      showProblem(form, place, { error, speech })
    } finally {
      button?.removeAttribute('aria-busy')
    }
  })
}

function showProblem(form: HTMLFormElement, place: HTMLElement, { error, speech }: { error: unknown; speech: Speech }): void {
  const errors = error instanceof ApiError ? error.errors : []
  const elsewhere = errors.filter((one) => !showAtField(form, one.path, speech.field(one)))
  const isAllShown = errors.length > 0 && elsewhere.length === 0
  const isTooVague = error instanceof ApiError && error.code === 'validation_failed'
  const details = isTooVague ? elsewhere.map((one) => one.message).join(' ') : ''
  showBanner(place, isAllShown ? '' : details || speech.whole(error))
  form.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
}

function showAtField(form: HTMLFormElement, path: string, message: string): boolean {
  const control = form.elements.namedItem(path)
  if (!(control instanceof HTMLElement)) return false
  control.setAttribute('aria-invalid', 'true')
  const note = document.getElementById(`${control.id}-note`)
  if (note) note.textContent = message
  return true
}

function clearErrors(form: HTMLFormElement): void {
  for (const control of form.querySelectorAll('[aria-invalid]')) {
    control.removeAttribute('aria-invalid')
    const note = document.getElementById(`${control.id}-note`)
    if (note) note.textContent = note.dataset.hint ?? ''
  }
}

function checkFields(form: HTMLFormElement, speech: Speech): boolean {
  for (const control of form.querySelectorAll<HTMLInputElement>('input:not([type=radio])')) {
    const { validity } = control
    if (validity.valid && (!control.required || control.value.trim() !== '')) continue
    const isEmpty = control.value.trim() === ''
    const message = isEmpty ? speech.empty : validity.tooShort ? speech.tooShort(control.minLength) : speech.odd
    showAtField(form, control.name, message)
  }
  const first = form.querySelector<HTMLElement>('[aria-invalid=true]')
  first?.focus()
  return first === null
}
