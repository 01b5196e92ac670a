/** Small charts that all parts of the page share. */

export { BarCell, type BarCellProps } from "./BarCell";
export { RatioAxis, RatioMark, type RatioMarkProps } from "./RatioChart";
export { ScatterChart, type ScatterChartProps, type ScatterPoint } from "./ScatterChart";
export { Sparkline, type SparklinePoint, type SparklineProps } from "./Sparkline";
