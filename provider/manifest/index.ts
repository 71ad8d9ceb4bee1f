/**
 * Manifests: reading one, understanding it, and what of it would be installed for a target.
 */
export * from "./compare";
export { refuseCredentials, withoutUserInfo } from "./credentials";
export * from "./model";
export { normalizeName } from "./name";
export { parseManifest } from "./parse";
export { formatPosition } from "./position";
export { type FileBytes, manifestKindOf, readManifest, readManifestBytes } from "./read";
export { selectDependencies } from "./select";
