import assert from "node:assert/strict";
import {
    encodeExtra,
    encodeGroup,
    encodeProject,
    evaluateMarker,
    extrasOf,
    markerVariables,
    parseMarker,
} from "../../../provider/manifest/marker";
import { isInPythonRange } from "../../../provider/manifest/pythonRange";
import { targetFor } from "../../../provider/target";

const variables = markerVariables(targetFor("3.13.5", "arm64"));
const holds = (text: string, ...extras: readonly string[]): boolean | undefined => {
    const marker = parseMarker(text) ?? assert.fail(text);
    return evaluateMarker(marker, { variables, extras: new Set(extras) });
};

describe("environment markers", () => {
    it("are evaluated for Lambda, not for this machine", () => {
        assert.equal(
            holds("sys_platform == 'linux' and os_name == 'posix' and platform_machine == 'aarch64'"),
            true,
        );
        assert.equal(holds("platform_system == 'Darwin' or implementation_name == 'pypy'"), false);
        assert.equal(holds("python_version >= '3.9' and python_full_version < '3.13.10'"), true);
        assert.equal(holds("'3.14' > python_version"), true);
        assert.equal(holds("python_version in '3.12, 3.13'"), true);
        assert.equal(holds("python_version not in '3.1 3.14'"), true);
    });

    it("leave open only what the kernel's version decides", () => {
        assert.equal(holds("platform_release >= '6'"), undefined);
        assert.equal(holds("'Ubuntu' in platform_version"), undefined);
        assert.equal(holds("platform_release >= '20' and sys_platform == 'darwin'"), false);
        assert.equal(holds("sys_platform == 'linux' or platform_release >= '20'"), true);
        assert.equal(holds("sys_platform == 'linux' and platform_release >= '20'"), undefined);
    });

    it("know extras, and those that uv encodes", () => {
        assert.equal(holds("extra == 'Foo_Bar'", "foo-bar"), true);
        assert.equal(holds("extra != 'foo'", "foo"), false);
        assert.equal(holds("'foo' in extras", "foo"), true);
        assert.equal(encodeExtra("a-b", "cpu"), "extra-3-a-b-cpu");
        assert.equal(encodeGroup("foo", "dev"), "group-3-foo-dev");
        assert.equal(encodeProject("foo"), "project-3-foo");
        assert.equal(
            holds("extra == 'extra-3-a-b-cpu' or extra == 'group-3-foo-dev'", encodeGroup("foo", "dev")),
            true,
        );
        const marker = parseMarker("extra == 'A' or (os_name == 'nt' and 'b_c' == extra)") ?? assert.fail();
        assert.deepEqual(extrasOf(marker), ["a", "b-c"]);
    });

    it("are refused when they are none, without a hang or a full stack", () => {
        const nonsense = [
            "",
            "(",
            "os_name",
            "os_name == 'a' and",
            "os_name = 'a'",
            "'a' == 'b'",
            "nope == 'a'",
            "os_name == 'a' 'b'",
        ];
        for (const text of [
            ...nonsense,
            `${"(".repeat(100_000)}os_name == 'a'`,
            `os_name == '${"a".repeat(100_000)}`,
        ]) {
            assert.equal(parseMarker(text), undefined, text.slice(0, 40));
        }
        const long = Array.from({ length: 20_000 }, (_, index) => `extra == 'e${index}'`).join(" or ");
        assert.equal(holds(long, "e19999"), true);
    });
});

describe("ranges of Pythons", () => {
    const inside: readonly (readonly [range: string, ...versions: readonly string[]])[] = [
        [">=3.9,<4.0", "3.9.0", "3.13.5"],
        ["^3.9", "3.9.0", "3.14.1"],
        ["~3.12", "3.12.0", "3.12.9"],
        ["~3", "3.0.1", "3.14.0"],
        ["3.12.*", "3.12.4"],
        ["*", "3.13.5"],
        [">= 3.10 , < 3.13 || ^3.14", "3.11.0", "3.14.2"],
        ["", "3.13.5"],
        ["^0.2", "0.2.9"],
    ];
    const outside: readonly (readonly [range: string, ...versions: readonly string[]])[] = [
        [">=3.9,<4.0", "3.8.9", "4.0.0"],
        ["^3.9", "3.8.0", "4.0.0"],
        ["~3.12", "3.13.0"],
        ["3.12.*", "3.13.0"],
        [">= 3.10 , < 3.13 || ^3.14", "3.13.5"],
        ["^0.2", "0.3.0"],
    ];
    for (const [expected, rows] of [
        [true, inside],
        [false, outside],
    ] as const) {
        for (const [range, ...versions] of rows) {
            it(`${JSON.stringify(range)} ${expected ? "has" : "has not"} ${versions.join(", ")}`, () => {
                for (const version of versions) assert.equal(isInPythonRange(version, range), expected);
            });
        }
    }

    it("is open when the range can't be read", () => {
        assert.equal(isInPythonRange("3.13.5", "three"), undefined);
        assert.equal(isInPythonRange("3.13.5", ">=3.x"), undefined);
    });
});
