"""The kinds of panels, all in one style; each description says what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from grafana_foundation_sdk.builders import bargauge, stat, statetimeline, table, text, timeseries
from grafana_foundation_sdk.builders.common import (
    GraphThresholdsStyleConfig,
    ReduceDataOptions,
    StackingConfig,
    VizLegendOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    GraphDrawStyle,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue
from grafana_foundation_sdk.models.text import TextMode

from grafana_provisioning.data_source import DATA_SOURCE, FluxTarget
from grafana_provisioning.limits import Levels, always, by_threshold, neutral

STAT_HEIGHT, STATES_HEIGHT, CHART_HEIGHT, TABLE_HEIGHT = 4, 8, 8, 10
NO_DATA = "no data"
"""What a stat shows where nothing was written in the last minute, instead of an outdated figure."""


@dataclass(frozen=True)
class SeriesStyle:
    """Name and style of one series of a chart."""

    name: str
    colour: str | None = None
    unit: str | None = None
    levels: Levels | None = None
    extra: Mapping[str, object] = field(default_factory=dict)

    def properties(self) -> list[DynamicConfigValue]:
        """Grafana's overrides for the series."""
        found: dict[str, object] = {"displayName": self.name}
        if self.colour:
            found["color"] = always(self.colour)
        if self.unit:
            found["unit"] = self.unit
        if self.levels:
            found["thresholds"] = self.levels.property()
        return [DynamicConfigValue(id_val=name, value=value) for name, value in {**found, **self.extra}.items()]


def figure(
    title: str,
    flux: str,
    description: str,
    *,
    unit: str = "short",
    levels: Levels | None = None,
    width: int = 4,
    height: int = STAT_HEIGHT,
    decimals: int | None = None,
    nothing: str = NO_DATA,
    name: str = "",
) -> stat.Panel:
    """One large number."""
    panel = (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(DATA_SOURCE)
        .with_target(FluxTarget(flux))
        .unit(unit)
        .no_value(nothing)
        .height(height)
        .span(width)
        .graph_mode(BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.BACKGROUND if levels else BigValueColorMode.VALUE)
        .text_mode(BigValueTextMode.VALUE_AND_NAME if name else BigValueTextMode.VALUE)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
        .color_scheme(by_threshold())
        .thresholds(levels.config() if levels else neutral())
    )
    if name:
        panel.display_name(name)
    if decimals is not None:
        panel.decimals(decimals)
    return panel


def chart(
    title: str,
    flux: list[str],
    description: str,
    *,
    unit: str = "short",
    lines: dict[str, SeriesStyle] | None = None,
    name: str = "${__field.name}",
    levels: Levels | None = None,
    width: int = 12,
    bars: bool = False,
    minimum: float | None = 0,
    maximum: float | None = None,
    at_least: str | None = None,
) -> timeseries.Panel:
    """Series over time: styles `lines` by field, `name` for all others, no window shorter than `at_least`."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(DATA_SOURCE)
        .targets([FluxTarget(text, ref_id) for text, ref_id in zip(flux, "ABCDEF", strict=False)])
        .unit(unit)
        .height(CHART_HEIGHT)
        .span(width)
        .display_name(name)
        .line_width(1)
        .fill_opacity(60 if bars else 8)
        .show_points(VisibilityMode.AUTO)
        .draw_style(GraphDrawStyle.BARS if bars else GraphDrawStyle.LINE)
        .legend(
            VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM).show_legend(True)
        )
        .tooltip(VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    )
    if bars:
        panel.stacking(StackingConfig().mode(StackingMode.NORMAL).group("A"))
    if minimum is not None:
        panel.min(minimum)
    if maximum is not None:
        panel.max(maximum)
    if at_least:
        panel.interval(at_least)
    if levels:
        panel.thresholds(levels.config()).thresholds_style(
            GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
        )
    for field_name, line in (lines or {}).items():
        panel.override_by_name(field_name, line.properties())
    return panel


def states(
    title: str, flux: list[str], description: str, *, lines: dict[str, SeriesStyle], width: int = 16
) -> statetimeline.Panel:
    """One row a check, coloured by its level over time: what was wrong and since when."""
    panel = (
        statetimeline.Panel()
        .title(title)
        .description(description)
        .datasource(DATA_SOURCE)
        .targets([FluxTarget(text, ref_id) for text, ref_id in zip(flux, "ABCDEFGH", strict=False)])
        .height(STATES_HEIGHT)
        .span(width)
        .color_scheme(by_threshold())
        .merge_values(True)
        .show_value(VisibilityMode.NEVER)
        .row_height(0.8)
        .legend(
            VizLegendOptions()
            .display_mode(LegendDisplayMode.HIDDEN)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(False)
        )
    )
    for field_name, line in lines.items():
        panel.override_by_name(field_name, line.properties())
    return panel


def ranking(title: str, flux: str, description: str, *, unit: str = "short", width: int = 8) -> bargauge.Panel:
    """One bar for each row of a table of names and figures, in the order of the query."""
    return (
        bargauge.Panel()
        .title(title)
        .description(description)
        .datasource(DATA_SOURCE)
        .with_target(FluxTarget(flux))
        .unit(unit)
        .no_value("none")
        .height(CHART_HEIGHT)
        .span(width)
        .min(0)
        .color_scheme(by_threshold())
        .thresholds(neutral())
        .orientation(VizOrientation.HORIZONTAL)
        .reduce_options(ReduceDataOptions().values(True).limit(12).calcs([]))
    )


def rows(
    title: str,
    flux: str,
    description: str,
    *,
    columns: dict[str, SeriesStyle],
    width: int = 24,
    height: int = TABLE_HEIGHT,
) -> table.Panel:
    """A table, newest first; columns that are not listed keep their names."""
    panel = (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(DATA_SOURCE)
        .with_target(FluxTarget(flux))
        .height(height)
        .span(width)
        .no_value("none")
    )
    for field_name, line in columns.items():
        panel.override_by_name(field_name, line.properties())
    return panel


def text_panel(title: str, markdown: str, *, width: int = 24, height: int = 5) -> text.Panel:
    """A panel of Markdown."""
    return text.Panel().title(title).mode(TextMode.MARKDOWN).content(markdown).span(width).height(height)
