/** One bar of a chart. */
export interface Bar {
    readonly label: string;
    /** What the bar's length is, from 0. */
    readonly value: number;
    /** Written behind the bar. */
    readonly note: string;
    /** The one that the chart is about. */
    readonly highlighted: boolean;
}

/** A chart with one message. */
export interface Chart {
    readonly title: string;
    readonly subtitle: string;
    readonly bars: readonly Bar[];
    /** In small letters below. */
    readonly footnote: string;
}

const width = 860;
const [left, right] = [250, 220];
const [top, rowHeight, barHeight, bottom] = [86, 38, 22, 40];

/**
 * Draws horizontal bars as SVG, readable on a light and on a dark page. The numbers stand beside the bars, so there is
 * no axis. Lengths are linear, so that a glance is not deceived. Texts are escaped.
 */
export function drawChart({ title, subtitle, bars, footnote }: Chart): string {
    const height = top + bars.length * rowHeight + bottom;
    const greatest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
    const room = width - left - right;
    const rows = bars.flatMap(({ label, value, note, highlighted }, index) => {
        const y = top + index * rowHeight;
        const length = Math.max(2, (value / greatest) * room);
        const middle = y + barHeight / 2 + 5;
        const weight = highlighted ? ' class="own"' : "";
        return [
            `  <text${weight} x="${left - 12}" y="${middle}" text-anchor="end">${escapeText(label)}</text>`,
            `  <rect${weight} x="${left}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="3"/>`,
            `  <text${weight} x="${(left + length + 10).toFixed(1)}" y="${middle}">${escapeText(note)}</text>`,
        ];
    });
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeText(title)}">`,
        "  <style>",
        "    text { font: 14px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #57606a; }",
        "    rect { fill: #b1bac4; }",
        "    text.own { fill: #0a7d4f; font-weight: 600; }",
        "    rect.own { fill: #12a06a; }",
        "    .title { font-size: 20px; font-weight: 600; fill: #1f2328; }",
        "    .foot { font-size: 12px; }",
        "    @media (prefers-color-scheme: dark) {",
        "      text { fill: #9da7b3; } rect { fill: #484f58; } .title { fill: #e6edf3; }",
        "      text.own { fill: #3ddc97; } rect.own { fill: #2fbf82; }",
        "    }",
        "  </style>",
        `  <text class="title" x="16" y="32">${escapeText(title)}</text>`,
        `  <text x="16" y="56">${escapeText(subtitle)}</text>`,
        ...rows,
        `  <text class="foot" x="16" y="${height - 14}">${escapeText(footnote)}</text>`,
        "</svg>",
        "",
    ].join("\n");
}

const escapeText = (text: string): string =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
