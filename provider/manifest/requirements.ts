import path from "node:path";
import { withoutUserInfo } from "./credentials";
import type { Doubt, LockedPackage, Manifest, ManifestFile, Position, Requirement, Source } from "./model";
import { normalizeName } from "./name";
import { errorAt, quote } from "./position";
import { parseRequirement, type RequirementText } from "./requirement";
import { distributionFiles, type LocatedSource, locateSource } from "./requirementSource";
import {
    type LineOption,
    type LogicalLine,
    logicalLines,
    positionInLine,
    splitLine,
} from "./requirementsLines";
import {
    applyOption,
    checkOption,
    type Fail,
    noOptions,
    type OptionsBeingRead,
    readHash,
} from "./requirementsOptions";

/** Lines of requirements files say nothing about what their packages require. */
const noRequirements: ReadonlyMap<string, readonly Requirement[]> = new Map();

/** A requirements file or one that it includes. */
interface SourceFile {
    readonly path: string;
    readonly absolutePath: string;
    readonly text: string;
}

/** What the lines add to, in the order they are met. */
interface Reading {
    readonly manifest: ManifestFile;
    readonly packages: LockedPackage[];
    readonly constraints: LockedPackage[];
    readonly options: OptionsBeingRead;
    readonly doubts: Doubt[];
    readonly read: Set<string>;
}

/**
 * Understands a requirements.txt with what it includes: PEP 508 requirements, pip's option lines, addresses, repositories and paths.
 *
 * Lines that leave open what would be installed (no pin, no commit, no name) become doubts with their place. Throws
 * `MANIFEST_SYNTAX` at file, line and column for lines that no installer would read.
 */
export function parseRequirements(file: ManifestFile): Manifest {
    const reading: Reading = {
        manifest: file,
        packages: [],
        constraints: [],
        options: noOptions(),
        doubts: [],
        read: new Set(),
    };
    readFile(reading, file, false);
    const { options } = reading;
    const written = [
        ...(options.indexUrl === undefined ? [] : [options.indexUrl]),
        ...options.extraIndexUrls,
    ];
    const indexes = options.noIndex ? [] : written.map(withoutUserInfo);
    const index = [...indexes, ...options.findLinks.map(withoutUserInfo)].join(" ");
    return {
        kind: "requirements.txt",
        path: file.path,
        packages: reading.packages.map((each) => withIndex(each, index)),
        projects: [],
        environments: [],
        conflicts: [],
        indexes,
        options,
        constraints: reading.constraints,
        doubts: reading.doubts,
    };
}

function readFile(reading: Reading, file: SourceFile, asConstraints: boolean): void {
    const key = `${asConstraints}:${file.absolutePath}`;
    if (reading.read.has(key)) {
        return;
    }
    reading.read.add(key);
    const { absolutePath, variables } = reading.manifest;
    // uv sets PROJECT_ROOT where nobody else has.
    const known = { PROJECT_ROOT: path.dirname(absolutePath), ...variables };
    for (const line of logicalLines(file.path, file.text, known)) {
        readLine(reading, file, line, asConstraints);
    }
}

function readLine(reading: Reading, file: SourceFile, line: LogicalLine, asConstraints: boolean): void {
    const { requirement, offset, editable, options } = splitLine(line.text);
    const fail: Fail = (problem, at, next) =>
        errorAt(positionInLine(file.path, line, at), file.text, {
            what: problem.endsWith(".") ? problem : `${problem}.`,
            next: next ?? "Correct the line, or write it anew with `uv pip compile` or `pip-compile`.",
        });
    for (const option of options) {
        checkOption(option, requirement !== "", fail);
    }
    if (requirement === "") {
        if (editable) {
            throw fail("-e has nothing to install", offset);
        }
        for (const option of options) {
            readOptionLine(
                reading,
                file,
                option,
                positionInLine(file.path, line, option.offset),
                asConstraints,
                fail,
            );
        }
        return;
    }
    const parsed = parseRequirement(requirement);
    if ("problem" in parsed) {
        throw fail(parsed.problem, offset + parsed.offset);
    }
    const hashes = options.filter(({ name }) => name === "hash").map((option) => readHash(option, fail));
    const position = positionInLine(file.path, line, offset);
    const settings = options.find(
        ({ name }) => name.startsWith("config-setting") || name === "global-option",
    );
    if (settings !== undefined && !asConstraints) {
        reading.doubts.push({
            reason: `--${settings.name} changes how ${quote(requirement)} is built`,
            position,
            next: "Remove the option, or keep in mind that every edit of the manifest publishes a version.",
        });
    }
    const locked = lockedPackage(
        reading,
        parsed,
        { hashes, position, editable, offset },
        fail,
        asConstraints,
    );
    (asConstraints ? reading.constraints : reading.packages).push(locked);
}

