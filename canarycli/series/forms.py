"""Picks the reader of a recorded metric's rows."""

from canarycli.series.both import BothCounts, BothValues
from canarycli.series.counted import CountsForm, ValuesForm
from canarycli.series.document import MetricSeries, SeriesForm
from canarycli.series.latency import FractionsForm, HistogramForm, PercentilesForm
from canarycli.series.levels import Levels
from canarycli.series.rows import Form


def form_of(metric: MetricSeries) -> Form:
    """The reader of a metric's rows, with all of them checked.

    Raises:
        PlanError: a row is malformed; names its place.
    """
    margin = metric.config.differs_by
    match metric.form:
        case SeriesForm.COUNTS:
            counts = CountsForm(metric)
            return counts if margin is None else BothCounts(counts, margin)
        case SeriesForm.HISTOGRAM:
            return HistogramForm(metric) if margin is None else Levels(metric, margin)
        case SeriesForm.PERCENTILES:
            return PercentilesForm(metric)
        case SeriesForm.FRACTIONS:
            return FractionsForm(metric)
        case SeriesForm.VALUES:
            values = ValuesForm(metric)
            return values if margin is None else BothValues(values, margin)
