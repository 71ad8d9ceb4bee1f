import { LayerError } from "../errors";
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
 * @returns a warning from 80 % of the limit, otherwise undefined.
 */
export function checkUncompressedSize(packages: readonly PackageSize[]): string | undefined {
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
                "Leave out what the function does not import, and what the Lambda runtime ships (boto3, botocore).",
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
