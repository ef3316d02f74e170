/** Memory that threads share, for megabytes that come in pieces: the system gives its pages, cleared, as each is first written. One that cannot grow is cleared as a whole, in a millisecond or more. */
export function sharedMemory(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(bytes, { maxByteLength: bytes })
}

/** Ends the memory of an array that nobody reads any more, if it is all of its buffer: left to the engine's collector, megabytes of them make it go through the whole heap on the event loop. */
export function giveBack({ buffer, byteLength }: Uint8Array<ArrayBuffer>): void {
  if (byteLength === buffer.byteLength) buffer.transfer(0)
}
