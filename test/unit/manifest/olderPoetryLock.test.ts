import assert from "node:assert/strict";
import { isLayerError } from "../../../provider/errors";
import { selectDependencies } from "../../../provider/manifest";
import { targetFor } from "../../../provider/target";
import { parseFixture } from "./manifestText";

describe("a poetry.lock from before lock version 2.1", () => {
    for (const name of ["poetry-1.1/poetry.lock", "poetry-2.0/poetry.lock"]) {
        it(`is refused rather than installed with its development packages: ${name}`, async () => {
            const manifest = await parseFixture(name);
            const settings = { extras: [], groups: [], localPackages: true, allowSourceBuilds: [] };
            assert.throws(
                () => selectDependencies(manifest, settings, targetFor("3.13", "x86_64")),
                (error: unknown) =>
                    isLayerError(error) &&
                    error.code === "MANIFEST_SELECTION" &&
                    /poetry lock/.test(error.message) &&
                    /poetry export --only main/.test(error.message) &&
                    error.message.includes(`${name}:`),
            );
        });
    }
});
