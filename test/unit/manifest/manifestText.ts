import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import path from "node:path";
import { type ErrorCode, isLayerError, type LayerError } from "../../../provider/errors";
import {
    type LockedPackage,
    type Manifest,
    type ManifestFile,
    type ManifestKind,
    parseManifest,
    readManifest,
    type Selection,
    selectDependencies,
} from "../../../provider/manifest";
import { targetFor } from "../../../provider/target";
import { repository } from "../../../scripts/cacheFolder";

/** The folder of the manifests that the tests read. */
export const fixtures = path.join(repository, "test/fixtures/manifests");

/** Reads and understands a manifest of the fixtures. */
export async function parseFixture(name: string): Promise<Manifest> {
    return parseManifest(await readManifest(name, { folder: fixtures }));
}

/** A manifest that holds `text`, as if it had been read from `/project`, with its includes by path. */
export function manifestText(
    kind: ManifestKind,
    text: string,
    includes: Readonly<Record<string, string>> = {},
): ManifestFile {
    const bytes = Buffer.from(text);
    const inProject = (name: string) => path.resolve("/project", name);
    return {
        kind,
        path: kind,
        folder: "/project",
        absolutePath: inProject(kind),
        bytes,
        md5: createHash("md5").update(bytes).digest("hex"),
        text,
        includes: Object.entries(includes).map(([name, content]) => ({
            path: name,
            absolutePath: inProject(name),
            bytes: Buffer.from(content),
            text: content,
        })),
    };
}

/** Understands a manifest that holds `text`. */
export const parseText = (
    kind: ManifestKind,
    text: string,
    includes?: Readonly<Record<string, string>>,
): Manifest => parseManifest(manifestText(kind, text, includes));

/** The error that understanding `text` gives. */
export function errorOf(
    kind: ManifestKind,
    text: string,
    includes?: Readonly<Record<string, string>>,
): LayerError {
    try {
        parseText(kind, text, includes);
    } catch (error) {
        assert.ok(isLayerError(error), `no LayerError but ${String(error)}`);
        return error;
    }
    return assert.fail("understood, though it should not be");
}

/** What is asked of a manifest, on x86_64 and Python 3.13 unless it says another. */
export interface Asked {
    readonly extras?: readonly string[];
    readonly groups?: readonly string[];
    readonly onlyGroups?: readonly string[];
    readonly exclude?: readonly string[];
    readonly python?: string;
}

/** What is selected of a manifest that holds `text`. */
export function selectText(
    kind: ManifestKind,
    text: string,
    { extras = [], groups = [], python = "3.13", ...more }: Asked = {},
): Selection {
    const settings = { extras, groups, localPackages: true, allowSourceBuilds: [], ...more };
    return selectDependencies(parseText(kind, text), settings, targetFor(python, "x86_64"));
}

/** Asserts that something throws an error of this code, in these words. */
export const assertRefused = (code: ErrorCode, words: RegExp, run: () => unknown): void =>
    assert.throws(run, (error: unknown) => {
        assert.ok(isLayerError(error), String(error));
        assert.equal(error.code, code, error.message);
        assert.match(error.message, words);
        return true;
    });

/** The one package of that name. */
export function packageNamed(manifest: Manifest, name: string): LockedPackage {
    const found = manifest.packages.filter((each) => each.name === name);
    assert.equal(found.length, 1, `${found.length} packages are called ${name}`);
    return found[0] ?? assert.fail();
}
