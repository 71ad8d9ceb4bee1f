/** A column of a table: its heading and how its cells are set. */
export interface Column {
    readonly heading: string;
    /** @default "left" */
    readonly align?: "left" | "right";
    /** Paints the text of one line of a cell; it must not change its width. @default - as it is */
    readonly paint?: ((text: string, row: number) => string) | undefined;
}

/** Narrowest that the last column is wrapped to. */
const narrowest = 24;

const gap = "  ";

/**
 * Lines of a table, headings first, without an end of line. Columns are as wide as their widest cell; the last one is
 * wrapped at spaces where the table would be wider than `width`.
 *
 * @param width columns; `undefined` for as wide as it comes
 */
export function renderTable(
    columns: readonly Column[],
    rows: readonly (readonly string[])[],
    width: number | undefined,
    paintHeading: (text: string) => string = (text) => text,
): string[] {
    const last = columns.length - 1;
    const widths = columns.map(({ heading }, index) =>
        Math.max(heading.length, ...rows.map((row) => row[index]?.length ?? 0)),
    );
    const before = widths.slice(0, last).reduce((sum, each) => sum + each + gap.length, 0);
    const room = width === undefined ? Number.POSITIVE_INFINITY : Math.max(width - before, narrowest);
    const line = (cells: readonly string[], paint: (text: string, column: number) => string): string => {
        const set = cells.map((cell, index) => {
            const { align } = columns[index] ?? {};
            const size = widths[index] ?? 0;
            const painted = paint(cell, index);
            const padding = " ".repeat(Math.max(0, size - cell.length));
            return align === "right" ? padding + painted : index === last ? painted : painted + padding;
        });
        return set.join(gap).trimEnd();
    };
    const headings = line(
        columns.map(({ heading }) => heading),
        paintHeading,
    );
    return [
        headings,
        ...rows.flatMap((row, rowNumber) => {
            const [first = "", ...rest] = wrap(row[last] ?? "", room);
            const paint = (text: string, column: number) => columns[column]?.paint?.(text, rowNumber) ?? text;
            return [
                line([...row.slice(0, last), first], paint),
                ...rest.map((text) => `${" ".repeat(before)}${paint(text, last)}`),
            ];
        }),
    ];
}

/** The text in lines of at most `width`, broken at spaces; a word that is longer has a line of its own. At least one line. */
export function wrap(text: string, width: number): string[] {
    const lines: string[] = [];
    let current = "";
    for (const word of text.split(" ")) {
        if (current === "") {
            current = word;
        } else if (current.length + 1 + word.length <= width) {
            current += ` ${word}`;
        } else {
            lines.push(current);
            current = word;
        }
    }
    return [...lines, current];
}
