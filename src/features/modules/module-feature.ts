import type { Family } from '../catalog/family.ts'

/**
 * What a module of features exports, one for each: the form of the catalogue's own definitions. Its kernel has one output, and who it is follows from the file: bytes of the file are part of its
 * digest and of the names of its states, so that an edited file never goes on in states of the one before.
 */
export type ModuleFeature = Omit<Family, 'kernelKey' | 'version' | 'perTimeframe' | 'output'>
