import { LayerError } from "../errors";
import { normalizeName } from "../manifest/name";
import { runtimeProvided } from "../manifest/runtimeProvided";
import type { PackageSize } from "./model";

/**
 * Bytes that Lambda lets a function and all its layers have once unpacked; each layer is held against it on its own when
 * it is published ("Unzipped size must be smaller than 262144000 bytes").
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const maximumUncompressedSize = 262_144_000;

/** The share of {@link maximumUncompressedSize} from which a layer leaves its function too little room to go unsaid. */
export const warningShare = 0.8;

/** How many packages the table in an error has, so that the message stays within a dozen lines. */
const tableLength = 6;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/**
 * Throws LAYER_TOO_LARGE, with a table of the biggest packages, when a layer of these packages would not be accepted.
 *
 * @param options.excludesRuntime Whether the runtime's packages were asked to stay out, so that this is no way any more. Default false.
 * @returns a warning from 80 % of the limit, otherwise undefined.
 */
export function checkUncompressedSize(
    packages: readonly PackageSize[],
    { excludesRuntime = false }: { readonly excludesRuntime?: boolean | undefined } = {},
): string | undefined {
    const total = packages.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
    const largest = [...packages].sort((left, right) => right.uncompressedSize - left.uncompressedSize);
    const share = total / maximumUncompressedSize;
    if (total >= maximumUncompressedSize) {
        throw new LayerError("LAYER_TOO_LARGE", {
            what:
                `The layer unpacks to ${megabytes(total)} (${total} bytes); ` +
                `Lambda takes less than ${maximumUncompressedSize} for a function and all its layers.`,
            detail: sizeTable(largest),
            next: [
                `Leave out what the function does not import, beginning with the largest: exclude: ${listed(enoughOf(largest, total))}.`,
                ...(!excludesRuntime && packages.some(({ name }) => runtimeProvided.has(normalizeName(name)))
                    ? ["Or leave the AWS SDK to the Lambda runtime: excludeRuntimeProvided: true."]
                    : []),
                "Move a large package into a container image or onto EFS; a second layer does not help.",
            ],
        });
    }
    if (share < warningShare) return undefined;
    const names = largest.slice(0, 3).map((size) => `${size.name} ${megabytes(size.uncompressedSize)}`);
    return (
        `The layer unpacks to ${megabytes(total)}, ${Math.floor(share * 100)} % of what a function and all its ` +
        `layers share; the largest: ${names.join(", ")}.`
    );
}

/** The fewest of the largest packages without which the rest fits; as many as a line holds at most. */
function enoughOf(largest: readonly PackageSize[], total: number): readonly string[] {
    let rest = total;
    const needed = largest.filter(({ uncompressedSize }) => {
        const isNeeded = rest >= maximumUncompressedSize;
        rest -= isNeeded ? uncompressedSize : 0;
        return isNeeded;
    });
    return needed.slice(0, tableLength).map(({ name }) => name);
}

const listed = (names: readonly string[]): string =>
    `[${names.map((name) => JSON.stringify(name)).join(", ")}]`;

/** `sizes`, largest first, as aligned lines: unpacked megabytes, share, package; the rest in one line. */
function sizeTable(sizes: readonly PackageSize[]): string[] {
    const total = sizes.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
    const line = (bytes: number, name: string) =>
        `${megabytes(bytes).padStart(9)} ${`${Math.round((100 * bytes) / total)} %`.padStart(5)}  ${name}`;
    const shown = sizes.length > tableLength ? sizes.slice(0, tableLength - 1) : sizes;
    const rest = sizes.slice(shown.length);
    return [
        ...shown.map((size) => line(size.uncompressedSize, `${size.name} ${size.version}`)),
        ...(rest.length === 0
            ? []
            : [
                  line(
                      rest.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0),
                      `${rest.length} more packages`,
                  ),
              ]),
    ];
}
