import assert from "node:assert/strict";
import fc from "fast-check";
import { isLayerError } from "../../../provider/errors";
import { checkUncompressedSize, maximumUncompressedSize } from "../../../provider/package/limits";

describe("limits", () => {
    const packages = (...sizes: readonly number[]) =>
        sizes.map((uncompressedSize, index) => ({
            name: `package-${index}`,
            version: "1.0",
            compressedSize: 1,
            uncompressedSize,
            files: 1,
        }));

    it("says nothing below 80 %, warns from there on, and refuses from the limit on", () => {
        const eighty = maximumUncompressedSize * 0.8;
        assert.equal(checkUncompressedSize(packages(eighty - 1)), undefined);
        assert.match(
            checkUncompressedSize(packages(1000, eighty)) ?? "",
            /209\.7 MB, 80 % .*: package-1 209\.7 MB, package-0/,
        );
        assert.match(checkUncompressedSize(packages(maximumUncompressedSize - 1)) ?? "", /99 %/);
        assert.throws(() => checkUncompressedSize(packages(maximumUncompressedSize)), {
            code: "LAYER_TOO_LARGE",
        });
    });

    it("refuses exactly the sums that are too large, in a message of a dozen lines", () => {
        fc.assert(
            fc.property(
                fc.array(fc.nat(maximumUncompressedSize), { minLength: 1, maxLength: 30 }),
                (sizes) => {
                    const total = sizes.reduce((sum, size) => sum + size, 0);
                    try {
                        checkUncompressedSize(packages(...sizes));
                        assert(total < maximumUncompressedSize);
                    } catch (error) {
                        assert(isLayerError(error), String(error));
                        assert(total >= maximumUncompressedSize);
                        assert(error.message.split("\n").length <= 12);
                        assert(error.message.includes(`${total} bytes`));
                        // What it says to leave out is enough, unless that is more than a line holds.
                        const [, list = "[]"] = /exclude: (\[.*?\])/.exec(error.message) ?? [];
                        const named: string[] = JSON.parse(list);
                        const rest = packages(...sizes).filter(({ name }) => !named.includes(name));
                        if (named.length < 6) checkUncompressedSize(rest);
                    }
                },
            ),
        );
    });

    it("names the runtime's packages as a way out where they are in the layer and were not asked to stay out", () => {
        const large = packages(maximumUncompressedSize, 15e6).map((size, index) =>
            index === 1 ? { ...size, name: "botocore" } : size,
        );
        const way = /excludeRuntimeProvided: true/;
        assert.throws(() => checkUncompressedSize(large), way);
        const messageOf = (work: () => unknown): string => {
            try {
                work();
            } catch (error) {
                return String(error);
            }
            return assert.fail();
        };
        assert.doesNotMatch(
            messageOf(() => checkUncompressedSize(large, { excludesRuntime: true })),
            way,
        );
        assert.doesNotMatch(
            messageOf(() => checkUncompressedSize(large.slice(0, 1))),
            way,
        );
    });

    it("sums up the packages that the table has no room for", () => {
        assert.throws(
            () => checkUncompressedSize(packages(...Array(20).fill(20e6))),
            /75 % {2}15 more packages/,
        );
    });
});
