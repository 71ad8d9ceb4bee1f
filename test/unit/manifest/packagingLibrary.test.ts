import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { evaluateMarker, markerVariables, parseMarker } from "../../../provider/manifest/marker";
import {
    compareVersions,
    parseSpecifiers,
    parseVersion,
    satisfies,
} from "../../../provider/manifest/version";
import { compatibleTags, parseWheelName, wheelTags } from "../../../provider/manifest/wheelTag";
import { type Architecture, targetFor } from "../../../provider/target";
import { repository } from "../../../scripts/cacheFolder";
import { pythonPath } from "../../tools";

interface Cases {
    readonly versions: readonly (readonly [text: string, isValid: boolean])[];
    readonly pairs: readonly (readonly [left: string, right: string, order: number])[];
    readonly specifiers: readonly (readonly [text: string, version: string, holds: boolean | null])[];
    readonly markers: readonly (readonly [text: string, extra: string, holds: boolean | null])[];
    readonly wheels: readonly (readonly [
        filename: string,
        parsed: {
            readonly name: string;
            readonly build: readonly string[];
            readonly tags: readonly string[];
        } | null,
    ])[];
    readonly tags: readonly (readonly [
        pythonVersion: string,
        architecture: Architecture,
        tags: readonly string[],
    ])[];
}

/** Fails with the first few cases in which the two sides differ. */
function assertAgreement<Case extends readonly unknown[]>(
    cases: readonly Case[],
    ours: (item: Case) => unknown,
    theirs: (item: Case) => unknown,
): void {
    assert.ok(cases.length > 0);
    const differences = cases
        .map((item) => ({ item, ours: ours(item), theirs: theirs(item) }))
        .filter((result) => result.ours !== result.theirs);
    assert.deepEqual(differences.slice(0, 5), []);
}

describe("agreement with the packaging library", () => {
    const requireVersion = (text: string) => parseVersion(text) ?? assert.fail(`${text} is a version`);
    let cases: Cases;

    before(async function () {
        this.timeout(60_000);
        const script = join(repository, "test/fixtures/packaging/cases.py");
        const { stdout } = await promisify(execFile)(pythonPath(), [script, "20"], {
            maxBuffer: 100_000_000,
        });
        cases = JSON.parse(stdout) as Cases;
    });

    it("reads the same versions", () => {
        assertAgreement(
            cases.versions,
            ([text]) => parseVersion(text) !== undefined,
            ([, isValid]) => isValid,
        );
    });

    it("orders versions the same way", () => {
        assertAgreement(
            cases.pairs,
            ([left, right]) => Math.sign(compareVersions(requireVersion(left), requireVersion(right))),
            ([, , order]) => order,
        );
    });

    it("matches specifiers the same way", () => {
        assertAgreement(
            cases.specifiers,
            ([text, version]) => {
                const specifiers = parseSpecifiers(text);
                return specifiers === undefined ? null : satisfies(requireVersion(version), specifiers);
            },
            ([, , holds]) => holds,
        );
    });

    it("evaluates markers the same way", () => {
        const variables = markerVariables(targetFor("3.13.11", "arm64"));
        assertAgreement(
            cases.markers,
            ([text, extra]) => {
                const marker = parseMarker(text);
                const extras = new Set(extra === "" ? [] : [extra]);
                return marker === undefined
                    ? null
                    : (evaluateMarker(marker, { variables, extras }) ?? "unknown");
            },
            ([, , holds]) => holds,
        );
    });

    it("takes wheels' names apart the same way", () => {
        assertAgreement(
            cases.wheels,
            ([filename]) => {
                const wheel = parseWheelName(filename);
                if (wheel === undefined) return "null";
                const build =
                    wheel.build === undefined ? [] : [String(wheel.build.number), wheel.build.suffix];
                return JSON.stringify({ name: wheel.name, build, tags: wheelTags(wheel).sort() });
            },
            ([, parsed]) => JSON.stringify(parsed),
        );
    });

    it("lists a target's tags in the same order", () => {
        for (const [pythonVersion, architecture, tags] of cases.tags) {
            assert.deepEqual(compatibleTags(targetFor(pythonVersion, architecture)), tags);
        }
    });
});
