/** Ends the memory of an array that nobody reads any more, if it is all of its buffer: left to the engine's collector, megabytes of them make it go through the whole heap on the event loop. */
export function giveBack({ buffer, byteLength }: Uint8Array<ArrayBuffer>): void {
  if (byteLength === buffer.byteLength) buffer.transfer(0)
}
