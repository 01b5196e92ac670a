/** Small charts that all parts of the page share. */

export { BarCell, type BarCellProps } from "./BarCell";
export { LevelBar, type LevelBarProps, type LevelMark } from "./LevelBar";
export { LineChart, type LineChartProps, type LinePoint } from "./LineChart";
export { RangeChart, type RangeChartProps, type RangeRow } from "./RangeChart";
export { RatioAxis, RatioMark, type RatioMarkProps } from "./RatioChart";
export { ScatterChart, type ScatterChartProps, type ScatterPoint } from "./ScatterChart";
export { Sparkline, type SparklinePoint, type SparklineProps } from "./Sparkline";