function readOptionLine(
    reading: Reading,
    file: SourceFile,
    option: LineOption,
    position: Position,
    asConstraints: boolean,
    fail: Fail,
): void {
    const folder = path.dirname(file.absolutePath);
    if (option.name === "requirement" || option.name === "constraint") {
        const absolutePath = path.resolve(folder, option.value ?? "");
        const included = reading.manifest.includes.find((each) => each.absolutePath === absolutePath);
        if (included === undefined) {
            throw fail(
                `${file.path} includes ${quote(option.value ?? "")}, which was not read`,
                option.offset,
            );
        }
        readFile(reading, included, asConstraints || option.name === "constraint");
        return;
    }
    if (option.name === "no-binary") {
        reading.doubts.push({
            reason: "--no-binary asks for builds from source, whose outcome the manifest does not tell",
            position,
            next: "Remove the line, and name the packages in `allowSourceBuilds`.",
        });
    }
    applyOption(reading.options, option, folder, path.dirname(reading.manifest.absolutePath), fail);
}

function lockedPackage(
    reading: Reading,
    parsed: RequirementText,
    line: { hashes: readonly string[]; position: Position; editable: boolean; offset: number },
    fail: Fail,
    asConstraint: boolean,
): LockedPackage {
    const { position } = line;
    const doubt = (reason: string, next: string) => {
        if (!asConstraint) {
            reading.doubts.push({ reason, position, next });
        }
    };
    const base = {
        requirements: [],
        extras: noRequirements,
        groups: noRequirements,
        ...(parsed.marker === undefined ? {} : { marker: parsed.marker }),
        position,
    };
    if (parsed.location === undefined) {
        const name = normalizeName(parsed.name ?? "");
        if (line.editable) {
            throw fail(`-e needs a path or a repository, and ${name} is neither`, line.offset);
        }
        if (parsed.pin === undefined) {
            doubt(
                `${name} is not pinned to one version`,
                `Pin it (\`${name}==<version>\`), or write a pinned file with \`uv pip compile\`.`,
            );
        }
        return {
            ...base,
            name,
            ...(parsed.pin === undefined ? {} : { version: parsed.pin }),
            ...(parsed.specifier === undefined ? {} : { specifier: parsed.specifier }),
            ...(parsed.extras.length === 0 ? {} : { requestedExtras: parsed.extras }),
            source: { type: "registry" },
            files: [],
            hashes: [...new Set(line.hashes)].sort(),
        };
    }
    const located = locateSource(parsed.location, path.dirname(reading.manifest.absolutePath), line.editable);
    if ("problem" in located) {
        throw fail(located.problem, line.offset);
    }
    const stated = parsed.name ?? located.name;
    const name = stated === undefined ? placeOf(located.source) : normalizeName(stated);
    if (located.doubt !== undefined) {
        doubt(located.doubt, "Write the path out.");
    }
    if (located.source.type === "git" && located.source.commit === undefined) {
        doubt(`${name} comes from a repository without a commit`, "Name the full commit after `@`.");
    }
    const hashes = [
        ...new Set([...line.hashes, ...(located.hash === undefined ? [] : [located.hash])]),
    ].sort();
    const extras = [...new Set([...parsed.extras, ...located.extras])];
    return {
        ...base,
        name,
        ...(stated === undefined ? { unnamed: true as const } : {}),
        ...(located.version === undefined ? {} : { version: located.version }),
        ...(extras.length === 0 ? {} : { requestedExtras: extras }),
        source: located.source,
        files: distributionFiles(located, hashes),
        hashes,
    };
}

/** What stands in for a name that only building tells: the place, without user info and query. */
function placeOf(source: LocatedSource["source"]): string {
    if (source.type === "registry") return "";
    if ("path" in source) return source.path;
    const address = withoutUserInfo(source.url).replace(/\?.*$/s, "");
    return source.subdirectory === undefined ? address : `${address}#subdirectory=${source.subdirectory}`;
}

/** Options hold for all lines wherever they stand, so the index is known only at the end. */
function withIndex(locked: LockedPackage, index: string): LockedPackage {
    const source: Source = locked.source;
    return source.type === "registry" && index !== ""
        ? { ...locked, source: { type: "registry", index } }
        : locked;
}
