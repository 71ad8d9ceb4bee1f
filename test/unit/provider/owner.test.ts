import assert from "node:assert/strict";
import fc from "fast-check";
import { defaultLayerName, parseOwner } from "../../../provider/owner";
import { layerNameProblem } from "../../../provider/publish/limits";

const urn = (stack: string, project: string, name: string, organization = "acme") =>
    `${organization}/urn:pulumi:${stack}::${project}::app:Api$pulumi-nodejs:dynamic/lambda:PythonLayer::${name}`;

describe("parseOwner", () => {
    it("reads organisation, stack, project and name", () => {
        const owner = parseOwner(urn("prod", "shop", "deps"));
        assert.deepEqual(
            [owner.organization, owner.stack, owner.project, owner.name],
            ["acme", "prod", "shop", "deps"],
        );
        assert.match(owner.hash, /^[0-9a-f]{32}$/);
    });

    it("keeps a name that holds the URN's separator whole", () => {
        assert.equal(parseOwner(urn("prod", "shop", "a::b")).name, "a::b");
    });

    it("tells apart owners that differ in any part", () => {
        const ids = [
            urn("prod", "shop", "deps"),
            urn("dev", "shop", "deps"),
            urn("prod", "till", "deps"),
            urn("prod", "shop", "other"),
            urn("prod", "shop", "deps", "rival"),
        ];
        assert.equal(new Set(ids.map((id) => parseOwner(id).hash)).size, ids.length);
    });

    it("takes a text that is no URN as a name alone", () => {
        const owner = parseOwner("deps");
        assert.deepEqual([owner.stack, owner.project, owner.name], ["", "", "deps"]);
        assert.equal(defaultLayerName(owner), "deps");
    });
});

describe("defaultLayerName", () => {
    it("joins project, stack and resource", () => {
        assert.equal(defaultLayerName(parseOwner(urn("prod", "shop", "deps"))), "shop-prod-deps");
    });

    it("turns what Lambda does not take into hyphens", () => {
        assert.equal(
            defaultLayerName(parseOwner(urn("prod.eu", "shop", "my deps/ü"))),
            "shop-prod-eu-my-deps-",
        );
    });

    it("keeps long names apart that begin alike", () => {
        const [first, second] = ["1", "2"].map((end) =>
            defaultLayerName(parseOwner(urn("prod", "shop", `${"x".repeat(150)}${end}`))),
        );
        assert.equal(first?.length, 140);
        assert.notEqual(first, second);
    });

    it("is a name that Lambda takes, whatever the resource is called", () => {
        const part = fc.string({ minLength: 1, maxLength: 200, unit: "grapheme" });
        fc.assert(
            fc.property(part, part, part, (stack, project, name) => {
                assert.equal(
                    layerNameProblem(defaultLayerName(parseOwner(urn(stack, project, name)))),
                    undefined,
                );
            }),
        );
    });
});
