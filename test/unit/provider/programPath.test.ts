import assert from "node:assert/strict";
import path from "node:path";
import fc from "fast-check";
import { programPath } from "../../../provider/programPath";
import { unknownValue } from "../../../provider/unknown";

describe("a path in state", () => {
    it("is the same in every checkout, however it is written", () => {
        const name = fc.constantFrom("a", "b", "c d", "é");
        const folders = (maxLength: number) => fc.array(name, { maxLength });
        fc.assert(
            fc.property(
                folders(3),
                folders(3),
                folders(2),
                folders(2),
                fc.boolean(),
                (here, there, program, file, dotted) => {
                    const kept = [here, there].map((root) => {
                        const checkout = path.join("/home", ...root, "checkout");
                        const target = path.join(checkout, ...file, "uv.lock");
                        const folder = path.join(checkout, ...program);
                        const text = programPath(target, folder);
                        assert.equal(path.resolve(folder, text), target);
                        const relative = path.relative(folder, target);
                        assert.equal(programPath(dotted ? `./${relative}` : relative, folder), text);
                        return text;
                    });
                    assert.equal(kept[0], kept[1]);
                },
            ),
        );
    });

    it("stays absolute where it has nothing in common with the program's", () => {
        assert.equal(programPath("/etc/uv.lock", "/home/me/shop"), "/etc/uv.lock");
        assert.equal(programPath("/home/uv.lock", "/home/me/shop"), "../../uv.lock");
        assert.equal(programPath(unknownValue, "/home/me/shop"), unknownValue);
    });
});
