// By which form a value is given and shown: a kind of field names one of each, and the console has one for every name.
// So a new kind whose form is here already needs no change of the console.

/** How a form of the console takes a value. */
export type InputName =
  | 'none'
  | 'text'
  | 'textarea'
  | 'email'
  | 'url'
  | 'integer'
  | 'decimal'
  | 'money'
  | 'boolean'
  | 'date'
  | 'dateTime'
  | 'choice'
  | 'json'
  | 'reference'
  | 'references'
  | 'lines'
  | 'file'
  | 'files'

/** How the console shows a value. */
export type DisplayName =
  | 'id'
  | 'text'
  | 'longText'
  | 'email'
  | 'url'
  | 'number'
  | 'money'
  | 'boolean'
  | 'date'
  | 'dateTime'
  | 'choice'
  | 'json'
  | 'reference'
  | 'references'
  | 'list'
  | 'file'
  | 'files'
