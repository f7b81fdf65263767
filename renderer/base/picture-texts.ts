/** What is said in the place of a photo that cannot be shown; a part of texts.ts. */
export const pictureTexts = {
  unavailable: 'This photo cannot be shown',
  unavailableHint: 'Its picture could not be loaded, and no reason is known. Try again, or open it in another program.',
  gone: 'This photo is not in the library any more',
  goneHint: 'If its file was moved within your folders, the photo is in the library at its new place.',
  changed: 'The file of this photo has changed',
  changedHint: 'Its new picture is shown once it has been read. A file that cannot be read is listed in the library.',
} as const;

/** What can be done about a photo that cannot be opened, by code, where the message itself does not say it. */
export const photoRemedies: Readonly<Record<string, string>> = {
  'no-permission': 'Give your user permission to read it and its folder, then try again.',
  'photo-empty': 'Copy it again from its source.',
  'photo-unreadable': 'Open it in another program. If that cannot show it either, copy it again from its source.',
  'photo-unsupported': 'Open it in another program, which may be able to save it as a JPEG file.',
  'photo-too-large': 'Open it in another program, which may be able to save a smaller copy.',
  'photo-timeout': 'Try again, or open it in another program.',
  'photo-crashed': 'Try again, or open it in another program.',
  'photo-unavailable': 'Try again in a moment.',
};
