// Dashboards as object literals against Grafana's own types. Enums are written as their values, as JSON has them.
import type { AnnotationQuery, Dashboard } from "@grafana/schema";
import type * as bargauge from "@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen";
import type * as stat from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type * as statetimeline from "@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen";
import type * as table from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type * as text from "@grafana/schema/dist/esm/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen";
import type * as timeseries from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

type Json<T> = unknown extends T
  ? T
  : T extends string
    ? `${T}`
    : T extends number
      ? number
      : T extends boolean | null | undefined
        ? T
        : T extends (infer Item)[]
          ? Json<Item>[]
          : { [Key in keyof T]: Json<T[Key]> };
type Some<T> = { [Key in keyof T]?: T[Key] extends object | undefined ? Some<T[Key]> : T[Key] };
// A data source's own query: @grafana/schema describes the target of Grafana's built-in annotations only.
type Annotations = { list?: (Omit<AnnotationQuery, "target"> & { target: Record<string, unknown> })[] };
type Board = Json<Omit<Dashboard, "annotations">> & { annotations?: Json<Annotations> };
type Options = {
  bargauge: bargauge.Options;
  stat: stat.Options;
  "state-timeline": statetimeline.Options;
  table: table.Options;
  text: text.Options;
  timeseries: timeseries.Options;
};
type Custom = {
  bargauge: never;
  stat: never;
  "state-timeline": statetimeline.FieldConfig;
  table: table.FieldConfig;
  text: never;
  timeseries: timeseries.FieldConfig;
};

