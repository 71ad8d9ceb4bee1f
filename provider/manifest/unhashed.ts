import type { Dependency } from "./model";

/**
 * The dependencies that a manifest has no hash of, so that nothing tells another file under the same name; sorted by place. Source
 * trees and commits have none by nature, and lines that pin no version can have none.
 */
export function findUnhashed(dependencies: readonly Dependency[]): readonly Dependency[] {
    return dependencies
        .filter(
            ({ source, version, file, hashes }) =>
                ((source.type === "registry" && version !== undefined) || source.type === "url") &&
                file?.hash === undefined &&
                hashes.length === 0,
        )
        .sort((left, right) => left.position.line - right.position.line);
}
