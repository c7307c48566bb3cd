/** Owns the languages offered as a filter: those of the seed data (a test holds the two together). */
export const languages: readonly string[] =
  'ar bg bn ca cs da de el en es et fi fr gl hi hu hy it ja la lt lv ml nl no pl pt ro ru sl sr sv tr uk zh'.split(' ')
