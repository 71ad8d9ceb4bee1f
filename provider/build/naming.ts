import type { Dependency } from "../manifest/model";

/** `numpy 2.3.5`, or only the name where the version is not known yet; for messages. */
export const dependencyName = ({ name, version }: Pick<Dependency, "name" | "version">): string =>
    version === undefined ? name : `${name} ${version}`;
