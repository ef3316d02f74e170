/** What moves a terminal's cursor, rewrites what stands there or turns its direction; lines and tabs are the text's own. */
const commands = /[^\P{Cc}\n\t]|\p{Bidi_Control}/gu

/** A text that may be a stranger's, as of a bundle or its model, so that a terminal shows all of it and obeys none of it. */
export const printable = (text: string): string => text.replaceAll(commands, (command) => `\\u${command.charCodeAt(0).toString(16).padStart(4, '0')}`)
